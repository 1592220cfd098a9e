import { ask, list } from "../api-server";
import { logJson } from "../events/log";
import { type KeptRuns, type Run, surplusRuns } from "./surplus";

// Deletes surplus runs of a namespace: `node clean-up.js`, with NAMESPACE, KEEP and what api-server.ts asks by in the environment.

const { NAMESPACE = "", KEEP = "" } = process.env;
const RUNS = `/apis/tekton.dev/v1/namespaces/${NAMESPACE}`;

/** A run of a PipelineRun goes with it. */
const SELECTOR = "!tekton.dev/pipelineRun";

async function main(): Promise<void> {
  const kept = keptOf(KEEP);
  const runs = [...(await runsOf("pipelineruns")), ...(await runsOf("taskruns"))];
  let deleted = 0;
  for (const run of surplusRuns(runs, kept)) {
    if (await remove(run)) deleted++;
  }
  logJson("info", {
    event: "clean-up",
    runs: runs.length,
    deleted,
    message: `${deleted} of ${runs.length} runs deleted`,
  });
}

/** @throws Error where it does not say how many runs stay */
function keptOf(text: string): KeptRuns {
  const { runs, pullRequests, of } = JSON.parse(text || "{}") as Partial<KeptRuns>;
  const counts = [runs, pullRequests, ...Object.values(of ?? { none: 0 })];
  if (!counts.every((count) => Number.isInteger(count) && count! >= 1)) {
    throw new Error(
      `KEEP is ${text || "empty"}: numbers from 1 on are allowed, {"runs": 10, "pullRequests": 10, "of": {"stream=5.0": 20}}`,
    );
  }
  return { runs, pullRequests, of } as KeptRuns;
}

/** The rest of a run, results and logs of steps among it, is not held on to. */
function runsOf(resource: Run["resource"]): Promise<Run[]> {
  const keep = ({ metadata, spec, status }: Omit<Run, "resource">): Run => ({ resource, metadata, spec, status });
  return list(`${RUNS}/${resource}`, keep, { labelSelector: SELECTOR, what: resource });
}

/** Deletes the very run that was looked at: another one of its name, or one that has changed, stays. */
async function remove({ resource, metadata: { name, uid, resourceVersion } }: Run): Promise<boolean> {
  const response = await ask("DELETE", `${RUNS}/${resource}/${name}`, {
    ...{ apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Background" },
    preconditions: { uid, resourceVersion },
  });
  await response.text();
  if (![200, 202, 404, 409].includes(response.status)) {
    throw new Error(`${resource}/${name} cannot be deleted: the API server answers ${response.status}`);
  }
  if (response.ok) logJson("info", { event: "deleted", message: `${resource}/${name}` });
  return response.ok;
}

main().catch((error: unknown) => {
  logJson("error", { event: "failure", message: (error as Error).message });
  process.exitCode = 1;
});
