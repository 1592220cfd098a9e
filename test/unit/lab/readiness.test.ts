import assert from "node:assert/strict";
import { type KubeObject, NotReady } from "../../../components/kubernetes/client";
import { lackIn, podTroubles } from "../../lab/kubernetes-plugin/readiness";

const noObjects = { list: async () => [] };
const object = (apiVersion: string, kind: string, rest: Record<string, unknown>): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: "it", namespace: "ns", generation: 2 },
  ...rest,
});
const deployment = (status: object) => object("apps/v1", "Deployment", { spec: { replicas: 2 }, status });
const annotated = (annotations: Record<string, string>, status: object): KubeObject => ({
  ...object("tekton.dev/v1", "PipelineRun", { status }),
  metadata: { name: "it", namespace: "ns", annotations },
});

describe("readiness as the Kubernetes stand-in judges it", () => {
  const cases: [string, KubeObject, string | undefined][] = [
    ["a Deployment that no controller saw", deployment({ observedGeneration: 1 }), "not seen by its controller yet"],
    [
      "a Deployment that rolls out",
      deployment({ observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 1 }),
      "1 of 2 replicas available",
    ],
    [
      "a Deployment with old replicas",
      deployment({ observedGeneration: 2, replicas: 3, updatedReplicas: 2, availableReplicas: 2 }),
      "old replicas still stop",
    ],
    [
      "a Deployment that is there",
      deployment({ observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2 }),
      undefined,
    ],
    ["a Job that runs", object("batch/v1", "Job", { spec: {}, status: {} }), "no condition Complete yet"],
    ["a suspended Job", object("batch/v1", "Job", { spec: { suspend: true } }), undefined],
    ["a Pod that ended well", object("v1", "Pod", { status: { phase: "Succeeded" } }), undefined],
    [
      "a Service without endpoints",
      object("v1", "Service", { spec: { selector: { app: "a" } } }),
      "no ready pod that its selector finds",
    ],
    ["a Service without a selector", object("v1", "Service", { spec: {} }), undefined],
    [
      "a definition that is not served yet",
      object("apiextensions.k8s.io/v1", "CustomResourceDefinition", {
        status: { conditions: [{ type: "Established", status: "False", reason: "Installing" }] },
      }),
      "Established=False Installing",
    ],
    ["any other kind", object("v1", "ConfigMap", {}), undefined],
    [
      "what waits for a condition",
      annotated({ "pulumi.com/waitFor": "condition=Succeeded" }, { conditions: [] }),
      "no condition Succeeded yet",
    ],
    [
      "what waits for a value",
      annotated({ "pulumi.com/waitFor": "jsonpath={.status.phase}=Bound" }, { phase: "Pending" }),
      'status.phase is "Pending", awaited: Bound',
    ],
    [
      "what waits for two things",
      annotated({ "pulumi.com/waitFor": '["jsonpath={.status.a}", "condition=Ready"]' }, { a: 1 }),
      "no condition Ready yet",
    ],
    [
      "what nobody waits for",
      annotated({ "pulumi.com/skipAwait": "true", "pulumi.com/waitFor": "condition=Ready" }, {}),
      undefined,
    ],
  ];
  for (const [what, given, lack] of cases) {
    it(`${what}: ${lack ?? "ready"}`, async () => {
      assert.equal(await lackIn(given, noObjects), lack);
    });
  }

  it("gives up on what will never be ready", () => {
    const failed = { conditions: [{ type: "Failed", status: "True", reason: "BackoffLimitExceeded" }] };
    const job = object("batch/v1", "Job", { spec: {}, status: failed });
    assert.throws(
      () => lackIn(job, noObjects),
      new NotReady("Job ns/it failed: Failed=True BackoffLimitExceeded", job),
    );
  });

  it("says why pods do not run while it waits, and why there are none", async () => {
    const gate = { ...deployment({}), spec: { replicas: 2, selector: { matchLabels: { app: "gate" } } } };
    const waiting = { reason: "ImagePullBackOff", message: 'Back-off pulling image "lab/gate:1"' };
    const pod = object("v1", "Pod", { status: { containerStatuses: [{ image: "lab/gate:1", state: { waiting } }] } });
    const cluster = { list: async (_: unknown, selector?: string) => (selector === "app=gate" ? [pod] : []) };
    assert.equal(await podTroubles(cluster, gate), '; pod: ImagePullBackOff: Back-off pulling image "lab/gate:1"');
    const refused = { type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "exceeded quota: x" };
    assert.equal(
      await podTroubles(noObjects, { ...gate, status: { conditions: [refused] } }),
      "; pod: FailedCreate: exceeded quota: x",
    );
  });
});
