import { readFileSync } from "node:fs";
import { logJson } from "../events/log";
import { type Run, surplusRuns } from "./surplus";

// Deletes surplus runs of a namespace: `node clean-up.js`, with NAMESPACE, KEEP_RUNS, API_SERVER and TOKEN_FILE in the
// environment; NODE_EXTRA_CA_CERTS names whom to trust.

const { NAMESPACE = "", KEEP_RUNS = "", API_SERVER = "", TOKEN_FILE = "" } = process.env;
const ANSWER_MS = 30_000;

/** A run of a PipelineRun goes with it. */
const SELECTOR = "okd-streams.io/stream,!tekton.dev/pipelineRun";

async function main(): Promise<void> {
  const keep = Number(KEEP_RUNS);
  if (!(keep >= 1)) throw new Error(`KEEP_RUNS is "${KEEP_RUNS}": a number from 1 on is allowed`);
  const runs = [...(await list("pipelineruns")), ...(await list("taskruns"))];
  let deleted = 0;
  for (const run of surplusRuns(runs, keep)) {
    if (await remove(run)) deleted++;
  }
  logJson("info", {
    event: "clean-up",
    runs: runs.length,
    deleted,
    message: `${deleted} of ${runs.length} runs deleted`,
  });
}

async function list(resource: Run["resource"]): Promise<Run[]> {
  const runs: Run[] = [];
  let next = "";
  do {
    const query = new URLSearchParams({ labelSelector: SELECTOR, limit: "100", ...(next && { continue: next }) });
    const response = await ask("GET", `${resource}?${query}`);
    if (!response.ok) throw new Error(`${resource} cannot be listed: the API server answers ${response.status}`);
    const { items, metadata } = (await response.json()) as {
      items: Omit<Run, "resource">[];
      metadata: { continue?: string };
    };
    // The rest of a run, results and logs of steps among it, is not held on to.
    runs.push(...items.map(({ metadata, spec, status }) => ({ resource, metadata, spec, status })));
    next = metadata.continue ?? "";
  } while (next);
  return runs;
}

/** Deletes the very run that was looked at: another one of its name, or one that has changed, stays. */
async function remove({ resource, metadata: { name, uid, resourceVersion } }: Run): Promise<boolean> {
  const response = await ask("DELETE", `${resource}/${name}`, {
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

function ask(method: string, path: string, body?: object): Promise<Response> {
  return fetch(`${API_SERVER}/apis/tekton.dev/v1/namespaces/${NAMESPACE}/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${readFileSync(TOKEN_FILE, "utf8").trim()}`,
      "content-type": "application/json",
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
}

main().catch((error: unknown) => {
  logJson("error", { event: "failure", message: (error as Error).message });
  process.exitCode = 1;
});
