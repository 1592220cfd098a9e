import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { Provider } from "@pulumi/kubernetes/provider";
import type { Manifest } from "../../../components/kubernetes/object";
import { PARTS } from "../../../components/platform/parts";
import { Platform } from "../../../components/platform/platform";
import { leastScc } from "../../../components/openshift/scc";
import { Library } from "../../../components/pipelines/library";
import { CoreosStreams } from "../../../components/streams/coreos";
import { ofPayloads } from "../../../components/streams/release/release";
import { releaseSettings } from "../../../components/streams/release/schema";
import { Releases } from "../../../components/streams/releases";
import { runProgram } from "../../../stacks/preview/run";
import { BASE_NODE, ONE_STAGE } from "./samples";

/** Everything that a stack makes in a cluster that is OpenShift, as objects. */
async function objectsOnOpenShift(): Promise<Manifest[]> {
  const program = () => {
    const cluster = {
      provider: new Provider("cluster", {}),
      kubeconfig: pulumi.output(""),
      capabilities: { architectures: ["amd64"], kvm: true, openshift: true },
      resource: new pulumi.ComponentResource("test:Nodes", "nodes"),
    };
    const stack = "moc";
    const none = { mode: "none" as const };
    const platform = new Platform("platform", {
      ...{ cluster, stack, manifests: {}, registry: { mode: "auto" }, kvmDevicePlugin: "auto" },
      parts: { tektonPipelines: none, tektonTriggers: none, argoCd: none, tektonDashboard: none, storage: none },
      images: { registry: "registry:3", kvmDevicePlugin: "plugin:1", busybox: "busybox:1" },
    });
    const library = new Library({ folder: "pipelines" });
    new CoreosStreams("coreos", {
      ...{ cluster, stack, library, platform, kvm: "auto", push: { enabled: true }, rehearsal: false },
      streams: [{ ...BASE_NODE, schedule: "@daily" }, ONE_STAGE],
      events: { expireAfterHours: 48, reconcileSeconds: 60, replicas: 2 },
    });
    const from = { stream: "4.22.0-0.okd-scos-nightly" };
    const repositories = { content: "quay.io/okd/scos-content", release: "quay.io/okd/scos-release" };
    new Releases("releases", {
      ...{ cluster, stack, library, platform },
      releases: ofPayloads(
        [releaseSettings.parse({ name: "next", from, target: "4-scos-next", repositories })],
        new Map(),
      ),
    });
    return Promise.resolve({});
  };
  const { resources } = await runProgram(program, { project: "okd-streams", stack: "moc" });
  return resources.filter(({ type }) => type.startsWith("kubernetes:")).map(({ inputs }) => inputs as Manifest);
}

describe("a stack on OpenShift", () => {
  let objects: Manifest[];
  before(async () => (objects = await objectsOnOpenShift()));

  /** Constraints that an account may use beside those that every account may. */
  const granted = (namespace: string, account: string): string[] =>
    objects
      .filter(({ kind, metadata }) => kind === "RoleBinding" && metadata.namespace === namespace)
      .filter(({ subjects }) => (subjects as { name: string }[]).some(({ name }) => name === account))
      .flatMap(({ roleRef }) => /^system:openshift:scc:(.+)$/.exec((roleRef as { name: string }).name)?.[1] ?? []);

  /** Pods of workloads and of CronJobs: where, whose, what they are. */
  const pods = () =>
    objects.flatMap(({ metadata, spec }) => {
      const pod = spec?.template?.spec ?? spec?.jobTemplate?.spec.template.spec;
      return pod?.containers ? [{ name: metadata.name, namespace: metadata.namespace!, pod }] : [];
    });

  it("has a permission for every account whose pods need one, and for no other", () => {
    assert.deepEqual(
      pods()
        .map(({ name }) => name)
        .sort(),
      ["build-4-20", "clean-up", "clean-up", "gate", "kvm-device-plugin", "registry", "volumes", "volumes"],
    );
    const requestBuild = objects.find(({ kind, metadata }) => kind === "Task" && metadata.name === "request-build")!;
    const task = { serviceAccountName: "requester", containers: requestBuild.spec.steps };
    const all = [...pods(), { namespace: "okd-coreos", pod: task }];
    for (const { namespace, pod } of all) {
      const { serviceAccountName } = pod;
      const ofAccount = all.filter(
        (it) => it.namespace === namespace && it.pod.serviceAccountName === serviceAccountName,
      );
      const needed = new Set(ofAccount.map((it) => leastScc(it.pod)).filter((scc) => scc !== "restricted-v2"));
      assert.deepEqual(granted(namespace, (serviceAccountName as string | undefined) ?? "default"), [...needed]);
    }
  });

  it("has one for the accounts of runs, by what their steps ask for", () => {
    const privileged = (namespace: string) =>
      objects
        .filter(({ kind, metadata }) => kind === "Task" && metadata.namespace === namespace)
        .some(({ spec }) => leastScc({ containers: [spec.stepTemplate ?? {}, ...spec.steps] }) === "privileged");
    assert.deepEqual([privileged("okd-coreos"), granted("okd-coreos", "pipeline")], [true, ["privileged"]]);
    assert.deepEqual([privileged("okd-release"), granted("okd-release", "pipeline")], [false, ["nonroot-v2"]]);
  });

  it("has one for EventListeners, whose pods Triggers makes with a fixed user", () => {
    assert.deepEqual(granted("okd-coreos", "event-listener"), ["nonroot-v2"]);
  });

  it("opens Argo CD in a browser, and nothing that has no login", () => {
    assert.deepEqual(
      Object.entries(PARTS).flatMap(([name, { browser }]) => (browser ? [name] : [])),
      ["argoCd"],
    );
  });
});
