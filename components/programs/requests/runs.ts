import { readFileSync } from "node:fs";
import { retry } from "../events/retry";
import { reasonOf } from "../events/post";

/** How a PipelineRun is. */
export type RunState = { is: "missing" | "running" | "failed" } | { is: "succeeded"; at: Date };

interface Run {
  status?: { completionTime?: string; conditions?: { type: string; status: string }[] };
}

/** The account may not look: to ask again is in vain. */
class Refused extends Error {}

/** With pauses from two seconds on, each twice as long: an API server may be away for two minutes, as at its upgrade. */
const LOOKS = 7;

/**
 * What Kubernetes says of a PipelineRun, asked by the account of the pod. In the environment: RUNS_URL, the API's path of the runs of
 * one namespace, and TOKEN_FILE.
 *
 * @throws Error where it says nothing: no account's token is there, the account may not look, or it does not answer for two minutes
 */
export function stateOf(run: string): Promise<RunState> {
  return retry(
    "look",
    LOOKS,
    () => look(run),
    (error) => error instanceof Refused,
  );
}

async function look(run: string): Promise<RunState> {
  const { RUNS_URL = "", TOKEN_FILE = "" } = process.env;
  const response = await fetch(`${RUNS_URL}/${run}`, {
    headers: { authorization: `Bearer ${readToken(TOKEN_FILE)}` },
    signal: AbortSignal.timeout(10_000),
  }).catch((error: unknown) => {
    throw new Error(`Kubernetes does not answer for PipelineRun ${run}: ${reasonOf(error)}`, { cause: error });
  });
  const text = await response.text();
  if (response.status === 404) return { is: "missing" };
  if (response.status === 403) throw new Refused(`the account may not see PipelineRun ${run}: take account requester`);
  if (!response.ok) throw new Error(`Kubernetes answers ${response.status} for PipelineRun ${run}`);
  const { status } = JSON.parse(text) as Run;
  switch (status?.conditions?.find(({ type }) => type === "Succeeded")?.status) {
    case "True":
      return { is: "succeeded", at: new Date(status.completionTime!) };
    case "False":
      return { is: "failed" };
    default:
      return { is: "running" };
  }
}

function readToken(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    throw new Refused(`no token of an account is in ${file}: take account requester`);
  }
}
