import assert from "node:assert/strict";
import { UserError } from "../../../components/errors";
import { REGISTRY_SERVER } from "../../../components/registry-server";
import { chooseRegistry, renderRegistry } from "../../../components/platform/registry";

const BESIDE = { address: "kind-registry:5000", pullAddress: "localhost:5001", insecure: true };

describe("chooseRegistry", () => {
  it("takes the one that comes with the cluster, unless one is to be installed", () => {
    assert.equal(chooseRegistry({ mode: "auto" }, BESIDE), BESIDE);
    assert.equal(chooseRegistry({ mode: "auto" }), undefined);
    assert.equal(chooseRegistry({ mode: "install" }, BESIDE), undefined);
  });

  it("takes an external one as it is described", () => {
    assert.deepEqual(chooseRegistry({ mode: "external", address: "quay.io/okd" }, BESIDE), {
      address: "quay.io/okd",
      insecure: false,
    });
    assert.deepEqual(
      chooseRegistry({ mode: "external", address: "r:5000", insecure: true, credentialsSecret: "push" }),
      { address: "r:5000", insecure: true, credentialsSecret: "push" },
    );
  });

  it("refuses an address too few or too many", () => {
    assert.throws(
      () => chooseRegistry({ mode: "external" }),
      new UserError("platform.registry.mode is external, but platform.registry.address is not set."),
    );
    assert.throws(
      () => chooseRegistry({ mode: "auto", address: "r:5000" }),
      new UserError("platform.registry.address is r:5000, which needs platform.registry.mode to be external."),
    );
  });
});

describe("renderRegistry", () => {
  const selector = { "app.kubernetes.io/name": "registry", "app.kubernetes.io/instance": "okd-registry" };
  const labels = { ...selector, "app.kubernetes.io/part-of": "okd-streams", "okd-streams.io/stack": "kind" };
  const metadata = { name: "registry", namespace: "okd-registry", labels };
  const unawaited = { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } };

  it("is a Deployment on a volume behind a Service", () => {
    const [namespace, claim, service, policy, deployment, ...more] = renderRegistry({
      image: "registry:3.0.0",
      stack: "kind",
    });
    assert.deepEqual(more, []);
    assert.deepEqual(namespace, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: "okd-registry",
        labels: {
          "pod-security.kubernetes.io/enforce": "restricted",
          "app.kubernetes.io/part-of": "okd-streams",
          "okd-streams.io/stack": "kind",
        },
      },
    });
    assert.deepEqual(claim, {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: unawaited,
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "50Gi" } } },
    });
    assert.deepEqual(service, {
      apiVersion: "v1",
      kind: "Service",
      metadata: unawaited,
      spec: { selector, ports: [{ name: "registry", port: 5000, targetPort: "registry" }] },
    });
    assert.deepEqual(policy, {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata,
      spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"], ingress: [{ ports: [{ port: 5000 }] }] },
    });
    assert.deepEqual(deployment, {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        replicas: 1,
        strategy: { type: "Recreate" },
        selector: { matchLabels: selector },
        template: {
          metadata: { labels },
          spec: {
            automountServiceAccountToken: false,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 65532,
              runAsGroup: 65532,
              fsGroup: 65532,
              seccompProfile: { type: "RuntimeDefault" },
            },
            containers: [
              {
                name: "registry",
                image: "registry:3.0.0",
                command: ["/bin/sh", "-c", REGISTRY_SERVER],
                env: [{ name: "OTEL_TRACES_EXPORTER", value: "none" }],
                ports: [{ name: "registry", containerPort: 5000 }],
                readinessProbe: { httpGet: { path: "/v2/", port: "registry" }, periodSeconds: 2 },
                livenessProbe: { httpGet: { path: "/v2/", port: "registry" }, periodSeconds: 20, failureThreshold: 90 },
                resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "1Gi" } },
                securityContext: {
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ["ALL"] },
                },
                volumeMounts: [{ name: "data", mountPath: "/var/lib/registry" }],
              },
            ],
            volumes: [{ name: "data", persistentVolumeClaim: { claimName: "registry" } }],
          },
        },
      },
    });
  });

  it("takes size and class of the volume, and leaves users to OpenShift", () => {
    const [, claim, , , deployment] = renderRegistry({
      image: "registry:3.0.0",
      stack: "kind",
      size: "5Gi",
      storageClass: "fast",
      openshift: true,
    });
    assert.deepEqual(claim!.spec, {
      accessModes: ["ReadWriteOnce"],
      storageClassName: "fast",
      resources: { requests: { storage: "5Gi" } },
    });
    assert.deepEqual(deployment!.spec.template.spec.securityContext, {
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
  });
});
