import assert from "node:assert/strict";
import { leastScc, renderSccBinding, renderSccBindings } from "../../../components/openshift/scc";

const PLAIN = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  containers: [{ securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } } }],
  volumes: [{ emptyDir: {} }, { configMap: { name: "a" } }],
};

describe("leastScc", () => {
  const cases: [what: string, pod: Parameters<typeof leastScc>[0], scc: string][] = [
    ["pods whose users OpenShift may choose", PLAIN, "restricted-v2"],
    ["pods without any word about users", { containers: [{}] }, "restricted-v2"],
    ["a fixed user of the pod", { ...PLAIN, securityContext: { runAsUser: 65532 } }, "nonroot-v2"],
    ["a fixed user of one container", { containers: [{}, { securityContext: { runAsUser: 999 } }] }, "nonroot-v2"],
    ["a fixed user of an init container", { initContainers: [{ securityContext: { runAsUser: 1 } }] }, "nonroot-v2"],
    ["a fixed group of volumes", { ...PLAIN, securityContext: { fsGroup: 1000 } }, "nonroot-v2"],
    ["root", { ...PLAIN, containers: [{ securityContext: { runAsUser: 0 } }] }, "anyuid"],
    ["a folder of the node", { ...PLAIN, volumes: [{ hostPath: { path: "/dev" } }] }, "privileged"],
    ["the node's network", { ...PLAIN, hostNetwork: true }, "privileged"],
    ["a privileged container", { containers: [{}, { securityContext: { privileged: true } }] }, "privileged"],
    [
      "more capabilities",
      { containers: [{ securityContext: { capabilities: { add: ["SYS_ADMIN"] } } }] },
      "privileged",
    ],
    ["privileges to come", { containers: [{ securityContext: { allowPrivilegeEscalation: true } }] }, "privileged"],
  ];
  for (const [what, pod, scc] of cases) {
    it(`is ${scc} for ${what}`, () => assert.equal(leastScc(pod), scc));
  }
});

describe("renderSccBinding", () => {
  it("lets one account use what OpenShift's own role allows, in one namespace", () => {
    assert.deepEqual(renderSccBinding("nonroot-v2", "builder", { namespace: "team", labels: { a: "b" } }), {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "builder-nonroot-v2", namespace: "team", labels: { a: "b" } },
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: "system:openshift:scc:nonroot-v2",
      },
      subjects: [{ kind: "ServiceAccount", name: "builder", namespace: "team" }],
    });
  });
});

describe("renderSccBindings", () => {
  const workload = (kind: string, name: string, pod: object) => ({
    apiVersion: "apps/v1",
    kind,
    metadata: { name, namespace: "team" },
    spec: { template: { spec: pod } },
  });
  const user = { securityContext: { runAsUser: 65532 } };

  it("binds each account that needs more than every account has, once", () => {
    const objects = [
      workload("Deployment", "a", { ...user, serviceAccountName: "one" }),
      workload("StatefulSet", "b", { ...user, serviceAccountName: "one" }),
      workload("Deployment", "c", user),
      workload("Deployment", "d", { ...PLAIN, serviceAccountName: "plain" }),
      { apiVersion: "v1", kind: "Service", metadata: { name: "e", namespace: "team" }, spec: {} },
    ];
    const place = { namespace: "team", labels: {} };
    assert.deepEqual(renderSccBindings(objects, {}), [
      renderSccBinding("nonroot-v2", "one", place),
      renderSccBinding("nonroot-v2", "default", place),
    ]);
  });
});
