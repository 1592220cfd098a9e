import * as assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { existingCluster, renderCapabilities, type ExistingClusterArgs } from "../../../components/clusters/existing";
import { type Cluster, requireFreeNamespaces } from "../../../components/clusters/cluster";
import { inspectCluster, type Inspection } from "../../../components/clusters/inspection";
import type { ExistingSettings } from "../../../components/clusters/schema";
import type { Mode } from "../../../components/platform/part";
import { ask } from "../../../stacks/clusters/existing-findings";
import { runProgram } from "../../../stacks/preview/run";

type Answers = Record<string, object | ((response: ServerResponse) => void)>;

const node = (architecture: string, allocatable = {}, roles: string[] = [], taints?: object[]) => ({
  metadata: { labels: Object.fromEntries(roles.map((role) => [`node-role.kubernetes.io/${role}`, ""])) },
  spec: { ...(taints && { taints }) },
  status: { nodeInfo: { architecture }, allocatable },
});
const storageClass = (name: string, annotations = {}) => ({ metadata: { name, annotations } });
const groups = (...names: string[]) => ({ groups: names.map((name) => ({ name })) });
const refuse = (status: number, reason: string, message: string) => (response: ServerResponse) => {
  response.writeHead(status).end(JSON.stringify({ kind: "Status", reason, message }));
};

const PLAIN: Answers = {
  "/api/v1/namespaces/kube-system": { metadata: { uid: "1234" } },
  "/apis": groups("apps", "route.openshift.io"),
  "/version": { major: "1", minor: "33" },
  "/api/v1/nodes": { items: [node("amd64")] },
  "/apis/storage.k8s.io/v1/storageclasses": { items: [] },
  "/api/v1/namespaces": { items: [] },
};

describe("existing cluster", () => {
  let server: Server;
  let answers: Answers;
  let requests: string[];
  let origin: string;
  let folder: string;
  let file: string;

  beforeEach(async () => {
    answers = PLAIN;
    requests = [];
    server = createServer(({ url }, response) => {
      requests.push(url!);
      const answer = answers[url!];
      if (typeof answer === "function") answer(response);
      else response.end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    folder = mkdtempSync(path.join(tmpdir(), "okd-streams-test-"));
    file = path.join(folder, "config");
    writeFileSync(file, kubeconfig());
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  });

  const kubeconfig = () =>
    stringify({
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      clusters: [{ name: "c", cluster: { server: origin, "insecure-skip-tls-verify": true } }],
      users: [{ name: "u", user: { token: "the-token" } }],
    });
  const inspect = (seconds?: number) => inspectCluster(kubeconfig(), file, seconds);

  describe("doctor's rows", () => {
    const kvm = "devices.kubevirt.io/kvm";
    const rows = async (settings: Partial<ExistingSettings> = {}, kvmDevicePlugin: Mode = "auto") => {
      const cluster = { type: "existing" as const, kubeconfig: file, ...settings };
      const findings = await ask(cluster, { environment: { kubeconfigs: [] }, kvmDevicePlugin });
      return findings.map(({ name, state, found, remedy }) => [name, state, found, ...(remedy ? [remedy] : [])]);
    };
    const LEFT_OUT = "boot images and kola tests are left out";

    it("say what the cluster is, and whether Pods can ask for KVM", async () => {
      const cluster = ["cluster", "ok", "Kubernetes 1.33; nodes are amd64"];
      const row = (state: string, ...rest: string[]) => [cluster, ["KVM inside Pods", state, ...rest]];
      const advice = `${LEFT_OUT}; where nodes have /dev/kvm: cluster.kvm: true`;
      assert.deepEqual(await rows(), row("note", `no node offers ${kvm}`, advice));
      const promised = row("ok", `no node offers ${kvm} yet: up installs the device plugin`);
      assert.deepEqual(await rows({ kvm: true }), promised);
      assert.deepEqual(await rows({}, "install"), promised);
      assert.deepEqual(await rows({ kvm: true }, "none"), row("note", `no node offers ${kvm}`, advice));
      answers = { ...PLAIN, "/api/v1/nodes": { items: [node("amd64", { [kvm]: "100" })] } };
      assert.deepEqual(await rows(), row("ok", `nodes offer ${kvm}`));
      assert.deepEqual(await rows({ kvm: false }), row("note", `cluster.kvm is false: ${LEFT_OUT}`));
    });

    it("say what may not be seen, and who does not answer", async () => {
      answers = { ...PLAIN, "/api/v1/nodes": refuse(403, "Forbidden", "no") };
      assert.deepEqual(
        (await rows()).map(([, , found]) => found),
        ["Kubernetes 1.33; its nodes may not be listed", "the nodes may not be listed"],
      );
      server.close();
      server.closeAllConnections();
      const [row, ...more] = await rows();
      assert.deepEqual([row!.slice(0, 2), more], [["cluster", "note"], []]);
      assert.match(row![2]!, /^The cluster of .+ cannot be reached: /);
    });
  });

  describe("inspectCluster", () => {
    it("sees a plain cluster", async () => {
      assert.deepEqual(await inspect(), {
        identifier: "1234",
        kubernetes: "1.33",
        architectures: ["amd64"],
        kvm: false,
        storageClass: undefined,
        openshift: false,
        namespaces: [],
      });
    });

    it("sees OpenShift, architectures, KVM and the default storage class", async () => {
      answers = {
        ...PLAIN,
        "/apis": groups(
          ...["security.openshift.io", "route.openshift.io", "machineconfiguration.openshift.io"],
          "monitoring.coreos.com",
        ),
        "/api/v1/nodes": {
          items: [node("s390x"), node("amd64", { "devices.kubevirt.io/kvm": "1k" }), node("amd64"), node("arm64")],
        },
        "/apis/storage.k8s.io/v1/storageclasses": {
          items: [
            storageClass("slow", { "storageclass.kubernetes.io/is-default-class": "false" }),
            storageClass("fast", { "storageclass.kubernetes.io/is-default-class": "true" }),
          ],
        },
      };
      assert.deepEqual(await inspect(), {
        identifier: "1234",
        kubernetes: "1.33",
        architectures: ["amd64", "arm64", "s390x"],
        kvm: true,
        storageClass: "fast",
        openshift: true,
        monitoring: true,
        machinePools: ["worker"],
        namespaces: [],
      });
    });

    const pools: [what: string, nodes: object[], machinePools: string[]][] = [
      [
        "workers, where the control plane takes no pods of others",
        [
          node(
            "amd64",
            {},
            ["master", "control-plane"],
            [{ key: "node-role.kubernetes.io/master", effect: "NoSchedule" }],
          ),
          node("amd64", {}, ["worker"]),
        ],
        ["worker"],
      ],
      [
        "the control plane of a compact cluster",
        [node("amd64", {}, ["control-plane", "master", "worker"])],
        ["master"],
      ],
      ["both", [node("amd64", {}, ["control-plane"]), node("amd64", {}, ["worker"])], ["master", "worker"]],
    ];
    for (const [what, items, machinePools] of pools) {
      it(`sees in which pools OpenShift's nodes take pods: ${what}`, async () => {
        const openshift = groups("security.openshift.io", "route.openshift.io", "machineconfiguration.openshift.io");
        answers = { ...PLAIN, "/apis": openshift, "/api/v1/nodes": { items } };
        assert.deepEqual((await inspect()).machinePools, machinePools);
      });
    }

    it("sees which Kubernetes it is, however its distribution writes that", async () => {
      answers = { ...PLAIN, "/version": { major: "1", minor: "29+" } };
      const inspection = await inspect();
      assert.equal(inspection.kubernetes, "1.29");
      assert.equal(renderCapabilities({ kubeconfig: file }, inspection).kubernetes, "1.29");
      assert.equal("kubernetes" in renderCapabilities({ kubeconfig: file }), false);
    });

    it("takes a device that no node can give for none", async () => {
      answers = { ...PLAIN, "/api/v1/nodes": { items: [node("amd64", { "devices.kubevirt.io/kvm": "0" })] } };
      assert.equal((await inspect()).kvm, false);
    });

    it("does without what it may not list", async () => {
      const forbidden = refuse(403, "Forbidden", "no");
      answers = { ...PLAIN, "/api/v1/nodes": forbidden, "/apis/storage.k8s.io/v1/storageclasses": forbidden };
      answers["/api/v1/namespaces"] = forbidden;
      answers["/version"] = forbidden;
      assert.deepEqual(await inspect(), { identifier: "1234", storageClass: undefined, openshift: false });
    });

    it("says that nobody is there", async () => {
      server.close();
      await assert.rejects(inspect(), {
        name: "UserError",
        message: `The cluster of ${file} cannot be reached: ${origin}: connect ECONNREFUSED ${origin.slice(7)}.`,
      });
    });

    it("does not wait for ever", async () => {
      answers = { ...PLAIN, "/api/v1/namespaces/kube-system": () => undefined };
      await assert.rejects(inspect(0.1), {
        name: "UserError",
        message: `The cluster of ${file} did not answer within 0.1 s.`,
      });
    });

    const refusals: [status: number, reason: string, message: string, expected: string][] = [
      [401, "Unauthorized", "Unauthorized", "refused (HTTP 401): its credentials are not valid."],
      [403, "Forbidden", "namespaces is forbidden", "refused (HTTP 403): namespaces is forbidden."],
    ];
    for (const [status, reason, message, expected] of refusals) {
      it(`says that it is not let in: ${String(status)}`, async () => {
        answers = { ...PLAIN, "/api/v1/namespaces/kube-system": refuse(status, reason, message) };
        await assert.rejects(inspect(), { name: "UserError", message: `The cluster of ${file} ${expected}` });
      });
    }

    const strangers: [what: string, answer: (response: ServerResponse) => void, expected: string][] = [
      [
        "a page",
        (response) => response.end("<!DOCTYPE html><html>log in</html>"),
        "cannot be reached: ORIGIN answers HTML (HTTP 200): it is no API server.",
      ],
      [
        "a page of errors",
        (response) => response.writeHead(502).end("<html>Bad Gateway</html>"),
        "refused (HTTP 502): GET /api/v1/namespaces/kube-system: HTML, not of an API server.",
      ],
      [
        "the way to a page",
        (response) => response.writeHead(302, { location: "https://login.example.org" }).end(),
        "cannot be reached: ORIGIN answers nothing (HTTP 302): it is no API server.",
      ],
      [
        "a word",
        (response) => response.end("pong"),
        "cannot be reached: ORIGIN answers no JSON (HTTP 200): it is no API server.",
      ],
      [
        "JSON of something else",
        (response) => response.end('{"ok": true}'),
        "cannot be reached: what answers is no API server: its namespace kube-system has no UID, or it lists no API groups.",
      ],
      [
        "broken JSON with an error",
        (response) => response.writeHead(500).end("{oops"),
        "refused (HTTP 500): GET /api/v1/namespaces/kube-system: {oops.",
      ],
    ];
    for (const [what, answer, expected] of strangers) {
      it(`names file and address of what is no API server: ${what}`, async () => {
        answers = { ...PLAIN, "/api/v1/namespaces/kube-system": answer };
        const message = `The cluster of ${file} ${expected.replace("ORIGIN", origin)}`;
        await assert.rejects(inspect(), { name: "UserError", message });
      });
    }

    it("sees a default storage class by its old annotation", async () => {
      const items = [storageClass("old", { "storageclass.beta.kubernetes.io/is-default-class": "true" })];
      answers = { ...PLAIN, "/apis/storage.k8s.io/v1/storageclasses": { items } };
      assert.equal((await inspect()).storageClass, "old");
    });
  });

  describe("existingCluster", () => {
    const deploy = (args: Partial<ExistingClusterArgs>) =>
      runProgram(
        async () => {
          const { capabilities } = await existingCluster("cluster", { stack: "existing", kubeconfig: file, ...args });
          return { capabilities };
        },
        { project: "okd-streams", stack: "existing" },
      );

    it("asks nothing for the in-process preview, not even the kubeconfig", async () => {
      const { resources, outputs } = await deploy({ kubeconfig: "/not/there", ask: false, kvm: true });
      assert.deepEqual(requests, []);
      assert.deepEqual(outputs, { capabilities: { architectures: ["amd64"], kvm: true, openshift: false } });
      assert.deepEqual(resources.map(({ type, name }) => `${type} ${name}`).slice(1), [
        "okd-streams:clusters:ExistingCluster cluster",
        "pulumi:providers:kubernetes cluster",
      ]);
    });

    it("makes a provider that knows the cluster by its identity, and keeps the token secret", async () => {
      const { resources } = await deploy({});
      const { clusterIdentifier, deleteUnreachable } = resources.at(-1)!.inputs;
      assert.deepEqual(
        { clusterIdentifier, deleteUnreachable },
        { clusterIdentifier: "1234", deleteUnreachable: undefined },
      );
      assert.equal(JSON.stringify(resources).includes("the-token"), false);
    });

    it("names file and context of a cluster that does not answer", async () => {
      server.close();
      await assert.rejects(deploy({ context: "c" }), (error: Error) => {
        assert.match(error.message, /^The cluster of \S+\/config, context c cannot be reached: http/);
        return true;
      });
    });
  });

  describe("requireFreeNamespaces", () => {
    const namespace = (name: string) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } });

    it("refuses to take the place of a namespace that others made", async () => {
      const mark = { "okd-streams.io/stack": "existing" };
      const items = [
        { metadata: { name: "theirs", labels: { "okd-streams.io/stack": "another" } } },
        { metadata: { name: "ours", labels: mark } },
        { metadata: { name: "ours-too", annotations: mark } },
      ];
      answers = { ...PLAIN, "/api/v1/namespaces": { items } };
      let cluster: Cluster | undefined;
      await runProgram(
        async () => {
          cluster = await existingCluster("cluster", { stack: "existing", kubeconfig: file });
          return {};
        },
        { project: "okd-streams", stack: "existing" },
      );
      requireFreeNamespaces(cluster!, [namespace("ours"), namespace("ours-too"), namespace("new")]);
      assert.throws(() => requireFreeNamespaces(cluster!, [namespace("new"), namespace("theirs")]), {
        name: "UserError",
        message:
          "Namespace theirs is in the cluster already and this stack did not make it: remove it, or give it to the " +
          "stack by the label okd-streams.io/stack=<stack>.",
      });
    });
  });

  describe("renderCapabilities", () => {
    const found: Inspection = {
      identifier: "1234",
      architectures: ["arm64"],
      kvm: true,
      storageClass: "fast",
      openshift: true,
      machinePools: ["master"],
    };

    it("takes what the cluster says", () => {
      assert.deepEqual(renderCapabilities({ kubeconfig: file }, found), {
        architectures: ["arm64"],
        kvm: true,
        storageClass: "fast",
        openshift: true,
        machinePools: ["master"],
      });
    });

    it("takes what is configured first", () => {
      const configured = { architectures: ["amd64"], kvm: false, storageClass: "slow" };
      assert.deepEqual(renderCapabilities({ kubeconfig: file, ...configured }, found), {
        ...configured,
        openshift: true,
        machinePools: ["master"],
      });
    });

    it("asks for the architectures that it may not see", () => {
      assert.throws(() => renderCapabilities({ kubeconfig: file }, { identifier: "1234", openshift: false }), {
        name: "UserError",
        message: "The cluster does not let you list its nodes: set cluster.architectures (and cluster.kvm).",
      });
    });
  });
});
