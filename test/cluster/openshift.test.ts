import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { renderNodeConfiguration } from "../../components/openshift/node-configuration";
import { renderRoute } from "../../components/openshift/route";
import { renderSccBinding } from "../../components/openshift/scc";
import { Engine } from "../../stacks/commands/engine/engine";
import { DEFAULT_LIMITS } from "../../stacks/commands/engine/watch";
import { prepareWorkspace } from "../../stacks/commands/engine/workspace";
import type { Configuration } from "../../stacks/configuration/schema";
import { validate } from "../../stacks/configuration/validate";
import { readEnvironment } from "../../stacks/environment";
import { readOutputs } from "../../stacks/commands/outcome";
import { program } from "../../stacks/program";
import { useTools } from "../../stacks/tools/search";
import { PROVING } from "../counts";
import { Factory } from "./factory";
import { REGISTRY } from "./images";
import { inSequence } from "../sequence";
import { offlineFolder, skipUnless } from "./needs";
import { type Fields, OkdLike } from "./okd-like";

const CLUSTER = "t-openshift";
/** Small, only what is OpenShift's own matter; `npm run prove` installs all parts. */
const NONE = { mode: "none" };
/** The only stack that the stand-in for Pulumi's Kubernetes plugin serves; its cluster is of type existing here. */
const STACK = "kind";

// What stands behind OpenShift's kinds is not there: its admission lets nobody in or out, no router opens a Route, no Machine
// Config Operator drains a node. What the platform hands to them is what this proves.
describe("the platform on KinD with OpenShift's definitions (admission by SCCs is not proven)", function () {
  this.timeout("20m");
  inSequence(this);
  const saved = { ...process.env };
  let factory: Factory;
  let cluster: OkdLike;
  let configuration: Configuration;
  let images: { registry: string; busybox: string };
  /** What there was before the stack. */
  let objects: string[];
  /** The stack installs storage; without its manifests the cluster keeps its own. */
  let storage: boolean;

  const engine = async <T>(operation: (engine: Engine) => Promise<T>): Promise<T> => {
    const environment = readEnvironment(STACK);
    const opened = await Engine.open({
      stack: STACK,
      workspace: prepareWorkspace(configuration, environment),
      program: () => program(configuration, environment),
      limits: DEFAULT_LIMITS,
      parallel: 64,
      logFile: path.join(factory.home, "engine.log"),
      recoverable: false,
    });
    try {
      return await operation(opened);
    } finally {
      opened.close();
    }
  };

  before(async function () {
    const definitions = path.join(offlineFolder(), "openshift", "definitions.yaml");
    skipUnless(this, {
      bin: ["kind", "kubectl", "pulumi", "pulumi-resource-kubernetes", "pulumi-resource-pulumi-nodejs"],
      manifests: ["tekton-pipelines", "tekton-triggers", "tekton-interceptors", "argo-cd"].filter(() => PROVING),
    });
    if (!fs.existsSync(definitions)) {
      console.log(`      skipped: ${definitions} is not there`);
      return this.skip();
    }
    storage = fs.existsSync(path.join(offlineFolder(), "manifests", "local-path-storage.yaml"));
    if (!storage) console.log("      without storage: the offline folder has no manifests/local-path-storage.yaml");
    factory = new Factory(offlineFolder(), {});
    Object.assign(process.env, factory.environment);
    useTools(factory.offline);
    const kubeconfig = path.join(offlineFolder(), `kubeconfig-${CLUSTER}`);
    cluster = new OkdLike(factory, CLUSTER, kubeconfig);
    const { exitCode, text } = await factory.exec("bash", ["test/lab/lab", "up", CLUSTER]);
    assert.equal(exitCode, 0, text);
    const settings = path.join(factory.offline, "settings.yaml");
    images = (parse(fs.readFileSync(settings, "utf8")) as { images: typeof images }).images;
    const registry = await cluster.nonRootRegistry(images.registry);
    configuration = validate(
      {
        cluster: { type: "existing", kubeconfig },
        platform: {
          registry: { mode: "install", size: "1Gi" },
          kvmDevicePlugin: "use",
          ...(!PROVING && { tektonPipelines: NONE, tektonTriggers: NONE, argoCd: NONE }),
          nodeConfiguration: "install",
        },
        images: { registry, busybox: images.busybox },
      },
      () => ({ file: "the test", key: "", position: 0 }),
    );
    await cluster.define(definitions);
    await cluster.offerKvm();
    if (storage) await cluster.removeStorage();
    objects = await cluster.objects();
  });

  after(async () => {
    try {
      if (factory) {
        await factory.exec("bash", ["test/lab/lab", "down", CLUSTER]);
        factory.close();
      }
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in saved)) Reflect.deleteProperty(process.env, name);
      Object.assign(process.env, saved);
    }
  });

  it("is deployed, and its parts work", async () => {
    const outputs = readOutputs(await engine((it) => it.up()));
    assert.equal(outputs.platform.storage.mode, storage ? "installed" : "used");
    assert.equal(outputs.platform.argoCd.route, PROVING ? "argocd/argocd-server" : undefined);
  });

  it("changes nothing when it is deployed again, with storage of its own", async () => {
    await engine((it) => it.up(true));
  });

  it("lets accounts use the constraints that their pods need, and no others", async () => {
    const { items } = await cluster.get("rolebindings", "--all-namespaces");
    const granted = (items as Fields[]).flatMap(({ metadata, roleRef, subjects }) => {
      const [, scc] = /^system:openshift:scc:(.+)$/.exec(roleRef.name as string) ?? [];
      return scc ? [`${scc} ${metadata.namespace as string}/${subjects[0].name as string}`] : [];
    });
    const ofParts = [
      "nonroot-v2 argocd/argocd-redis",
      "nonroot-v2 okd-coreos/event-listener",
      "nonroot-v2 tekton-pipelines-resolvers/tekton-pipelines-resolvers",
      "nonroot-v2 tekton-pipelines/tekton-events-controller",
      "nonroot-v2 tekton-pipelines/tekton-pipelines-controller",
      "nonroot-v2 tekton-pipelines/tekton-pipelines-webhook",
      "nonroot-v2 tekton-pipelines/tekton-triggers-controller",
      "nonroot-v2 tekton-pipelines/tekton-triggers-core-interceptors",
      "nonroot-v2 tekton-pipelines/tekton-triggers-webhook",
      "privileged okd-coreos/pipeline",
    ];
    const ofStorage = ["privileged local-path-storage/local-path-provisioner-service-account"];
    assert.deepEqual(granted.sort(), [...(PROVING ? ofParts : []), ...(storage ? ofStorage : [])].sort());
  });

  it("leads to Argo CD by a Route", async function () {
    if (!PROVING) return this.skip();
    const { spec } = await cluster.get("route", "-n", "argocd", "argocd-server");
    assert.deepEqual(spec.to, { kind: "Service", name: "argocd-server", weight: 100 });
    const { metadata } = await cluster.get("service", "-n", "argocd", "argocd-server");
    assert.equal(metadata.annotations["service.beta.openshift.io/serving-cert-secret-name"], "argocd-server-tls");
  });

  it("leads nodes to the registry by the address of its Service, as they know no names of Services", async () => {
    const { spec } = await cluster.get("service", "-n", "okd-registry", "registry");
    const address = `${spec.clusterIP as string}:5000`;
    const entries = [
      { source: "registry.okd-registry.svc:5000", mirrors: [address], mirrorSourcePolicy: "NeverContactSource" },
    ];
    assert.deepEqual((await cluster.get("imagetagmirrorset", "okd-streams-registry")).spec, {
      imageTagMirrors: entries,
    });
    assert.deepEqual((await cluster.get("imagedigestmirrorset", "okd-streams-registry")).spec, {
      imageDigestMirrors: entries,
    });
    assert.deepEqual((await cluster.get("images.config.openshift.io", "cluster")).spec, {
      externalRegistryHostnames: ["registry.theirs.example"],
      registrySources: { insecureRegistries: ["registry.okd-registry.svc:5000", address] },
    });
    const asked = (host: string) => cluster.onNode(`curl -s -m 10 -o /dev/null -w '%{http_code}' http://${host}/v2/`);
    assert.equal((await asked(address)).stdout, "200");
    assert.equal((await asked("registry.okd-registry.svc:5000")).stdout, "000");
  });

  it("nests virtual machines on the nodes that run pods: here the control plane", async () => {
    const { metadata, spec } = await cluster.get("machineconfig", "80-enable-nested-virt-master");
    assert.equal(metadata.labels["machineconfiguration.openshift.io/role"], "master");
    assert.equal(spec.config.storage.files[0].path, "/etc/modprobe.d/kvm.conf");
  });

  it("has mirrors, Routes and permissions that OpenShift's definitions take", async () => {
    const mirror = { address: "mirror.example:5000/proxy", of: ["quay.io", "docker.io", REGISTRY.here] };
    const place = { name: "git", namespace: "default", labels: {} };
    for (const object of [
      ...renderNodeConfiguration({ labels: {}, mirror, nestedVirtualization: ["worker"] }),
      renderRoute({ ...place, service: "el-git", port: "http-listener", tls: "edge" }),
      renderRoute({ ...place, service: "argocd-server", port: "https", tls: "reencrypt" }),
      renderSccBinding("nonroot-v2", "default", place),
    ]) {
      const file = path.join(factory.home, "object.json");
      fs.writeFileSync(file, JSON.stringify(object));
      await cluster.kubectl("create", "--dry-run=server", "-f", file);
    }
  });

  it("gives a claim that names no class a volume, and a pod writes to it", async function () {
    if (!storage) return this.skip();
    await cluster.kubectl("create", "namespace", "somebody");
    const metadata = { name: "theirs", namespace: "somebody" };
    const claim = { resources: { requests: { storage: "1Mi" } }, accessModes: ["ReadWriteOnce"] };
    await cluster.apply({ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata, spec: claim });
    const container = {
      name: "writer",
      image: images.busybox,
      command: ["sh", "-c", "echo theirs >/data/it"],
      volumeMounts: [{ name: "data", mountPath: "/data" }],
    };
    const volumes = [{ name: "data", persistentVolumeClaim: { claimName: "theirs" } }];
    const spec = { containers: [container], volumes, restartPolicy: "Never" };
    await cluster.apply({ apiVersion: "v1", kind: "Pod", metadata, spec });
    await cluster.kubectl(
      "wait",
      "-n",
      "somebody",
      "--for=jsonpath={.status.phase}=Succeeded",
      "--timeout=120s",
      "pod/theirs",
    );
    const { spec: bound, status } = await cluster.get("persistentvolumeclaim", "-n", "somebody", "theirs");
    assert.deepEqual([bound.storageClassName, status.phase], ["local-path", "Bound"]);
    // Of this type, as nodes of OpenShift have only its files labelled for SELinux.
    const { spec: volume } = await cluster.get("persistentvolume", bound.volumeName as string);
    assert.equal((await cluster.onNode(`cat ${volume.local.path as string}/it`)).stdout, "theirs\n");
  });

  it("refuses to remove storage that keeps somebody's claim", async function () {
    if (!storage) return this.skip();
    await assert.rejects(
      engine((it) => it.destroy()),
      /volumes of class local-path are left .*somebody\/theirs/,
    );
    await cluster.kubectl("get", "deployment", "-n", "local-path-storage", "local-path-provisioner");
    await cluster.kubectl("delete", "namespace", "somebody");
  });

  it("is removed without a trace, and what others say of images stays", async () => {
    await engine((it) => it.destroy());
    await cluster.comesBackTo(objects);
    const { spec } = await cluster.get("images.config.openshift.io", "cluster");
    assert.deepEqual(spec.registrySources ?? {}, {});
    assert.deepEqual(spec.externalRegistryHostnames, ["registry.theirs.example"]);
    if (storage) assert.equal((await cluster.onNode("ls /opt/local-path-provisioner | wc -l")).stdout.trim(), "0");
  });
});
