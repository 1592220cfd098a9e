import assert from "node:assert/strict";
import type { Payload } from "../../../components/streams/payload/payload";
import { ofPayloads } from "../../../components/streams/release/release";
import { type Release, releaseSettings } from "../../../components/streams/release/schema";
import { updateSettings } from "../../../components/streams/updates/channels";
import { REGISTRY } from "../streams/samples";

const release = (more: object): Release => {
  const settings = {
    ...{ name: "next", from: { stream: "4.22.0-0.okd-scos-nightly" }, target: "4-scos-next" },
    repositories: { content: "quay.io/okd/scos-content", release: "quay.io/okd/scos-release" },
    publish: { pushSecret: "quay", signing: { secret: "signing-key", key: "maintainers@okd.io" } },
    ...more,
  };
  return ofPayloads([releaseSettings.parse(settings)], new Map())[0]!;
};
const PEM = "-----BEGIN PUBLIC KEY-----\nMA==\n-----END PUBLIC KEY-----\n";
const FROM = `quay.io/okd/scos-release@sha256:${"0".repeat(64)}`;
const payload = (more: Partial<Payload>): Payload => ({
  ...{ name: "mine", from: FROM, version: "4.22.0-okd-scos.7.mine.1", replace: {} },
  ...more,
});
const settings = { push: { enabled: true }, registry: REGISTRY };

describe("what a stack offers to clusters", () => {
  it("is a channel for each stream that is released into, with its tester's key", () => {
    const releases = [
      release({}),
      release({ name: "more", verdict: { key: PEM, repository: "quay.io/me/verdicts" } }),
      release({ name: "stable", target: "4-scos-stable" }),
    ];
    assert.deepEqual(updateSettings(releases, [], { push: { enabled: true } }), {
      insecure: [],
      channels: [
        {
          ...{ name: "4-scos-next", repository: "quay.io/okd/scos-release", kind: "early-candidates", bases: [] },
          tester: { key: PEM, repository: "quay.io/me/verdicts" },
        },
        { name: "4-scos-stable", repository: "quay.io/okd/scos-release", kind: "releases", bases: [] },
      ],
    });
  });

  it("is nothing of dry runs and of payloads that nobody signs", () => {
    assert.deepEqual(updateSettings([release({ publish: undefined })], [payload({})], settings).channels, []);
  });

  it("is a channel for signed payloads, with the releases that they stand on", () => {
    const signing = { secret: "sign" };
    const other = FROM.replace(/.$/, "1");
    const payloads = [
      payload({ signing }),
      payload({ name: "other", signing, from: other }),
      payload({ name: "third", signing }),
      payload({ name: "unsigned", from: FROM.replace(/.$/, "2") }),
      payload({ name: "elsewhere", signing, repository: "quay.io/me" }),
    ];
    assert.deepEqual(updateSettings([], payloads, settings), {
      insecure: ["kind-registry:5000"],
      channels: [
        { name: "payloads", repository: "kind-registry:5000/okd/okd-payload", kind: "versions", bases: [FROM, other] },
        { name: "payloads-2", repository: "quay.io/me/okd-payload", kind: "versions", bases: [FROM] },
      ],
    });
  });
});
