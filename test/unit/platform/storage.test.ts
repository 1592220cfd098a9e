import assert from "node:assert/strict";
import { parse } from "yaml";
import type { Manifest } from "../../../components/kubernetes/object";
import { renderPart } from "../../../components/platform/part-objects";
import { PARTS } from "../../../components/platform/parts";
import { renderSccBinding } from "../../../components/openshift/scc";
import { provider } from "../../../components/platform/volumes-released";
import { FakeApi, resources, Status } from "./fake-api";

const NAMESPACE = "local-path-storage";
const ACCOUNT = "local-path-provisioner-service-account";
const STACK = { "okd-streams.io/stack": "moc" };

const PUBLISHED: Manifest[] = [
  { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } },
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "local-path-provisioner", namespace: NAMESPACE },
    spec: {
      template: {
        spec: {
          serviceAccountName: ACCOUNT,
          containers: [{ name: "local-path-provisioner", image: "rancher/local-path-provisioner:v0.0.30" }],
        },
      },
    },
  },
  {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "local-path" },
    provisioner: "rancher.io/local-path",
  },
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "local-path-config", namespace: NAMESPACE },
    data: {
      setup: "mkdir",
      "helperPod.yaml": "kind: Pod\nspec:\n  containers:\n  - name: helper-pod\n    image: busybox\n",
    },
  },
];

describe("the storage that a stack installs", () => {
  const render = (openshift: boolean) =>
    renderPart(PARTS.storage, { objects: PUBLISHED, stack: "moc", openshift, busybox: "docker.io/library/busybox:1" });
  const helper = ({ data }: Manifest) => parse((data as Record<string, string>)["helperPod.yaml"]!) as Manifest;

  it("has the cluster's default class, and images that mean the same everywhere", () => {
    const [namespace, deployment, storageClass, configuration, ...more] = render(false);
    assert.deepEqual(namespace!.metadata.labels, { "pod-security.kubernetes.io/enforce": "privileged" });
    assert.deepEqual(storageClass!.metadata.annotations, {
      ...STACK,
      "storageclass.kubernetes.io/is-default-class": "true",
    });
    assert.equal(
      deployment!.spec.template.spec.containers[0].image,
      "docker.io/rancher/local-path-provisioner:v0.0.30",
    );
    assert.equal((configuration!.data as Record<string, string>).setup, "mkdir");
    assert.deepEqual(helper(configuration!), {
      kind: "Pod",
      spec: { containers: [{ name: "helper-pod", image: "docker.io/library/busybox:1" }] },
    });
    assert.deepEqual(more, []);
  });

  it("gets along with SELinux on OpenShift: labelled volumes, a helper that may label, and the permission for it", () => {
    const [, , storageClass, configuration, ...more] = render(true);
    assert.equal(storageClass!.metadata.annotations!.defaultVolumeType, "local");
    assert.deepEqual(helper(configuration!).spec.containers[0].securityContext, { privileged: true });
    const labels = { "app.kubernetes.io/part-of": "okd-streams", ...STACK };
    assert.deepEqual(more, [renderSccBinding("privileged", ACCOUNT, { namespace: NAMESPACE, labels })]);
  });
});

describe("VolumesReleased", () => {
  let api: FakeApi;
  let looks: object[][];
  const volume = (name: string, phase: string, storageClassName = "local-path") => ({
    metadata: { name },
    spec: { storageClassName, claimRef: { namespace: "team", name } },
    status: { phase },
  });
  const remove = async (patience = 60) => {
    const kubeconfig = await api.start();
    await provider.delete!("local-path", { kubeconfig, storageClass: "local-path", patience });
  };
  beforeEach(() => {
    api = new FakeApi((_method, path) => {
      if (path === "/api/v1") return resources("v1", "PersistentVolume");
      return path === "/api/v1/persistentvolumes"
        ? { items: looks.length > 1 ? looks.shift() : looks[0] }
        : new Status(404, "NotFound", path);
    });
  });
  afterEach(() => api.stop());

  it("lets storage be removed once its last volume is gone; those of others are none of its business", async () => {
    const theirs = volume("other", "Bound", "fast");
    looks = [[volume("a", "Released"), theirs], [theirs]];
    await remove();
    assert.equal(looks.length, 1);
  });

  it("refuses while a claim of somebody keeps a volume", async () => {
    looks = [[volume("data", "Bound")]];
    await assert.rejects(remove(), {
      name: "UserError",
      message:
        "Storage is not removed because volumes of class local-path are left that only it can remove: team/data; " +
        "delete these claims, or keep what they hold elsewhere first.",
    });
    const asked = api.requests.filter(({ path }) => path === "/api/v1/persistentvolumes");
    assert.equal(asked.length, 1, "it waits for what nobody will do");
  });

  it("gives up when a volume is not gone in time", async () => {
    looks = [[volume("a", "Released")]];
    await assert.rejects(remove(0), /volumes of class local-path are left .*: team\/a;/);
  });
});
