import { renderNetworkPolicy } from "../kubernetes/network";
import type { Manifest } from "../kubernetes/object";
import { authored } from "../kubernetes/marks";
import { renderSccBinding } from "../openshift/scc";

/** Resource that a container asks for to get /dev/kvm. */
export const KVM_RESOURCE = "devices.kubevirt.io/kvm";

/** Namespace and name of the device plugin. */
export const KVM_DEVICE_PLUGIN = "kvm-device-plugin";

/** How many containers of a node may have /dev/kvm at a time; it is no scarce thing. */
const SHARES = 100;

export interface KvmDevicePluginArgs {
  /** Reference of github.com/squat/generic-device-plugin. */
  image: string;
  stack: string;
  /** The nodes' SELinux asks for a privileged container, and the cluster for a permission to run it. @default false */
  openshift?: boolean;
}

/** The device plugin that offers /dev/kvm of every node that has it. */
export function renderKvmDevicePlugin({ image, stack, openshift = false }: KvmDevicePluginArgs): Manifest[] {
  const selector = { "app.kubernetes.io/name": KVM_DEVICE_PLUGIN };
  const metadata = { name: KVM_DEVICE_PLUGIN, namespace: KVM_DEVICE_PLUGIN, labels: authored(stack, selector) };
  const [domain, device] = KVM_RESOURCE.split("/");
  const sockets = "/var/lib/kubelet/device-plugins";
  return [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: KVM_DEVICE_PLUGIN,
        // It mounts folders of the node.
        labels: authored(stack, { "pod-security.kubernetes.io/enforce": "privileged" }),
      },
    },
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    ...(openshift ? [renderSccBinding("privileged", KVM_DEVICE_PLUGIN, metadata)] : []),
    {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata,
      spec: {
        selector: { matchLabels: selector },
        template: {
          metadata: { labels: authored(stack, selector) },
          spec: {
            serviceAccountName: KVM_DEVICE_PLUGIN,
            automountServiceAccountToken: false,
            priorityClassName: "system-node-critical",
            tolerations: [{ operator: "Exists" }],
            containers: [
              {
                name: KVM_DEVICE_PLUGIN,
                image,
                args: [
                  "--domain",
                  domain,
                  "--device",
                  JSON.stringify({ name: device, groups: [{ count: SHARES, paths: [{ path: "/dev/kvm" }] }] }),
                ],
                resources: { requests: { cpu: "10m", memory: "20Mi" }, limits: { memory: "64Mi" } },
                // The kubelet's sockets belong to root.
                securityContext: openshift
                  ? { privileged: true, runAsUser: 0 }
                  : {
                      runAsUser: 0,
                      allowPrivilegeEscalation: false,
                      readOnlyRootFilesystem: true,
                      capabilities: { drop: ["ALL"] },
                    },
                volumeMounts: [
                  { name: "sockets", mountPath: sockets },
                  { name: "devices", mountPath: "/dev" },
                ],
              },
            ],
            volumes: [
              { name: "sockets", hostPath: { path: sockets } },
              { name: "devices", hostPath: { path: "/dev" } },
            ],
          },
        },
      },
    },
    // The kubelet is asked by a socket.
    renderNetworkPolicy(metadata, {}, { ingress: [], egress: [] }),
  ];
}
