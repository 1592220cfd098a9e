import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { proves } from "../counts";
import type { Factory } from "./factory";
import { Image, REGISTRY } from "./images";
import { until } from "./until";

const IN_NAMESPACE = ["-n", "okd-coreos"];

const today = () => new Date().toISOString().slice(0, 10);

/** Two commits of one version of OKD, by the branches that the rehearsal has them in. */
const BRANCHES = ["release-5.0", "release-5.0-in-may"];

/** What a run says of its Tasks that has built nothing. */
const ALL_KEPT = Object.fromEntries(
  ["build-base", "build-rpms", "rpms", "build-node", "build-extensions", "import"].map((task) => [task, "kept"]),
);

interface TaskRun {
  metadata: { labels: Record<string, string> };
  status: { results?: { name: string; value: string }[] };
}
interface Pod {
  metadata: { labels?: Record<string, string> };
  spec: { volumes?: { persistentVolumeClaim?: { claimName: string } }[] };
}
interface Run {
  metadata: { name: string; labels: Record<string, string> };
  spec: { params: { name: string; value: unknown }[] };
  status?: { conditions: { status: string; message: string }[]; results?: { name: string; value: string }[] };
}

/** Names of the claims that each run's Pods have mounted, by names of runs; each once. */
export async function claimsOfRuns(factory: Factory): Promise<Map<string, string[]>> {
  const said = await factory.kubectl("get", "pods", ...IN_NAMESPACE, "-l", "tekton.dev/pipelineRun", "-o", "json");
  const claims = new Map<string, string[]>();
  for (const { metadata, spec } of (JSON.parse(said) as { items: Pod[] }).items) {
    const run = metadata.labels!["tekton.dev/pipelineRun"]!;
    const mounted = (spec.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName ?? []);
    claims.set(run, [...new Set([...(claims.get(run) ?? []), ...mounted])]);
  }
  return claims;
}

/** Runs of one stream at one moment: of two commits, in both orders, and one that is killed. On a cluster that has built it before. */
export function describeTwoRuns(given: () => Factory): void {
  proves(
    "builds two commits of one stream at one moment, a third run killed beside them, and nothing is shared or built twice",
    async () => {
      const factory = given();
      const get = async <T>(...args: string[]) =>
        JSON.parse(await factory.kubectl("get", ...IN_NAMESPACE, ...args, "-o", "json")) as T;
      const { items } = await get<{ items: Run[] }>("pipelineruns", "-l", "okd-streams.io/stream=5.0");
      const start = async (name: string, branch: string) => {
        const { metadata, spec } = items[0]!;
        const params = spec.params.map((param) => (param.name === "node-branch" ? { ...param, value: branch } : param));
        const run = { apiVersion: "tekton.dev/v1", kind: "PipelineRun", metadata: { name, labels: metadata.labels } };
        const file = path.join(factory.home, `${name}.json`);
        fs.writeFileSync(file, JSON.stringify({ ...run, spec: { ...spec, params } }));
        await factory.kubectl("create", ...IN_NAMESPACE, "-f", file);
      };
      const ended = async (name: string) => {
        const [condition] = (await get<Run>("pipelinerun", name)).status?.conditions ?? [];
        return condition === undefined || condition.status === "Unknown" ? undefined : condition;
      };

      /** Whether each task of a run has built something or found it, of those that say so. */
      const outcomes = async (name: string) => {
        const made = await get<{ items: TaskRun[] }>("taskruns", "-l", `tekton.dev/pipelineRun=${name}`);
        const said = made.items.flatMap(({ metadata, status }) => {
          const task = metadata.labels["tekton.dev/pipelineTask"]!;
          const result = task === "import" ? "boot-images" : "outcome";
          return (status.results ?? []).filter((one) => one.name === result).map(({ value }) => [task, value]);
        });
        return Object.fromEntries(said) as Record<string, string>;
      };

      const day = today();
      const rounds = [BRANCHES, [...BRANCHES].reverse()];
      for (const [round, order] of rounds.entries()) {
        const names = order.map((branch) => `two-${round}-${branch.replaceAll(".", "-")}`);
        const killed = `two-${round}-killed`;
        for (const [index, name] of names.entries()) await start(name, order[index]!);
        await start(killed, BRANCHES[1]!);
        await until(async () => (await claimsOfRuns(factory)).has(killed), "the run to kill has begun", 300);
        const stop = ["--type=merge", "--patch", JSON.stringify({ spec: { status: "Cancelled" } })];
        await factory.kubectl("patch", "pipelinerun", ...IN_NAMESPACE, killed, ...stop);
        const images = new Set<string>();
        for (const [index, name] of names.entries()) {
          await until(async () => (await ended(name)) !== undefined, name, 900);
          const { status } = await get<Run>("pipelinerun", name);
          assert.equal(status!.conditions[0]!.status, "True", `${name}: ${status!.conditions[0]!.message}`);
          const results = Object.fromEntries(status!.results!.map((result) => [result.name, result.value]));
          const folder = path.join(fs.mkdtempSync(path.join(factory.home, "image-")), "layout");
          const image = Image.pull(folder, `${REGISTRY.here}/okd/stream-coreos@${results["node-digest"]}`);
          const { Labels } = image.config.config as { Labels: Record<string, string> };
          assert.equal(Labels["io.okd-streams.source.node"], results["node-commit"], order[index]);
          images.add(results["node-commit"]!);
          // The first round has built both, on volumes of its own; another day is another key.
          const found = await outcomes(name);
          if (round > 0 && day === today()) assert.deepEqual(found, ALL_KEPT, name);
        }
        assert.equal(images.size, 2);
        assert.equal((await ended(killed))?.status, "False");
      }
      const claims = [...(await claimsOfRuns(factory))].filter(([name]) => name.startsWith("two-"));
      const mounted = claims.flatMap(([, names]) => names);
      assert.deepEqual([claims.length, new Set(mounted).size], [6, mounted.length], "no claim is of two runs");
    },
  );
}
