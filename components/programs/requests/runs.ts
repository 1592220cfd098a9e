import { readFileSync } from "node:fs";
import { retry } from "../events/retry";
import { reasonOf } from "../events/post";

/** How a PipelineRun is. */
export type RunState = { is: "missing" | "running" | "failed" } | { is: "succeeded"; at: Date };

interface Run {
  status?: { completionTime?: string; conditions?: { type: string; status: string }[] };
}

/** A PipelineRun to be. */
export interface NewRun {
  metadata: { name?: string; generateName?: string };
}

/** The account may not: to ask again is in vain. */
class Refused extends Error {}

/** With pauses from two seconds on, each twice as long: an API server may be away for two minutes, as at its upgrade. */
const ATTEMPTS = 7;

/**
 * A PipelineRun as Kubernetes has it, read with the pod's own account. Environment: RUNS_URL, the API path of the runs of one
 * namespace, and TOKEN_FILE.
 *
 * @throws Error where it cannot be read: there is no token, the account has no right to, or there is no answer for two minutes
 */
export function stateOf(run: string): Promise<RunState> {
  return untilAnswered("look", async () => {
    const { status: code, text } = await ask(`PipelineRun ${run}`, `/${run}`);
    if (code === 404) return { is: "missing" };
    if (code === 403) throw new Refused(`the account may not see PipelineRun ${run}: take account requester`);
    if (code !== 200) throw new Error(`Kubernetes answers ${code} for PipelineRun ${run}`);
    const { status } = JSON.parse(text) as Run;
    switch (status?.conditions?.find(({ type }) => type === "Succeeded")?.status) {
      case "True":
        return { is: "succeeded", at: new Date(status.completionTime!) };
      case "False":
        return { is: "failed" };
      default:
        return { is: "running" };
    }
  });
}

/**
 * Creates a PipelineRun, once, however often it is asked for, as {@link stateOf} asks.
 *
 * @returns whether it was not there
 * @throws Error with Kubernetes' reason where it is refused, and where nothing answers for two minutes
 */
export function createRun(run: NewRun & { metadata: { name: string } }): Promise<boolean> {
  const what = `new PipelineRun ${run.metadata.name}`;
  return untilAnswered("create", async () => {
    const { status, text } = await ask(what, "", { method: "POST", body: JSON.stringify(run) });
    if (status === 201) return true;
    const { reason, message } = readStatus(text);
    if (reason === "AlreadyExists") return false;
    const error = `Kubernetes answers ${status} for ${what}: ${message}`;
    throw [400, 403, 422].includes(status) ? new Refused(error) : new Error(error);
  });
}

function untilAnswered<T>(event: string, attempt: () => Promise<T>): Promise<T> {
  return retry(event, ATTEMPTS, attempt, (error) => error instanceof Refused);
}

async function ask(what: string, path: string, request: RequestInit = {}): Promise<{ status: number; text: string }> {
  const { RUNS_URL = "", TOKEN_FILE = "" } = process.env;
  const authorization = `Bearer ${readToken(TOKEN_FILE)}`;
  const response = await fetch(`${RUNS_URL}${path}`, {
    ...request,
    headers: { authorization, "content-type": "application/json" },
    signal: AbortSignal.timeout(10_000),
  }).catch((error: unknown) => {
    throw new Error(`Kubernetes does not answer for ${what}: ${reasonOf(error)}`, { cause: error });
  });
  return { status: response.status, text: await response.text() };
}

/** What Kubernetes says of an error; what stands before it may say anything. */
function readStatus(text: string): { reason?: string; message: string } {
  try {
    return JSON.parse(text) as { reason?: string; message: string };
  } catch {
    return { message: "it does not say why" };
  }
}

function readToken(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    throw new Refused(`no token of an account is in ${file}: take account requester`);
  }
}
