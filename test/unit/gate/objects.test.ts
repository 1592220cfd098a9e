import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { bundle } from "../../../components/programs/bundle";
import { Gate, type GateArgs, gateObjects } from "../../../components/gate/gate";
import { renderGate, renderInterceptors } from "../../../components/gate/objects";
import { settingsSchema } from "../../../components/programs/gate/settings";
import type { Manifest } from "../../../components/kubernetes/object";
import { STREAM } from "./samples";

const ARGS = {
  namespace: "okd-coreos",
  labels: { "okd-streams.io/stack": "kind" },
  image: "docker.io/library/node:24.0.0",
  target: "kind-registry:5000/okd",
  insecure: true,
  streams: [STREAM],
  eventListener: "http://el-builds.okd-coreos.svc:8080",
};
const render = (changes: Partial<typeof ARGS> & Partial<GateArgs> = {}): Manifest[] =>
  renderGate(gateObjects({ ...ARGS, ...changes } as Parameters<typeof gateObjects>[0]));
const find = (kind: string, objects = render()): Manifest => objects.find((object) => object.kind === kind)!;

describe("the gate's objects", () => {
  it("are one of each kind, and spread over nodes where there is more than one pod", () => {
    const kinds = ["ServiceAccount", "ConfigMap", "Service", "Deployment", "PodDisruptionBudget", "NetworkPolicy"];
    assert.deepEqual(
      render().map(({ kind }) => kind),
      kinds,
    );
    assert.ok(!render({ replicas: 1 }).some(({ kind }) => kind === "PodDisruptionBudget"));
    for (const { metadata } of render()) {
      assert.deepEqual([metadata.namespace, metadata.labels?.["okd-streams.io/stack"]], ["okd-coreos", "kind"]);
    }
  });

  it("hold settings that the program takes, and the program, in what a ConfigMap may hold", () => {
    const { data } = find("ConfigMap") as unknown as { data: Record<string, string> };
    const settings = settingsSchema.parse(JSON.parse(data["settings.json"]!));
    assert.deepEqual(settings.registry, { address: "kind-registry:5000", path: "okd", insecure: true });
    assert.deepEqual([settings.streams, settings.port, settings.statusPort], [[STREAM], 8443, 8080]);
    assert.equal(data["gate.js"], bundle("gate"));
    assert.ok(JSON.stringify(data).length < 512 * 1024);
  });

  it("run without any rights, from a read-only file system, with no account of the cluster", () => {
    const pod = find("Deployment").spec.template.spec;
    assert.equal(pod.automountServiceAccountToken, false);
    assert.deepEqual(pod.securityContext, {
      runAsNonRoot: true,
      ...{ runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532 },
      seccompProfile: { type: "RuntimeDefault" },
    });
    assert.deepEqual(pod.containers[0].securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    assert.ok(pod.volumes.every((volume: object) => !("hostPath" in volume)));
    assert.equal(
      find("Deployment", render({ openshift: true })).spec.template.spec.securityContext.runAsUser,
      undefined,
    );
  });

  it("mount every file that the settings name", () => {
    const objects = render({ credentialsSecret: "push" });
    const { data } = find("ConfigMap", objects) as unknown as { data: Record<string, string> };
    const { registry, keys, tls } = settingsSchema.parse(JSON.parse(data["settings.json"]!));
    const pod = find("Deployment", objects).spec.template.spec;
    const mounts = (pod.containers[0].volumeMounts as { mountPath: string }[]).map(({ mountPath }) => mountPath);
    for (const file of [registry.credentials!, keys, tls!.certificate, tls!.key]) {
      assert.ok(mounts.includes(file.slice(0, file.lastIndexOf("/"))), file);
    }
    const secrets = (pod.volumes as { secret?: { secretName: string } }[]).flatMap(
      ({ secret }) => secret?.secretName ?? [],
    );
    assert.deepEqual(secrets, ["event-signing-keys", "gate-tls", "push"]);
  });

  it("mount the keys of other clusters, and start where one is not there", () => {
    const objects = render({ otherKeysSecrets: ["spoke-arm64"] });
    const { data } = find("ConfigMap", objects) as unknown as { data: Record<string, string> };
    const { keys, otherKeys } = settingsSchema.parse(JSON.parse(data["settings.json"]!));
    const { volumes, containers } = find("Deployment", objects).spec.template.spec;
    const { projected } = volumes.find(({ name }: { name: string }) => name === "keys");
    const { mountPath } = containers[0].volumeMounts.find(({ name }: { name: string }) => name === "keys");
    const source = (name: string, file: string) => ({
      name,
      items: [{ key: "keys", path: file.replace(`${mountPath}/`, "") }],
    });
    assert.deepEqual(projected.sources, [
      { secret: source("event-signing-keys", keys) },
      { secret: { ...source("spoke-arm64", otherKeys[0]!), optional: true } },
    ]);
    const spoke = find("Deployment", render({ keysSecret: "hub" })).spec.template.spec.volumes;
    assert.deepEqual(spoke[1], { name: "keys", secret: { secretName: "hub" } });
  });

  it("start new pods for another program or other settings, and for nothing else", () => {
    const mark = (changes: object = {}) =>
      find("Deployment", render(changes)).spec.template.metadata.annotations["okd-streams.io/contents"];
    assert.equal(mark(), mark({ labels: { other: "label" } }));
    assert.notEqual(mark(), mark({ reconcileSeconds: 61 }));
  });

  it("let EventListeners in, and itself out to the registry, EventListeners and names", () => {
    const { spec } = find("NetworkPolicy", render({ target: "registry.example/okd", insecure: false }));
    const listeners = { podSelector: { matchLabels: { "app.kubernetes.io/managed-by": "EventListener" } } };
    assert.deepEqual(spec.podSelector, { matchLabels: { "app.kubernetes.io/name": "gate" } });
    assert.deepEqual(spec.policyTypes, ["Ingress", "Egress"]);
    assert.deepEqual(spec.ingress, [{ from: [listeners], ports: [{ port: 8443 }] }, { ports: [{ port: 8080 }] }]);
    assert.deepEqual(spec.egress, [
      { ports: [{ port: 53, protocol: "UDP" }, { port: 53 }] },
      { ports: [{ port: 443 }] },
      { to: [listeners], ports: [{ port: 8080 }] },
    ]);
    assert.deepEqual(find("NetworkPolicy").spec.egress[1], { ports: [{ port: 5000 }] });
  });

  it("find names on OpenShift, whose DNS listens on a port of its own behind its Service", () => {
    const dns = {
      to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "openshift-dns" } } }],
      ports: [{ port: 5353, protocol: "UDP" }, { port: 5353 }],
    };
    assert.deepEqual(find("NetworkPolicy", render({ openshift: true })).spec.egress[1], dns);
  });

  it("are called by Triggers over TLS, by paths that the server has", () => {
    assert.deepEqual(renderInterceptors({ namespace: "okd-coreos", labels: { a: "b" } }, "Q0E="), [
      ...[
        { name: "signed-event", path: "signature" },
        { name: "complete-build", path: "complete" },
      ].map(({ name, path }) => ({
        apiVersion: "triggers.tekton.dev/v1alpha1",
        kind: "Interceptor",
        metadata: { name, namespace: "okd-coreos", labels: { a: "b", "server/type": "https" } },
        spec: {
          clientConfig: { caBundle: "Q0E=", service: { name: "gate", namespace: "okd-coreos", path, port: 8443 } },
        },
      })),
    ]);
  });
});

describe("Gate", () => {
  it("creates each object once, with keys that only the state and the cluster know", async () => {
    const created: { type: string; name: string; inputs: Record<string, unknown> }[] = [];
    await pulumi.runtime.setMocks(
      {
        newResource: ({ type, name, inputs }) => {
          created.push({ type, name, inputs: inputs as Record<string, unknown> });
          return {
            id: name,
            state: { ...inputs, certificate: "CERT", privateKey: "KEY", publicKey: "PUBLIC", signingKey: "SIGN" },
          };
        },
        call: () => ({}),
      },
      "okd-streams",
      "test",
    );
    const spokes = [{ architectures: ["arm64"], recordKey: "SPOKE" }];
    new Gate("gate", { ...ARGS, spokes, triggers: [] });
    await pulumi.runtime.disconnect();
    const names = created.map(({ type, name }) => `${type.split(":").at(-1)} ${name}`).sort();
    assert.deepEqual(names, [
      "ConfigMap okd-coreos/gate",
      "ConfigMap okd-coreos/record-keys",
      "Deployment okd-coreos/gate",
      "Gate gate",
      "GateCredentials gate-credentials",
      "Interceptor okd-coreos/complete-build",
      "Interceptor okd-coreos/signed-event",
      "NetworkPolicy okd-coreos/gate",
      "PodDisruptionBudget okd-coreos/gate",
      "RecordKey gate-record-key",
      "Secret okd-coreos/event-signing-keys",
      "Secret okd-coreos/gate-tls",
      "Secret okd-coreos/record-signing-key",
      "Service okd-coreos/gate",
      "ServiceAccount okd-coreos/gate",
    ]);
    const keys = created.find(({ name }) => name === "okd-coreos/event-signing-keys")!.inputs;
    assert.deepEqual(keys.data, {
      [pulumi.runtime.specialSigKey]: pulumi.runtime.specialSecretSig,
      value: { keys: Buffer.from("SIGN").toString("base64") },
    });
    const verified = created.find(({ name }) => name === "okd-coreos/record-keys")!.inputs;
    assert.deepEqual(verified.data, { own: "PUBLIC", "spoke-0": "SPOKE" });
    assert.deepEqual(gateObjects({ ...ARGS, spokes }).recordKeys, {
      own: ["amd64", "ppc64le", "s390x"],
      "spoke-0": ["arm64"],
    });
    const interceptor = created.find(({ name }) => name === "okd-coreos/complete-build")!.inputs;
    assert.match(
      JSON.stringify(interceptor.spec),
      new RegExp(`"caBundle":"${Buffer.from("CERT").toString("base64")}"`),
    );
  });
});
