import assert from "node:assert/strict";
import { adopt, forget, unfinished, type Deployment } from "../../../stacks/commands/engine/adopt";
import { explain } from "../../../stacks/commands/engine/explain";
import { holders } from "../../../stacks/commands/engine/lock";

const urn = (type: string, name: string) => `urn:pulumi:kind::okd-streams::${type}::${name}`;

describe("a state whose engine was killed", () => {
  const there = {
    urn: urn("kubernetes:core/v1:Namespace", "argocd"),
    type: "kubernetes:core/v1:Namespace",
    id: "argocd",
  };
  const task = {
    urn: urn("kubernetes:tekton.dev/v1:Task", "okd-coreos/cosa"),
    type: "kubernetes:tekton.dev/v1:Task",
    inputs: { metadata: { namespace: "okd-coreos", name: "cosa" } },
  };
  const nodes = {
    urn: urn("pulumi-nodejs:dynamic/okd-streams:KindNodes", "cluster-nodes"),
    type: "pulumi-nodejs:dynamic/okd-streams:KindNodes",
    inputs: { name: "okd-streams", __provider: "stub" },
  };
  const provider = {
    urn: urn("pulumi:providers:kubernetes", "cluster"),
    type: "pulumi:providers:kubernetes",
    inputs: {},
  };
  const state: Deployment = {
    resources: [there],
    pending_operations: [
      { type: "creating", resource: task },
      { type: "creating", resource: nodes },
      { type: "creating", resource: provider },
      { type: "deleting", resource: there },
    ],
  };

  it("names what was being created", () => {
    assert.deepEqual(unfinished(state), [task.urn, nodes.urn, provider.urn]);
    assert.deepEqual(unfinished({ resources: [there] }), []);
  });

  it("takes it in for destroy, as its inputs say", () => {
    assert.deepEqual(adopt(state), {
      resources: [
        there,
        { ...task, id: "okd-coreos/cosa", outputs: task.inputs },
        { ...nodes, id: "unfinished", outputs: nodes.inputs },
      ],
      pending_operations: [],
    });
  });

  it("takes nothing in twice", () => {
    const replaced: Deployment = { resources: [there], pending_operations: [{ type: "creating", resource: there }] };
    assert.deepEqual(adopt(replaced), { resources: [there], pending_operations: [] });
  });

  it("forgets it once it was created after all", () => {
    assert.deepEqual(forget(state), { resources: [there], pending_operations: [] });
  });
});

describe("the lock of a stack", () => {
  const refusal = (host: string, pid: number) =>
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock " +
    `file with \`pulumi cancel\`.\n  file:///state/.pulumi/locks/organization/okd-streams/kind/5d1.json: created by ann@${host} (pid ${pid}) at 2026-11-22T12:49:00Z`;

  it("says who holds it", () => {
    assert.deepEqual(holders(refusal("box", 26348)), [
      { user: "ann", host: "box", pid: 26348, since: "2026-11-22T12:49:00Z" },
    ]);
    assert.deepEqual(holders("error: something else"), []);
  });
});

describe("what the engine says", () => {
  const cases: [string, string, number][] = [
    [
      "error: getting stack configuration: get stack secrets manager: incorrect passphrase, please set PULUMI_CONFIG_PASSPHRASE",
      "The state of stack kind was encrypted with another passphrase: put the passphrase file back, or set PULUMI_CONFIG_PASSPHRASE_FILE.",
      1,
    ],
    [
      "error: no resource plugin 'pulumi-resource-kubernetes' found in the workspace at version v4.34.2 or on your $PATH",
      "The engine's pulumi-resource-kubernetes is not there and could not be downloaded: see npm run doctor.",
      3,
    ],
    [
      "error: could not read plugin [/offline/bin/pulumi-resource-kubernetes]: exit status 1",
      "The engine's plugin /offline/bin/pulumi-resource-kubernetes does not start; what it said stands above.",
      3,
    ],
    ["error: no changes were expected but changes occurred", "Stack kind has changes, and none were expected.", 1],
    [
      "error: rpc error: code = Unavailable desc = error reading from server: EOF",
      "A plugin of the engine ended in the middle of its work on stack kind: run the same command again.",
      1,
    ],
    [
      "write /state/kind.json: no space left on device",
      "The disk is full: free some space and run the same command again.",
      1,
    ],
  ];
  for (const [text, sentence, exitCode] of cases) {
    it(`becomes: ${sentence}`, () => {
      const { message, exitCode: found } = explain(text, "kind")!;
      assert.deepEqual([message, found], [sentence, exitCode]);
    });
  }

  it("is left alone where it is about the resource itself", () => {
    assert.equal(explain('Deployment "x" is invalid: spec.replicas: Invalid value', "kind"), undefined);
  });
});
