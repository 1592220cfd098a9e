import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { Factory } from "../cluster/factory";
import { lacking, offlineFolder } from "../cluster/needs";
import { benchEvents, lackingEvents, median } from "./events";

// Speed, side by side with what a user would use instead: `npm run bench [-- preview deployment events]`. Figures are
// printed, never judged: they belong to a machine.

const CLUSTER = "t-bench";
const LAB = path.resolve(__dirname, "../lab/lab");
const PREVIEWS = 3;

const NEEDS = {
  bin: ["kind", "kubectl", "pulumi", "pulumi-resource-kubernetes", "pulumi-resource-pulumi-nodejs"],
  manifests: ["tekton-pipelines", "tekton-triggers", "tekton-interceptors"],
};

/** Parts of the platform that `lab baseline` does not install either. */
const TEKTON_ONLY = { argoCd: { mode: "none" }, kvmDevicePlugin: "none" };
const NOTHING = {
  streams: [],
  layers: [],
  platform: { ...TEKTON_ONLY, tektonPipelines: { mode: "none" }, tektonTriggers: { mode: "none" } },
};

/** What `lab baseline` does not install either: the benchmark of events has its own. */
const NO_EVENTS = { events: { enabled: false, git: { enabled: false } }, releases: [] };

/** By name, in their order: what a machine may lack for it, and what it does. */
const BENCHES: Record<string, { lacking?: () => string | undefined; run: () => Promise<void> }> = {
  preview: { run: () => withFactory(benchPreview) },
  deployment: { lacking: () => lacking(NEEDS), run: () => withFactory(benchDeployment) },
  events: { lacking: lackingEvents, run: benchEvents },
};

async function main(names: string[]): Promise<void> {
  const unknown = names.filter((name) => !(name in BENCHES));
  if (unknown.length > 0) throw new Error(`no benchmark ${unknown.join(", ")}: ${Object.keys(BENCHES).join(", ")}`);
  for (const [name, { lacking, run }] of Object.entries(BENCHES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const reason = lacking?.();
    if (reason === undefined) await run();
    else console.log(`skipped: ${name} (${reason})`);
  }
}

async function withFactory(bench: (factory: Factory) => Promise<void>): Promise<void> {
  const factory = new Factory(offlineFolder(), { cluster: { type: "kind", name: CLUSTER }, platform: TEKTON_ONLY });
  try {
    await bench(factory);
  } finally {
    await factory.run("destroy", "kind");
    factory.close();
  }
}

/** The whole process, from the command line to its end. */
async function benchPreview(factory: Factory): Promise<void> {
  await factory.succeeds("preview", "kind"); // fills the cache of parsed manifests, as the first preview does
  const seconds: number[] = [];
  for (let run = 0; run < PREVIEWS; run++) seconds.push(await timed(() => factory.succeeds("preview", "kind")));
  row("npm run preview -- kind", median(seconds), "wanted: under 4 s");
}

/** Tekton and the pipelines on a ready cluster: by kubectl and waiting, as a user would; then by `up`. */
async function benchDeployment(factory: Factory): Promise<void> {
  factory.settings({ ...NO_EVENTS, ...NOTHING });
  await factory.succeeds("up", "kind");
  const rendered = path.join(factory.home, "rendered");
  // Where the lab looks for a cluster's kubeconfig.
  fs.copyFileSync(factory.kubeconfig, path.join(factory.offline, `kubeconfig-${CLUSTER}`));
  factory.settings({ ...NO_EVENTS, platform: TEKTON_ONLY });
  await factory.succeeds("render", "kind", "--out", rendered);

  const baseline = await timed(async () => {
    tool(factory, "bash", LAB, "baseline", CLUSTER);
    tool(factory, "kubectl", "apply", "--server-side", "-f", path.join(rendered, "_cluster/namespace-okd-coreos.yaml"));
    tool(factory, "kubectl", "apply", "--server-side", "-f", path.join(rendered, "okd-coreos"));
  });
  const apply = await timed(() => {
    tool(factory, "kubectl", "apply", "--server-side", "--force-conflicts", "-R", "-f", rendered);
    return Promise.resolve();
  });
  await factory.succeeds("destroy", "kind");

  factory.settings({ ...NO_EVENTS, ...NOTHING });
  await factory.succeeds("up", "kind");
  factory.settings({ ...NO_EVENTS, platform: TEKTON_ONLY });
  const up = await timed(() => factory.succeeds("up", "kind"));
  const again = await timed(() => factory.succeeds("up", "kind", "--expect-no-changes"));

  row("kubectl apply --server-side, with its waiting", baseline, "what a user would do instead");
  row("  of this, applying all objects (again)", apply, "");
  row("npm run up -- kind, the same objects", up, `${(up / baseline).toFixed(2)} × kubectl`);
  row("npm run up -- kind, no changes", again, `${(again / apply).toFixed(2)} × kubectl apply`);
}

function tool(factory: Factory, command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, {
    env: { ...factory.environment, KUBECONFIG: factory.kubeconfig },
    encoding: "utf8",
    timeout: 600_000,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await act();
  return (performance.now() - start) / 1000;
}

function row(what: string, seconds: number, remark: string): void {
  console.log(`${what.padEnd(48)} ${seconds.toFixed(1).padStart(7)} s   ${remark}`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
