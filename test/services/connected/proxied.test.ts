import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { stringify } from "yaml";
import type { KubeObject } from "../../../components/kubernetes/client";
import { PROJECT_FOLDER } from "../../../stacks/environment";
import { offlineFolder } from "../../cluster/needs";
import { proves } from "../../counts";
import { FakeTools } from "../../unit/clusters/fake-tools";
import { BehindProxy } from "../../unit/commands/behind-proxy";
import { FakeApi, kubeconfigOf, resources, Status } from "../../unit/platform/fake-api";

const API = "api.example.org:6443";
const ARGO_CD = "argoproj.io/v1alpha1";
const MANIFESTS = "http://manifests.example.org/argo-cd.yaml";

/**
 * Pulumi's real engine, with the program, the plugin and the dynamic providers that it talks to: each has to get the variables and to
 * keep to them. The engine of containers and kind are pretended; the cluster's API server and the host of the manifests are reached
 * by the proxy alone.
 */
describe("up and destroy behind a proxy", function () {
  this.timeout("5m");
  let behind: BehindProxy;
  let tools: FakeTools;
  let api: FakeApi;
  let project: string;
  let variables: Record<string, string>;
  const objects = new Map<string, KubeObject>();

  before(async function () {
    const bin = path.join(offlineFolder(), "bin");
    const lacking = ["pulumi", "pulumi-resource-kubernetes"].filter((name) => !fs.existsSync(path.join(bin, name)));
    if (lacking.length > 0) {
      console.log(`      skipped: ${bin} has no ${lacking.join(", ")}`);
      return this.skip();
    }
    behind = await BehindProxy.start();
    tools = await FakeTools.start();
    tools.kubeconfig = () => kubeconfigOf(`http://${API}`);
    api = new FakeApi((method, url, body) => answer(method, url.split("?")[0]!, body as KubeObject | undefined));
    behind.standIns[API] = Number(/127\.0\.0\.1:(\d+)/.exec(await api.start())![1]);
    const settings = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "argocd-cm" } };
    const own = { apiVersion: ARGO_CD, kind: "AppProject", metadata: { name: "own" } };
    behind.answers[MANIFESTS] = [settings, own].map((it) => stringify(it)).join("---\n");
    project = copyOfProject();
    const home = path.join(behind.folder, "home");
    fs.mkdirSync(home);
    const PATH = [process.env.PATH, bin, path.dirname(process.execPath)].join(path.delimiter);
    variables = { HOME: home, PATH };
  });
  after(async () => {
    tools?.stop();
    behind?.stop();
    await api?.stop();
  });

  /** The project with a stack of its own, as stacks of another folder cannot be named. */
  function copyOfProject(): string {
    const folder = path.join(behind.folder, "project");
    for (const part of ["components", "stacks", "pipelines", "test/lab/kubernetes-plugin"]) {
      fs.cpSync(path.join(PROJECT_FOLDER, part), path.join(folder, part), {
        recursive: true,
        preserveTimestamps: true,
      });
    }
    for (const file of ["package.json", "tsconfig.json", "Pulumi.yaml"]) {
      fs.cpSync(path.join(PROJECT_FOLDER, file), path.join(folder, file));
    }
    fs.symlinkSync(path.join(PROJECT_FOLDER, "node_modules"), path.join(folder, "node_modules"));
    const none = { mode: "none" };
    const config = {
      "okd-streams:cluster": { type: "kind", registryPort: 5013 },
      "okd-streams:platform": {
        ...{
          tektonPipelines: none,
          tektonTriggers: none,
          tektonDashboard: none,
          storage: none,
          kvmDevicePlugin: "none",
        },
        argoCd: { mode: "install", manifests: [MANIFESTS] },
      },
      "okd-streams:streams": [],
    };
    fs.writeFileSync(path.join(folder, "stacks", "Pulumi.kind.yaml"), stringify({ config }));
    return folder;
  }

  /** As much of an API server as keeps what is applied. */
  function answer(method: string, at: string, body: KubeObject | undefined): unknown {
    if (at === "/version") return { major: "1", minor: "35", gitVersion: "v1.35.0" };
    if (at === "/apis") return { groups: [] };
    if (at === "/api/v1") return resources("v1", "Namespace", "ConfigMap");
    if (at === `/apis/${ARGO_CD}`) return resources(ARGO_CD, "AppProject", "Application", "ApplicationSet");
    if (/^\/apis\/[^/]+\/[^/]+$/.test(at)) return resources(at.slice(6));
    const known = objects.get(at);
    switch (method) {
      case "PATCH": {
        const metadata = { ...known?.metadata, ...body!.metadata, uid: (known?.metadata.uid as unknown) ?? at };
        const kept = {
          ...known,
          ...body!,
          metadata,
          ...(body!.kind === "Namespace" && { status: { phase: "Active" } }),
        };
        objects.set(at, kept);
        return kept;
      }
      case "DELETE":
        objects.delete(at);
        return { kind: "Status" };
      default:
        return known ?? (at.endsWith("s") ? { items: [] } : new Status(404, "NotFound", "not found"));
    }
  }

  for (const [spelling, proxies] of [
    ["in capitals", (url: string) => ({ HTTPS_PROXY: url, HTTP_PROXY: url })],
    ["in small letters", (url: string) => ({ https_proxy: url, http_proxy: url, HTTPS_PROXY: "", HTTP_PROXY: "" })],
  ] as const) {
    // The commands' own tests take capitals.
    (spelling === "in capitals" ? proves : it)(
      `ask nothing past it, nor it for what is on this machine: variables ${spelling}`,
      async () => {
        behind.asked = [];
        objects.clear();
        const all = { ...variables, ...proxies(behind.url) };
        const up = await behind.run(["up", "kind"], all, { project });
        assert.equal(up.code, 0, up.said);
        assert.deepEqual(up.direct, []);
        assert.deepEqual(behind.hosts, [API, "manifests.example.org"]);
        assert.ok([...objects.keys()].includes("/api/v1/namespaces/argocd/configmaps/argocd-cm"), "it was applied");

        behind.asked = [];
        const asked = api.requests.length;
        const destroy = await behind.run(["destroy", "kind"], all, { project });
        assert.equal(destroy.code, 0, destroy.said);
        assert.deepEqual(destroy.direct, []);
        assert.deepEqual(behind.hosts, [API]);
        // The guard, a dynamic provider, is the one that looks at all namespaces.
        const looks = api.requests.slice(asked).map(({ path: at }) => at.split("?")[0]);
        assert.ok(looks.includes("/api/v1/namespaces"), looks.join(", "));
      },
    );
  }
});
