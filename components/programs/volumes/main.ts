import { ask, list } from "../api-server";
import { logJson } from "../events/log";
import { type Claim, endedClaims, type Pod, type Run } from "./ended";

// Deletes the volumes of runs that have ended: `node volumes.js`, with NAMESPACE, FAILED_HOURS and what api-server.ts asks by in the
// environment.

const { NAMESPACE = "", FAILED_HOURS = "" } = process.env;
const CLAIMS = `/api/v1/namespaces/${NAMESPACE}/persistentvolumeclaims`;

async function main(): Promise<void> {
  const failedHours = Number(FAILED_HOURS);
  if (FAILED_HOURS === "" || !(failedHours >= 0)) {
    throw new Error(`FAILED_HOURS is "${FAILED_HOURS}": a number from 0 on is allowed`);
  }
  // Claims first: a run whose claim is seen is seen, too.
  const claims = await list(CLAIMS, (claim: Claim) => claim);
  const runs = await list(`/apis/tekton.dev/v1/namespaces/${NAMESPACE}/pipelineruns`, (run: Run) => run);
  const pods = await list(`/api/v1/namespaces/${NAMESPACE}/pods`, (pod: Pod) => pod);
  let deleted = 0;
  for (const claim of endedClaims({ claims, runs, pods, now: new Date(), failedHours })) {
    if (await remove(claim)) deleted++;
  }
  const message = `${deleted} of ${claims.length} volumes deleted`;
  logJson("info", { event: "volumes", claims: claims.length, deleted, message });
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

main().catch((error: unknown) => {
  logJson("error", { event: "failure", message: (error as Error).message });
  process.exitCode = 1;
});
