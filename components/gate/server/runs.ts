import { readFileSync } from "node:fs";

/** How a PipelineRun is. */
export type RunState = { is: "missing" | "running" | "failed" } | { is: "succeeded"; at: Date };

interface Run {
  status?: { completionTime?: string; conditions?: { type: string; status: string }[] };
}

/**
 * What Kubernetes says of a PipelineRun, asked by the account of the pod. In the environment: RUNS_URL, the API's path of the runs of
 * one namespace, and TOKEN_FILE.
 *
 * @throws Error where it says nothing: no account's token is there, or the account may not look
 */
export async function stateOf(run: string): Promise<RunState> {
  const { RUNS_URL = "", TOKEN_FILE = "" } = process.env;
  const response = await fetch(`${RUNS_URL}/${run}`, {
    headers: { authorization: `Bearer ${readToken(TOKEN_FILE)}` },
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  if (response.status === 404) return { is: "missing" };
  if (response.status === 403) throw new Error(`the account may not see PipelineRun ${run}: take account requester`);
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
    throw new Error(`no token of an account is in ${file}: take account requester`);
  }
}
