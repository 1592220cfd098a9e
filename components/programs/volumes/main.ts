import { readFileSync } from "node:fs";
import { logJson } from "../events/log";
import { type Claim, endedClaims, type Pod, type Run } from "./ended";

// Deletes the volumes of runs that have ended: `node volumes.js`, with NAMESPACE, FAILED_HOURS, API_SERVER and TOKEN_FILE in the
// environment; NODE_EXTRA_CA_CERTS names whom to trust.

const { NAMESPACE = "", FAILED_HOURS = "", API_SERVER = "", TOKEN_FILE = "" } = process.env;
const ANSWER_MS = 30_000;
const CLAIMS = `/api/v1/namespaces/${NAMESPACE}/persistentvolumeclaims`;

async function main(): Promise<void> {
  const failedHours = Number(FAILED_HOURS);
  if (FAILED_HOURS === "" || !(failedHours >= 0)) {
    throw new Error(`FAILED_HOURS is "${FAILED_HOURS}": a number from 0 on is allowed`);
  }
  // Claims first: a run whose claim is seen is seen, too.
  const claims = await list<Claim>(CLAIMS);
  const runs = await list<Run>(`/apis/tekton.dev/v1/namespaces/${NAMESPACE}/pipelineruns`);
  const pods = await list<Pod>(`/api/v1/namespaces/${NAMESPACE}/pods`);
  let deleted = 0;
  for (const claim of endedClaims({ claims, runs, pods, now: new Date(), failedHours })) {
    if (await remove(claim)) deleted++;
  }
  const message = `${deleted} of ${claims.length} volumes deleted`;
  logJson("info", { event: "volumes", claims: claims.length, deleted, message });
}

async function list<T>(path: string): Promise<T[]> {
  const found: T[] = [];
  let next = "";
  do {
    const query = new URLSearchParams({ limit: "100", ...(next && { continue: next }) });
    const response = await ask("GET", `${path}?${query}`);
    if (!response.ok) throw new Error(`${path} cannot be listed: the API server answers ${response.status}`);
    const { items, metadata } = (await response.json()) as { items: T[]; metadata: { continue?: string } };
    found.push(...items);
    next = metadata.continue ?? "";
  } while (next);
  return found;
}

/**
 * Deletes the very claim that was looked at. Kubernetes keeps one as long as any Pod names it, also one that has ended, whose logs are
 * to stay: so its protection is taken away then, as Tekton does where it deletes claims itself.
 */
async function remove({ metadata: { name, uid } }: Claim): Promise<boolean> {
  const path = `${CLAIMS}/${name}`;
  const deleted = await ask("DELETE", path, { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid } });
  await deleted.text();
  if ([404, 409].includes(deleted.status)) return false;
  if (!deleted.ok) throw new Error(`volume ${name} cannot be deleted: the API server answers ${deleted.status}`);
  const released = await ask("PATCH", path, { metadata: { uid, finalizers: null } });
  await released.text();
  if (!released.ok && ![404, 409].includes(released.status)) {
    throw new Error(`volume ${name} cannot be released: the API server answers ${released.status}`);
  }
  logJson("info", { event: "deleted", message: `volume ${name}` });
  return true;
}

function ask(method: string, path: string, body?: object): Promise<Response> {
  return fetch(`${API_SERVER}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${readFileSync(TOKEN_FILE, "utf8").trim()}`,
      "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json",
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
}

main().catch((error: unknown) => {
  logJson("error", { event: "failure", message: (error as Error).message });
  process.exitCode = 1;
});
