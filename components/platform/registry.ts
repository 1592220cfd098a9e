import type { Registry } from "../clusters/cluster";
import { UserError } from "../errors";
import { renderNetworkPolicy } from "../kubernetes/network";
import type { Manifest } from "../kubernetes/object";
import { RESTRICTED_CONTAINER, restrictedPod } from "../kubernetes/restricted";
import { authored } from "../kubernetes/marks";
import { REGISTRY_SERVER } from "../registry-server";
import type { RegistrySettings } from "./schema";

const NAMESPACE = "okd-registry";
const NAME = "registry";
const PORT = 5000;

/** The Pods of it, and their port. */
export const REGISTRY_PODS = { namespace: NAMESPACE, selector: `app.kubernetes.io/name=${NAME}`, port: PORT };

/** The registry in the cluster as pods see it. */
export const IN_CLUSTER: Registry = { address: `${NAME}.${NAMESPACE}.svc:${PORT}`, insecure: true };

/**
 * The registry that builds push to; `undefined`: one is to be installed in the cluster.
 *
 * @param own the one that comes with the cluster
 * @throws UserError for an external one without address, or an address where none is meant
 */
export function chooseRegistry(settings: RegistrySettings, own?: Registry): Registry | undefined {
  const { mode, address, insecure = false, credentialsSecret, pullSecret } = settings;
  if (mode === "external") {
    if (!address) throw new UserError("platform.registry.mode is external, but platform.registry.address is not set.");
    return {
      ...{ address, insecure },
      ...(credentialsSecret !== undefined && { credentialsSecret }),
      ...(pullSecret !== undefined && { pullSecret }),
    };
  }
  if (address) {
    throw new UserError(`platform.registry.address is ${address}, which needs platform.registry.mode to be external.`);
  }
  return mode === "auto" ? own : undefined;
}

export interface InClusterRegistryArgs {
  /** Reference of the registry's image (github.com/distribution/distribution, 2.8 or newer), which has a shell. */
  image: string;
  stack: string;
  /** Size of its volume. @default 50Gi */
  size?: string;
  /** @default the cluster's default one */
  storageClass?: string;
  /** Users and groups are given by OpenShift, not by us. @default false */
  openshift?: boolean;
}

/** An OCI registry on a volume: anyone in the cluster may push, nobody outside reaches it, and it asks nobody anything. */
export function renderRegistry(args: InClusterRegistryArgs): Manifest[] {
  const { image, stack, size = "50Gi", storageClass, openshift = false } = args;
  const selector = { "app.kubernetes.io/name": NAME, "app.kubernetes.io/instance": NAMESPACE };
  const metadata = { name: NAME, namespace: NAMESPACE, labels: authored(stack, selector) };
  const environment = {
    OTEL_TRACES_EXPORTER: "none", // distribution 3 looks for a collector otherwise
  };
  const probe = { httpGet: { path: "/v2/", port: "registry" } };
  return [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: NAMESPACE,
        labels: authored(stack, { "pod-security.kubernetes.io/enforce": "restricted" }),
      },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      // It is bound when the pod comes, and the pod is awaited.
      metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
      spec: {
        accessModes: ["ReadWriteOnce"],
        ...(storageClass !== undefined && { storageClassName: storageClass }),
        resources: { requests: { storage: size } },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
      spec: { selector, ports: [{ name: "registry", port: PORT, targetPort: "registry" }] },
    },
    // Nodes pull from it too, and are no Pods.
    renderNetworkPolicy(metadata, {}, { ingress: [{ ports: [{ port: PORT }] }], egress: [] }),
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        replicas: 1,
        // Two pods cannot share its volume.
        strategy: { type: "Recreate" },
        selector: { matchLabels: selector },
        template: {
          metadata: { labels: authored(stack, selector) },
          spec: {
            automountServiceAccountToken: false,
            securityContext: restrictedPod(openshift),
            containers: [
              {
                name: NAME,
                image,
                command: ["/bin/sh", "-c", REGISTRY_SERVER],
                env: Object.entries(environment).map(([name, value]) => ({ name, value })),
                ports: [{ name: "registry", containerPort: PORT }],
                readinessProbe: { ...probe, periodSeconds: 2 },
                // While it sweeps it does not answer.
                livenessProbe: { ...probe, periodSeconds: 20, failureThreshold: 90 },
                resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "1Gi" } },
                securityContext: RESTRICTED_CONTAINER,
                volumeMounts: [{ name: "data", mountPath: "/var/lib/registry" }],
              },
            ],
            volumes: [{ name: "data", persistentVolumeClaim: { claimName: NAME } }],
          },
        },
      },
    },
  ];
}
