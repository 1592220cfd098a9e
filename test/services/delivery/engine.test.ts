import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { parseManifests } from "../../../components/kubernetes/manifest";
import { GitServer } from "../../cluster/git-server";
import { offlineFolder } from "../../cluster/needs";
import { proves } from "../../counts";
import { inSequence } from "../../sequence";
import { FakeTools } from "../../unit/clusters/fake-tools";
import { configure, copyProject } from "../project-copy";
import { PretendedCluster } from "./pretended-cluster";

const ARGO_CD = "argoproj.io/v1alpha1";
const PLACE = "rendered/kind";

/**
 * Pulumi's real engine with the program and the plugin, real git. Container engine, cluster and Argo CD are pretended: what they hold
 * here is that the engine lets go of objects and takes them, and removes none; test/cluster has the real ones.
 */
describe("delivery, switched by the real engine", function () {
  this.timeout("10m");
  inSequence(this);
  let folder: string;
  let project: string;
  let tools: FakeTools;
  let git: GitServer;
  let environment: NodeJS.ProcessEnv;
  let atFirst: string[];
  const cluster = new PretendedCluster();

  before(async function () {
    const bin = path.join(offlineFolder(), "bin");
    const lacking = ["pulumi", "pulumi-resource-kubernetes"].filter((name) => !fs.existsSync(path.join(bin, name)));
    if (lacking.length > 0) {
      console.log(`      skipped: ${bin} has no ${lacking.join(", ")}`);
      return this.skip();
    }
    folder = fs.mkdtempSync(path.join(tmpdir(), "okd-streams-delivery-"));
    tools = await FakeTools.start();
    const kubeconfig = await cluster.api.start();
    tools.kubeconfig = () => kubeconfig;
    fs.mkdirSync(path.join(folder, "git"));
    git = await GitServer.start(path.join(folder, "git"), "127.0.0.1");
    project = path.join(folder, "project");
    copyProject(project, {});
    const PATH = [process.env.PATH, bin, path.dirname(process.execPath)].join(path.delimiter);
    environment = { HOME: folder, PATH, OKD_STREAMS_OFFLINE: "" };
  });
  after(async () => {
    if (!folder) return;
    git?.stop();
    tools?.stop();
    await cluster.api.stop();
    fs.rmSync(folder, { recursive: true });
  });

  function settle(by: "pulumi" | "argocd"): void {
    const [none, use] = [{ mode: "none" }, { mode: "use" }];
    configure(project, {
      "okd-streams:cluster": { type: "kind", registryPort: 5015 },
      "okd-streams:platform": {
        ...{ tektonPipelines: use, tektonTriggers: none, tektonDashboard: none, argoCd: use },
        ...{ storage: none, kvmDevicePlugin: "none" },
      },
      "okd-streams:streams": [],
      "okd-streams:delivery": { by, repository: `${git.url}/rendered` },
    });
  }

  /** Runs a command. @param until it is killed when it has said that */
  function run(args: string[], until?: RegExp): Promise<{ code: number | null; text: string }> {
    const child = spawn(process.execPath, ["--import", "tsx", "stacks/commands/main.ts", ...args], {
      ...{ cwd: project, env: environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        text += chunk.toString();
        if (until?.test(text)) child.kill("SIGKILL");
      });
    }
    return new Promise((done) => child.on("close", (code) => done({ code, text })));
  }

  async function succeeds(...args: string[]): Promise<void> {
    const { code, text } = await run(args);
    assert.equal(code, 0, text);
  }

  /** The objects that are delivered, with their uids: they are all there, by one owner, and say something. */
  function owned(by: string): string[] {
    return cluster.git.objects.map((object) => {
      const found = cluster.find(object);
      const name = `${object.kind} ${object.metadata.name!}`;
      assert.deepEqual([found?.owners, found?.whole], [[by], true], name);
      return `${name} ${found!.uid}`;
    });
  }

  function assertIs(by: "pulumi" | "argocd"): void {
    assert.deepEqual(owned(by === "argocd" ? "argocd-controller" : "okd-streams"), atFirst);
    assert.deepEqual(cluster.names(ARGO_CD, "Application"), by === "argocd" ? ["okd-streams-kind-okd-coreos"] : []);
    assert.deepEqual(cluster.names(ARGO_CD, "AppProject"), by === "argocd" ? ["okd-streams-kind"] : []);
  }

  it("has what Pulumi has made rendered for Git", async () => {
    settle("pulumi");
    await succeeds("up", "kind");
    const rendered = path.join(folder, "rendered");
    await succeeds("render", "kind", "--delivered", "--out", rendered);
    const files = fs.readdirSync(rendered, { recursive: true, encoding: "utf8" }).filter((it) => it.endsWith(".yaml"));
    const texts = files.map(
      (file) => [`${PLACE}/${file}`, fs.readFileSync(path.join(rendered, file), "utf8")] as const,
    );
    const commit = git.commit("rendered", Object.fromEntries(texts), { branch: "rendered" });
    cluster.git = { commit, objects: texts.flatMap(([file, text]) => parseManifests(text, file)) };
    assert.ok(files.length > 40, String(files.length));
    atFirst = owned("okd-streams");
  });

  it("goes to Argo CD: each object stays the one that it is", async () => {
    settle("argocd");
    await succeeds("delivery", "kind", "argocd");
    assertIs("argocd");
  });

  it("comes back to Pulumi: each object stays the one that it is", async () => {
    settle("pulumi");
    await succeeds("delivery", "kind", "pulumi");
    assertIs("pulumi");
  });

  for (const to of ["argocd", "pulumi"] as const) {
    proves(`goes to ${to}, killed between any two steps; then up changes nothing`, async () => {
      settle(to);
      for (let step = 2; step <= (to === "argocd" ? 6 : 4); step++) {
        const { code, text } = await run(["delivery", "kind", to], new RegExp(`^${step}/`, "m"));
        assert.equal(code, null, text);
        const up = await run(["up", "kind"]);
        if (step > 2) assert.match(up.text, new RegExp(`npm run delivery -- kind ${to} goes on`));
      }
      await succeeds("delivery", "kind", to);
      assertIs(to);
      await succeeds("up", "kind", "--expect-no-changes");
    });
  }
});
