import assert from "node:assert/strict";
import { withInner } from "../../../components/policy/containers";
import { checkPolicy } from "../../../components/policy/policy";
import type { PolicyContext, PolicyObject } from "../../../components/policy/rule";
import { RULES } from "../../../components/policy/rules";

const labels = { "app.kubernetes.io/part-of": "okd-streams" };
const metadata = { name: "it", namespace: "okd", labels };
const resources = { requests: { cpu: "10m", memory: "10Mi" }, limits: { memory: "20Mi" } };
const IMAGE = "quay.io/okd/it:1.2.3";

type Fields = Record<string, unknown>;

const deployment = (container: Fields, pod: Fields = {}): PolicyObject => ({
  ...{ apiVersion: "apps/v1", kind: "Deployment", metadata },
  spec: { template: { spec: { containers: [{ name: "main", image: IMAGE, resources, ...container }], ...pod } } },
});
const task = (step: Fields, spec: Fields = {}): PolicyObject => ({
  ...{ apiVersion: "tekton.dev/v1", kind: "Task", metadata },
  spec: {
    steps: [{ name: "main", image: IMAGE, computeResources: { requests: resources.requests }, ...step }],
    ...spec,
  },
});
const role = (kind: string, fields: Fields): PolicyObject => ({
  ...{ apiVersion: "rbac.authorization.k8s.io/v1", kind, metadata, ...fields },
});
const service = (selector?: Fields): PolicyObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata,
  spec: { selector },
});
const policy = (spec: Fields, namespace = "okd"): PolicyObject => ({
  ...{ apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { ...metadata, namespace }, spec },
});
const namespace: PolicyObject = { apiVersion: "v1", kind: "Namespace", metadata: { name: "okd", labels } };
const BOTH = ["Ingress", "Egress"];
const listener: PolicyObject = { apiVersion: "triggers.tekton.dev/v1beta1", kind: "EventListener", metadata };

/** What the one rule finds, by path. */
function found(rule: string, objects: PolicyObject[], context?: PolicyContext): string[] {
  const rules = RULES.filter(({ name }) => name === rule);
  assert.equal(rules.length, 1);
  return checkPolicy(withInner(objects), context, rules).map(({ path, found }) => `${path}: ${found}`);
}

const DIGEST = `sha256:${"0".repeat(64)}`;
const MAIN = "spec.template.spec.containers[main]";

/** By rule: what it forbids with what it says, and what it lets pass. */
const CASES: Record<string, { bad: [objects: PolicyObject[], found: string][]; good: PolicyObject[][] }> = {
  "pinned-images": {
    bad: [
      [[deployment({ image: "quay.io/okd/it:latest" })], `${MAIN}: quay.io/okd/it:latest is another image every day`],
      [[deployment({ image: "registry:5000/it" })], `${MAIN}: registry:5000/it has no tag, so it is \`latest\``],
      [[task({ image: "it:main" })], "spec.steps[main]: it:main is another image every day"],
      [
        [{ ...listener, kind: "TriggerTemplate", spec: { resourcetemplates: [task({ image: "it" })] } }],
        "spec.steps[main]: it has no tag, so it is `latest`",
      ],
      [
        [
          {
            apiVersion: "tekton.dev/v1",
            kind: "Pipeline",
            spec: { tasks: [{ name: "a", taskSpec: { steps: [{ name: "b", image: "it" }] } }] },
          },
        ],
        "spec.tasks[a].taskSpec.steps[b]: it has no tag, so it is `latest`",
      ],
    ],
    good: [[deployment({ image: `quay.io/okd/it@${DIGEST}` })], [task({})], [task({ image: "$(params.image)" })]],
  },
  "no-literal-secret": {
    bad: [
      [
        [{ apiVersion: "v1", kind: "Secret", metadata, stringData: { a: "hunter2" } }],
        "stringData: its values stand in it",
      ],
      [
        [task({ env: [{ name: "REGISTRY_TOKEN", value: "hunter2" }] })],
        "spec.steps[main].env[REGISTRY_TOKEN]: its value stands in it",
      ],
      [
        [{ apiVersion: "v1", kind: "ConfigMap", metadata, data: { url: "https://me:hunter2@example.org/x" } }],
        "data.url: it holds an address with a password",
      ],
      [
        [{ apiVersion: "v1", kind: "ConfigMap", metadata, data: { key: "-----BEGIN EC PRIVATE KEY-----\nx" } }],
        "data.key: it holds a private key",
      ],
    ],
    good: [
      [{ apiVersion: "v1", kind: "Secret", metadata, data: "[secret]" }],
      [{ apiVersion: "v1", kind: "Secret", metadata }],
      [
        task({
          env: [
            { name: "TOKEN", valueFrom: {} },
            { name: "PUSH_SECRET", value: "name" },
            { name: "TOKEN", value: "$(params.a)" },
          ],
        }),
      ],
      [
        {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata,
          data: { url: "https://example.org:443/a@b", script: 'git clone "https://$USER:$TOKEN@host"' },
        },
      ],
    ],
  },
  "requests-and-limits": {
    bad: [
      [[deployment({ resources: { requests: resources.requests } })], `${MAIN}: it has not a limit of memory`],
      [[task({ computeResources: { requests: { cpu: 1 } } })], "spec.steps[main]: it has not a request of memory"],
      [
        [{ apiVersion: "triggers.tekton.dev/v1beta1", kind: "EventListener", metadata, spec: {} }],
        "spec.resources.kubernetesResource.spec.template.spec.containers[?]: it has not a request of cpu, a request of memory, a limit of memory",
      ],
    ],
    good: [
      [deployment({})],
      [task({ computeResources: {} }, { stepTemplate: { computeResources: resources } })],
      [task({ computeResources: undefined, resources })],
    ],
  },
  "no-privileged-step": {
    bad: [
      [[task({ securityContext: { privileged: true } })], "spec.steps[main]: it is privileged"],
      [[task({}, { stepTemplate: { securityContext: { runAsUser: 0 } } })], "spec.steps[main]: it runs as root"],
      [[deployment({ securityContext: { capabilities: { add: ["SYS_ADMIN"] } } })], `${MAIN}: it adds SYS_ADMIN`],
      [[deployment({}, { volumes: [{ hostPath: { path: "/" } }] })], `${MAIN}: it mounts a folder of the node`],
      [[deployment({}, { hostNetwork: true })], `${MAIN}: it shares the node's network or processes`],
    ],
    good: [[deployment({ securityContext: { runAsUser: 1 } }, { securityContext: { runAsUser: 0 } })], [task({})]],
  },
  "no-cluster-admin": {
    bad: [
      [[role("ClusterRoleBinding", { roleRef: { name: "cluster-admin" } })], "roleRef: it gives cluster-admin"],
      [
        [role("Role", { rules: [{}, { apiGroups: ["*"], resources: ["*"], verbs: ["*"] }] })],
        "rules[1]: it allows everything",
      ],
    ],
    good: [
      [role("Role", { rules: [{ apiGroups: [""], resources: ["*"], verbs: ["get"] }] })],
      [role("RoleBinding", { roleRef: { name: "view" } })],
    ],
  },
  "network-policy": {
    bad: [
      [[service({ app: "a" })], ": no NetworkPolicy says who may connect to it"],
      [[listener], ": no NetworkPolicy says who may connect to it"],
      [
        [service({ app: "a" }), policy({ podSelector: { matchLabels: { app: "b" } } })],
        ": no NetworkPolicy says who may connect to it",
      ],
      [[service({ app: "a" }), policy({ podSelector: {} }, "other")], ": no NetworkPolicy says who may connect to it"],
      [
        [service({ app: "a" }), policy({ podSelector: {}, policyTypes: ["Egress"] })],
        ": no NetworkPolicy says who may connect to it",
      ],
    ],
    good: [
      [service()],
      [service({ app: "a" }), policy({ podSelector: { matchLabels: { app: "a" } } })],
      [listener, policy({ podSelector: { matchLabels: { eventlistener: "it" } }, policyTypes: ["Ingress"] })],
    ],
  },
  "default-deny": {
    bad: [
      [[namespace], ": no NetworkPolicy selects all its Pods in both directions"],
      [
        [namespace, policy({ podSelector: {}, policyTypes: ["Ingress"] })],
        ": no NetworkPolicy selects all its Pods in both directions",
      ],
      [
        [namespace, policy({ podSelector: { matchLabels: { app: "a" } }, policyTypes: BOTH })],
        ": no NetworkPolicy selects all its Pods in both directions",
      ],
      [
        [namespace, policy({ podSelector: {}, policyTypes: BOTH }, "other")],
        ": no NetworkPolicy selects all its Pods in both directions",
      ],
    ],
    good: [
      [namespace, policy({ podSelector: {}, policyTypes: BOTH })],
      [{ ...namespace, metadata: { name: "tekton-pipelines" } }],
    ],
  },
  labels: {
    bad: [[[{ ...listener, metadata: { name: "it" } }], "metadata.labels: it lacks app.kubernetes.io/part-of"]],
    good: [[listener]],
  },
};

describe("the rules for objects", () => {
  it("are tested, each of them", () =>
    assert.deepEqual(
      Object.keys(CASES),
      RULES.map(({ name }) => name),
    ));

  for (const [rule, { bad, good }] of Object.entries(CASES)) {
    for (const [objects, says] of bad) {
      it(`${rule}: ${says}`, () => assert.deepEqual(found(rule, objects), [says]));
    }
    it(`${rule} lets pass what is in order`, () =>
      assert.deepEqual(
        good.flatMap((objects) => found(rule, objects)),
        [],
      ));
  }

  it("a step may have the rights that are listed for it, and no other", () => {
    const objects = [task({ securityContext: { privileged: true } })];
    assert.deepEqual(found("no-privileged-step", objects, { privileged: { it: { main: "why" } } }), []);
    assert.equal(found("no-privileged-step", objects, { privileged: { it: { other: "why" } } }).length, 1);
    const theirs = objects.map((it) => ({ ...it, metadata: { name: "it" } }));
    assert.equal(found("no-privileged-step", theirs, { privileged: { it: { main: "why" } } }).length, 1);
  });

  it("our own bear their stack's label", () => {
    assert.deepEqual(found("labels", [listener], { stack: "kind" }), [
      "metadata.labels: it lacks okd-streams.io/stack kind",
    ]);
  });

  it("are not all for what others publish and we only install", () => {
    const theirs = {
      ...deployment({ image: "it", resources: {} }),
      metadata: { name: "it", annotations: { "okd-streams.io/stack": "kind" } },
    };
    assert.deepEqual(
      checkPolicy([theirs]).map(({ rule }) => rule),
      ["pinned-images"],
    );
  });

  it("say what to do, in a sentence", () => {
    for (const { wants, fix } of RULES) for (const text of [wants, fix]) assert.match(text, /^[A-Z].*\.$/);
    const [finding] = checkPolicy([deployment({ image: "it:latest" })]);
    assert.equal(finding!.object, "Deployment okd/it");
    assert.match(finding!.fix, /digest/);
  });
});
