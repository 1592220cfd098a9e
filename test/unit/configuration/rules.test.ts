import assert from "node:assert/strict";
import { brokenRules } from "../../../stacks/configuration/rules";
import { configurationSchema } from "../../../stacks/configuration/schema";

describe("several clusters", () => {
  const source = { repository: "https://example.org/os", branch: "main" };
  const peer = (name: string) => ({ address: `https://${name}.example`, secret: name });
  const spoke = (...architectures: string[]) => ({
    ...{ architectures, ...peer("spoke") },
    recordKey: `${"A".repeat(59)}=`,
  });
  const problems = (events: object, schedule?: string) =>
    brokenRules(
      configurationSchema.parse({
        cluster: { type: "existing" },
        streams: [{ version: "4.20", variant: "c9s", base: source, node: source, schedule }],
        events: { enabled: true, ...events },
      }),
    ).map(({ path }) => path.join("."));

  it("are a hub with spokes, and spokes with a hub", () => {
    assert.deepEqual(problems({ spokes: [spoke("arm64", "s390x"), spoke("ppc64le")] }, "@daily"), []);
    assert.deepEqual(problems({ hub: peer("hub") }), []);
  });

  it("tell each other nothing without events", () => {
    assert.deepEqual(problems({ enabled: false, spokes: [spoke("arm64")] }), ["events.spokes"]);
    assert.deepEqual(problems({ enabled: false, hub: peer("hub") }), ["events.hub"]);
  });

  it("have one gate, one who starts builds, and one run for an architecture", () => {
    assert.deepEqual(problems({ spokes: [spoke("arm64")], hub: peer("hub") }), ["events.hub"]);
    assert.deepEqual(problems({ hub: peer("hub") }, "@daily"), ["streams.0.schedule"]);
    assert.deepEqual(problems({ spokes: [spoke("arm64"), spoke("s390x", "arm64")] }), [
      "events.spokes.1.architectures",
    ]);
  });
});

describe("a stream's recipe", () => {
  const source = { repository: "https://example.org/os", branch: "main" };
  const problems = (version: string, recipe: string) =>
    brokenRules(
      configurationSchema.parse({
        cluster: { type: "kind" },
        streams: [{ version, recipe, variant: "c9s", base: source, node: source }],
      }),
    ).map(({ path }) => path.join("."));

  for (const [version, recipe] of [
    ["4.9", "one-stage"],
    ["4.18", "one-stage"],
    ["4.19", "base-node"],
    ["5.0", "base-node"],
  ] as const) {
    it(`of ${version} is ${recipe}`, () => {
      const other = recipe === "one-stage" ? "base-node" : "one-stage";
      assert.deepEqual(problems(version, recipe), []);
      assert.deepEqual(problems(version, other), ["streams.0.recipe"]);
    });
  }
});

describe("events of Git hosts", () => {
  const problems = (events: object) =>
    brokenRules(configurationSchema.parse({ cluster: { type: "kind" }, events })).map(({ path }) => path.join("."));

  it("need events, and pull requests need both", () => {
    assert.deepEqual(problems({ git: { enabled: true } }), ["events.git.enabled"]);
    assert.deepEqual(problems({ enabled: true, git: { pullRequests: true } }), ["events.git.pullRequests"]);
    assert.deepEqual(problems({ enabled: true, git: { enabled: true, pullRequests: true } }), []);
    const hub = { address: "https://builds.hub.example", secret: "hub" };
    assert.deepEqual(problems({ enabled: true, hub, git: { enabled: true } }), ["events.git.enabled"]);
  });
});

describe("nodes for builds", () => {
  const problems = (builds: object) =>
    brokenRules(configurationSchema.parse({ cluster: { type: "existing" }, builds })).map(({ path }) => path.join("."));

  it("are chosen by labels with a taint, and not by architecture", () => {
    const tolerations = [{ key: "example.org/builds" }];
    assert.deepEqual(problems({}), []);
    assert.deepEqual(problems({ nodeSelector: { "example.org/builds": "" }, tolerations, hostUsers: false }), []);
    assert.deepEqual(problems({ tolerations }), []);
    assert.deepEqual(problems({ nodeSelector: { "example.org/builds": "" } }), ["builds.tolerations"]);
    assert.deepEqual(problems({ nodeSelector: { "kubernetes.io/arch": "arm64" }, tolerations }), [
      "builds.nodeSelector.kubernetes.io/arch",
    ]);
  });
});
