import assert from "node:assert/strict";
import fc from "fast-check";
import { overlay } from "../../../stacks/configuration/overlay";

describe("overlay", () => {
  it("merges maps, replaces the rest, removes null", () => {
    assert.deepEqual(
      overlay(
        { images: { a: "1", b: "2" }, streams: [{ version: "4.19" }], kvm: "auto", s3: { bucket: "x" } },
        { images: { b: "3" }, streams: [{ version: "4.20" }], kvm: "none", s3: null },
      ),
      { images: { a: "1", b: "3" }, streams: [{ version: "4.20" }], kvm: "none" },
    );
  });

  it("changes neither of what it was given", () => {
    const [stack, settings] = [{ images: { a: "1" } }, { images: { b: "2" } }];
    overlay(stack, settings);
    assert.deepEqual([stack, settings], [{ images: { a: "1" } }, { images: { b: "2" } }]);
  });

  it("merges a cluster only into its own type", () => {
    const settings = { cluster: { type: "kind", nodeImage: "a:1" } };
    assert.deepEqual(overlay({ cluster: { type: "kind", workers: 1 } }, settings), {
      cluster: { type: "kind", workers: 1, nodeImage: "a:1" },
    });
    assert.deepEqual(overlay({ cluster: { type: "existing" } }, settings), { cluster: { type: "existing" } });
    assert.deepEqual(overlay({ cluster: { type: "existing" } }, { cluster: { context: "a" } }), {
      cluster: { type: "existing", context: "a" },
    });
  });

  it("is idempotent, and nothing over something is that something", () => {
    const map = fc.dictionary(fc.constantFrom("a", "b"), fc.jsonValue(), { noNullPrototype: true });
    const settings = map as fc.Arbitrary<Record<string, unknown>>;
    fc.assert(
      fc.property(settings, settings, (stack, patch) => {
        const once = overlay(stack, patch);
        assert.deepEqual(overlay(once, patch), once);
        assert.deepEqual(overlay(stack, {}), stack);
      }),
    );
  });
});
