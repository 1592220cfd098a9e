import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { PROVING } from "../counts";
import { inSequence } from "../sequence";
import { Factory } from "./factory";
import { GitServer } from "./git-server";
import { gateway, offlineFolder, skipUnless } from "./needs";
import { until } from "./until";

interface Live {
  kind: string;
  metadata: {
    name: string;
    namespace: string;
    uid: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    managedFields: { manager: string; operation: string }[];
  };
}

const IN = ["-n", "okd-coreos"];
const RUN = "goes-on";
const TRACKING = "argocd.argoproj.io/tracking-id";
/** Something that Git says of a Task. */
const LABEL = "app.kubernetes.io/version";

(PROVING ? describe : describe.skip)("delivery on a cluster, by the real Argo CD", function () {
  this.timeout("20m");
  inSequence(this);
  let factory: Factory;
  let git: GitServer;
  let rendered: Record<string, string>;
  let atFirst: Live[];

  before(async function () {
    skipUnless(this, {
      bin: ["kind", "kubectl", "pulumi", "pulumi-resource-kubernetes", "pulumi-resource-pulumi-nodejs"],
      manifests: ["tekton-pipelines", "tekton-triggers", "tekton-interceptors", "argo-cd"],
    });
    factory = new Factory(offlineFolder(), {});
    settle({});
    await factory.succeeds("up", "kind");
    const folder = path.join(factory.home, "git");
    fs.mkdirSync(folder);
    git = await GitServer.start(folder, gateway());
  });
  after(async () => {
    if (!factory) return;
    git?.stop();
    await factory.run("destroy", "kind");
    factory.close();
  });

  /** The stack with events and two namespaces, and who delivers it. */
  function settle(delivery: object): void {
    factory.settings({
      ...{ cluster: { type: "kind", name: "t-delivery" }, layers: [], streams: [{ version: "4.18" }] },
      delivery,
    });
  }

  const argoCd = () => ({ by: "argocd", repository: `${git.url}/rendered` });

  /** The objects of the sets, as the cluster has them. */
  async function objects(): Promise<Live[]> {
    const folder = path.join(factory.home, "rendered");
    const said = await factory.kubectl("get", "--recursive", "-f", folder, "-o", "json", "--show-managed-fields");
    return (JSON.parse(said) as { items: Live[] }).items;
  }

  const owners = (list: Live[]) => {
    const all = list.flatMap(({ metadata }) => metadata.managedFields.filter(({ operation }) => operation === "Apply"));
    return [...new Set(all.map(({ manager }) => manager))].sort();
  };
  const uids = (list: Live[]) =>
    list.map(({ kind, metadata: { namespace, name, uid } }) => [kind, namespace, name, uid]);
  const applications = async () =>
    (
      JSON.parse(await factory.kubectl("get", "applications,appprojects", "-n", "argocd", "-o", "json")) as {
        items: { kind: string; metadata: { name: string }; status?: { sync?: { status: string } } }[];
      }
    ).items.filter(({ metadata }) => metadata.name !== "default");

  /** Runs it again and again, each time ended where its next step begins, and then to its end. */
  async function switchedWithKills(to: string): Promise<string> {
    const [, count] = (await killedAt(/^2\/(\d) /m, "delivery", "kind", to))!;
    for (let step = 3; step <= Number(count); step++)
      await killedAt(new RegExp(`^${step}/`, "m"), "delivery", "kind", to);
    return (await factory.succeeds("delivery", "kind", to)).stdout;
  }

  /** A command that is killed as soon as it has said something. @returns what that was */
  function killedAt(word: RegExp, ...args: string[]): Promise<RegExpExecArray | null> {
    const child = spawn(process.execPath, ["--import", "tsx", "stacks/commands/main.ts", ...args], {
      env: factory.environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    const hear = (chunk: Buffer) => {
      text += chunk.toString();
      if (word.test(text)) child.kill("SIGKILL");
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    return new Promise((done) => {
      child.on("close", () => {
        assert.match(text, word);
        done(word.exec(text));
      });
    });
  }

  async function run(): Promise<{ uid: string; pod: string; status: string }> {
    const get = async (...args: string[]) => (await factory.kubectl("get", ...IN, ...args)).trim();
    const of = ["-l", `tekton.dev/pipelineRun=${RUN},tekton.dev/pipelineTask=waits`];
    return {
      uid: await get("pipelinerun", RUN, "-o", "jsonpath={.metadata.uid}"),
      pod: await get(
        "pods",
        ...of,
        "--field-selector=status.phase=Running",
        "-o",
        "jsonpath={.items[*].metadata.name}",
      ),
      status: await get("pipelinerun", RUN, "-o", "jsonpath={.status.conditions[0].status}"),
    };
  }

  /** Has Argo CD look at Git at once. */
  const refresh = () =>
    factory.kubectl("annotate", "applications", "-n", "argocd", "--all", "argocd.argoproj.io/refresh=hard");

  const task = async () => (await objects()).find(({ metadata }) => metadata.name === "notify-matrix")!.metadata;

  it("is rendered for Git, and a run begins that needs a Task of the set when all is over", async () => {
    const folder = path.join(factory.home, "rendered");
    await factory.succeeds("render", "kind", "--delivered", "--out", folder);
    const files = fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((it) => it.endsWith(".yaml"));
    rendered = Object.fromEntries(
      files.map((file) => [`rendered/kind/${file}`, fs.readFileSync(path.join(folder, file), "utf8")]),
    );
    assert.deepEqual([...new Set(files.map((file) => path.dirname(file)))].sort(), ["okd-coreos", "okd-release"]);
    git.commit("rendered", rendered, { branch: "rendered" });
    atFirst = await objects();
    assert.equal(atFirst.length, files.length);
    assert.deepEqual(owners(atFirst), ["okd-streams"]);

    const settings = parse(fs.readFileSync(path.join(factory.offline, "settings.yaml"), "utf8")) as {
      images: { curl: string };
    };
    const step = { name: "wait", image: settings.images.curl, script: "until [ -e /tmp/go ]; do sleep 1; done" };
    const params = [
      { name: "room", value: "" },
      { name: "endpoint", value: "" },
      { name: "message", value: "all is over" },
    ];
    const file = path.join(factory.home, "run.json");
    const spec = {
      taskRunTemplate: { serviceAccountName: "pipeline" },
      pipelineSpec: {
        tasks: [
          { name: "waits", taskSpec: { steps: [step] } },
          { name: "needs", runAfter: ["waits"], taskRef: { name: "notify-matrix" }, params },
        ],
      },
    };
    fs.writeFileSync(
      file,
      JSON.stringify({ apiVersion: "tekton.dev/v1", kind: "PipelineRun", metadata: { name: RUN }, spec }),
    );
    await factory.kubectl("create", ...IN, "-f", file);
    await until(async () => (await run()).pod !== "", "the run has begun", 300);
  });

  it("goes to Argo CD, killed between any two steps: every object stays the one that it is, and the run goes on", async () => {
    const running = await run();
    settle(argoCd());
    const refused = await factory.run("up", "kind");
    assert.equal(refused.exitCode, 1, refused.text);
    assert.match(refused.text, /npm run delivery -- kind argocd has Argo CD take them over/);
    const said = await switchedWithKills("argocd");
    assert.match(said, new RegExp(`^${atFirst.length} objects are Argo CD's, each the one that it was\\.$`, "m"));
    const now = await objects();
    assert.deepEqual(uids(now), uids(atFirst));
    assert.deepEqual(owners(now), ["argocd-controller"]);
    assert.deepEqual(
      (await applications()).map(({ kind, metadata, status }) => [kind, metadata.name, status?.sync?.status]),
      [
        ["Application", "okd-streams-kind-okd-coreos", "Synced"],
        ["Application", "okd-streams-kind-okd-release", "Synced"],
        ["AppProject", "okd-streams-kind", undefined],
      ],
    );
    assert.deepEqual(await run(), running);
    await factory.succeeds("up", "kind", "--expect-no-changes");
  });

  it("is what Git says: what is taken out there goes, though Pulumi had set it", async () => {
    const file = "rendered/kind/okd-coreos/task-notify-matrix.yaml";
    assert.ok((await task()).labels![LABEL]);
    git.commit("rendered", { [file]: rendered[file]!.replace(new RegExp(`^ *${LABEL}: .*\n`, "m"), "") });
    await refresh();
    await until(async () => (await task()).labels?.[LABEL] === undefined, "the label is gone");
    git.commit("rendered", { [file]: rendered[file]! });
    await refresh();
    await until(async () => (await task()).labels?.[LABEL] !== undefined, "the label is there again");
    assert.deepEqual(uids(await objects()), uids(atFirst));
  });

  it("builds, and Argo CD leaves runs alone, to which Tekton copies its annotation", async () => {
    await factory.succeeds("build", "kind", "4.18");
    await refresh();
    await until(
      async () => (await applications()).every(({ status }) => status?.sync?.status !== "Unknown"),
      "it looked",
    );
    const said = await factory.kubectl("get", "pipelineruns", ...IN, "-l", "okd-streams.io/stream=4.18", "-o", "json");
    const { items } = JSON.parse(said) as { items: Live[] };
    assert.equal(items.length, 1);
    assert.match(items[0]!.metadata.annotations![TRACKING]!, /:tekton\.dev\/Pipeline:/);
  });

  it("comes back to Pulumi, killed between any two steps, and the run ends well", async () => {
    const running = await run();
    settle({ ...argoCd(), by: "pulumi" });
    const refused = await factory.run("up", "kind");
    assert.match(refused.text, /npm run delivery -- kind pulumi has Pulumi take them over/);
    const said = await switchedWithKills("pulumi");
    assert.match(said, new RegExp(`^${atFirst.length} objects are Pulumi's, each the one that it was\\.$`, "m"));
    const now = await objects();
    assert.deepEqual(uids(now), uids(atFirst));
    assert.deepEqual(owners(now), ["okd-streams"]);
    assert.deepEqual(
      now.filter(({ metadata }) => Object.keys(metadata.annotations ?? {}).some((it) => it.startsWith("argocd."))),
      [],
    );
    assert.deepEqual(await applications(), []);
    assert.deepEqual(await run(), running);
    await factory.kubectl("exec", ...IN, running.pod, "-c", "step-wait", "--", "touch", "/tmp/go");
    await until(async () => (await run()).status !== "Unknown", "the run has ended", 300);
    assert.equal((await run()).status, "True");
    await factory.succeeds("up", "kind", "--expect-no-changes");
  });
});
