import assert from "node:assert/strict";
import { renderKvmDevicePlugin } from "../../../components/platform/kvm";

const selector = { "app.kubernetes.io/name": "kvm-device-plugin" };
const labels = { ...selector, "app.kubernetes.io/part-of": "okd-streams", "okd-streams.io/stack": "kind" };
const metadata = { name: "kvm-device-plugin", namespace: "kvm-device-plugin", labels };

describe("renderKvmDevicePlugin", () => {
  it("is a DaemonSet that offers /dev/kvm, in a namespace that may mount the node's folders", () => {
    assert.deepEqual(renderKvmDevicePlugin({ image: "plugin:1", stack: "kind" }), [
      {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: {
          name: "kvm-device-plugin",
          labels: {
            "pod-security.kubernetes.io/enforce": "privileged",
            "app.kubernetes.io/part-of": "okd-streams",
            "okd-streams.io/stack": "kind",
          },
        },
      },
      { apiVersion: "v1", kind: "ServiceAccount", metadata },
      {
        apiVersion: "apps/v1",
        kind: "DaemonSet",
        metadata,
        spec: {
          selector: { matchLabels: selector },
          template: {
            metadata: { labels },
            spec: {
              serviceAccountName: "kvm-device-plugin",
              automountServiceAccountToken: false,
              priorityClassName: "system-node-critical",
              tolerations: [{ operator: "Exists" }],
              containers: [
                {
                  name: "kvm-device-plugin",
                  image: "plugin:1",
                  args: [
                    "--domain",
                    "devices.kubevirt.io",
                    "--device",
                    '{"name":"kvm","groups":[{"count":100,"paths":[{"path":"/dev/kvm"}]}]}',
                  ],
                  resources: { requests: { cpu: "10m", memory: "20Mi" }, limits: { memory: "64Mi" } },
                  securityContext: {
                    runAsUser: 0,
                    allowPrivilegeEscalation: false,
                    readOnlyRootFilesystem: true,
                    capabilities: { drop: ["ALL"] },
                  },
                  volumeMounts: [
                    { name: "sockets", mountPath: "/var/lib/kubelet/device-plugins" },
                    { name: "devices", mountPath: "/dev" },
                  ],
                },
              ],
              volumes: [
                { name: "sockets", hostPath: { path: "/var/lib/kubelet/device-plugins" } },
                { name: "devices", hostPath: { path: "/dev" } },
              ],
            },
          },
        },
      },
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata,
        spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
      },
    ]);
  });

  it("is privileged on OpenShift, by a permission of its own", () => {
    const [, , binding, daemonSet] = renderKvmDevicePlugin({ image: "plugin:1", stack: "kind", openshift: true });
    assert.deepEqual(binding, {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { ...metadata, name: "kvm-device-plugin-privileged" },
      subjects: [{ kind: "ServiceAccount", name: "kvm-device-plugin", namespace: "kvm-device-plugin" }],
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: "system:openshift:scc:privileged",
      },
    });
    assert.deepEqual(daemonSet!.spec.template.spec.containers[0].securityContext, { privileged: true, runAsUser: 0 });
  });
});
