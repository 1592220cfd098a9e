import assert from "node:assert/strict";
import {
  buildNodesSettings,
  buildPods,
  offBuildNodes,
  otherPods,
  requireUserNamespaces,
} from "../../../components/kubernetes/build-nodes";
import type { Manifest } from "../../../components/kubernetes/object";

const NODES = buildNodesSettings.parse({
  nodeSelector: { "example.org/builds": "", zone: "b" },
  tolerations: [{ key: "example.org/builds" }, { key: "for", value: "builds", effect: "NoSchedule" }],
  hostUsers: false,
});

/** As the API server reads it: a node is taken where all expressions of any term hold. */
const APART = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: "example.org/builds", operator: "NotIn", values: [""] }] },
        { matchExpressions: [{ key: "zone", operator: "NotIn", values: ["b"] }] },
      ],
    },
  },
};

describe("nodes that are set apart for builds", () => {
  it("take builds of their architecture, which put up with their taints, in user namespaces where a stack says so", () => {
    assert.deepEqual(buildPods("arm64", NODES), {
      nodeSelector: { "example.org/builds": "", zone: "b", "kubernetes.io/arch": "arm64" },
      tolerations: [
        { key: "example.org/builds", operator: "Exists" },
        { key: "for", operator: "Equal", value: "builds", effect: "NoSchedule" },
      ],
      hostUsers: false,
    });
  });

  it("are all where a stack says nothing", () => {
    for (const nodes of [undefined, buildNodesSettings.parse({})]) {
      assert.deepEqual(buildPods("amd64", nodes), { nodeSelector: { "kubernetes.io/arch": "amd64" } });
      assert.deepEqual(otherPods(nodes), {});
      const gate = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "gate" }, spec: {} };
      assert.equal(offBuildNodes(gate, nodes), gate);
    }
  });

  it("take nothing else: no node that has all of their labels", () => {
    assert.deepEqual(otherPods(NODES), { affinity: APART });
    const object = (kind: string, spec: object): Manifest => ({
      apiVersion: "v1",
      kind,
      metadata: { name: "x" },
      spec,
    });
    const pods = { template: { spec: { containers: [] } } };
    const apart = { template: { spec: { containers: [], affinity: APART } } };
    const of = (kind: string, spec: object) => offBuildNodes(object(kind, spec), NODES).spec;
    assert.deepEqual(of("Deployment", { replicas: 2, ...pods }), { replicas: 2, ...apart });
    assert.deepEqual(of("CronJob", { schedule: "@daily", jobTemplate: { spec: pods } }), {
      schedule: "@daily",
      jobTemplate: { spec: apart },
    });
    assert.deepEqual(of("EventListener", { resources: { kubernetesResource: { replicas: 2, spec: pods } } }), {
      resources: { kubernetesResource: { replicas: 2, spec: apart } },
    });
    const [build, asks] = [object("PipelineRun", { a: 1 }), object("TaskRun", { b: 2 })];
    assert.deepEqual(of("TriggerTemplate", { params: [], resourcetemplates: [build, asks] }), {
      params: [],
      resourcetemplates: [build, object("TaskRun", { b: 2, podTemplate: { affinity: APART } })],
    });
    assert.deepEqual(of("Task", { steps: [] }), { steps: [] });
  });

  it("give user namespaces from Kubernetes 1.33 on, and older ones are a sentence", () => {
    for (const kubernetes of [undefined, "1.33", "1.35.4"]) requireUserNamespaces(NODES, { kubernetes });
    requireUserNamespaces({ ...NODES, hostUsers: true }, { kubernetes: "1.30" });
    assert.throws(() => requireUserNamespaces(NODES, { kubernetes: "1.32.1" }), {
      name: "UserError",
      message:
        "builds.hostUsers is false, but the cluster's Kubernetes is 1.32.1: Pods have user namespaces of their own from 1.33 on. Upgrade the cluster, or leave builds.hostUsers out.",
    });
  });
});
