import assert from "node:assert/strict";
import fc from "fast-check";
import { overlay, replaced } from "../../../stacks/configuration/overlay";

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

  it("keeps what an entry of the stack has besides, as a schedule; the settings say which entries there are", () => {
    const mine = { version: "5.0", schedule: "@daily", base: { repository: "a", branch: "b" } };
    const stack = { streams: [mine, { version: "4.22" }], layers: [{ name: "x" }] };
    const settings = { streams: [{ version: "5.0", base: { repository: "c" } }, { version: "4.18" }] };
    assert.deepEqual(overlay(stack, settings), {
      streams: [{ version: "5.0", schedule: "@daily", base: { repository: "c" } }, { version: "4.18" }],
      layers: [{ name: "x" }],
    });
    assert.deepEqual(replaced(stack, settings), [
      "streams[5.0].base.repository",
      "streams[5.0].base.branch",
      "streams[4.22]",
    ]);
  });

  it("tells what of the stack's own settings does not count", () => {
    const stack = { cluster: { type: "kind", workers: 1 }, kvm: "auto", images: { a: "1" }, s3: { bucket: "x" } };
    assert.deepEqual(replaced(stack, { kvm: "none", images: { b: "2" }, s3: null }), ["kvm", "s3"]);
    assert.deepEqual(replaced(stack, { kvm: "auto", cluster: { type: "existing", context: "a" } }), []);
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
