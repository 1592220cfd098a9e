import assert from "node:assert/strict";
import fc from "fast-check";
import { differences, holdsUnknown, protect, prune, respell, reveal } from "../../lab/kubernetes-plugin/values";

const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

describe("values of the Kubernetes stand-in", () => {
  it("reveals secrets, drops nulls and spells extension keys as Kubernetes does", () => {
    const wire = { spec: { token: secret("t"), gone: null, x_kubernetes_preserve_unknown_fields: true } };
    const plain = { spec: { token: "t", "x-kubernetes-preserve-unknown-fields": true } };
    assert.deepEqual(reveal(wire), plain);
    assert.deepEqual(respell(plain), { spec: { token: "t", x_kubernetes_preserve_unknown_fields: true } });
  });

  it("finds unknowns at any depth", () => {
    assert.equal(holdsUnknown({ a: [{ b: UNKNOWN }] }), true);
    assert.equal(holdsUnknown({ a: [{ b: "known" }] }), false);
  });

  it("protects what the inputs protect, and a Secret's values always", () => {
    assert.deepEqual(protect({ a: "x", b: "y" }, { a: secret("x"), b: "y" }), { a: secret("x"), b: "y" });
    assert.deepEqual(protect({ list: ["x", "y"] }, { list: ["x", secret("y")] }), { list: secret(["x", "y"]) });
    assert.deepEqual(protect({ kind: "Secret", data: { a: "eA==" } }), {
      kind: "Secret",
      data: secret({ a: "eA==" }),
    });
    assert.deepEqual(protect({ kind: "ConfigMap", data: { a: "x" } }), { kind: "ConfigMap", data: { a: "x" } });
  });

  it("reveals no more than was protected", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (data) => {
        const wire = protect({ kind: "Secret", data });
        assert.deepEqual(reveal(wire), reveal({ kind: "Secret", data }));
      }),
    );
  });

  it("prunes a living object to the shape of the inputs", () => {
    const live = { spec: { replicas: 2, strategy: {}, containers: [{ name: "a", image: "i", tty: false }] } };
    const inputs = { spec: { replicas: 1, containers: [{ name: "a", image: "j" }] } };
    assert.deepEqual(prune(live, inputs), { spec: { replicas: 2, containers: [{ name: "a", image: "i" }] } });
  });

  it("names every difference by its path", () => {
    const before = { spec: { a: 1, list: ["x", "y"] }, metadata: { labels: { "a.b/c": "1" } } };
    const after = { spec: { a: 2, list: ["x"], b: true }, metadata: { labels: { "a.b/c": "2" } } };
    assert.deepEqual(
      [...differences(before, after)],
      [
        ["spec.a", "UPDATE"],
        ["spec.list[1]", "DELETE"],
        ["spec.b", "ADD"],
        ['metadata.labels["a.b/c"]', "UPDATE"],
      ],
    );
  });

  it("finds no difference between equal values, and some between others", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => [...differences(value, structuredClone(value))].length === 0));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer()), fc.string(), (value, key) => {
        const other = { ...value, [key]: "another type" };
        assert.equal([...differences(value, other)].length, 1);
      }),
    );
  });
});
