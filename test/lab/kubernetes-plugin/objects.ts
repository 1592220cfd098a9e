import { createHash, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type KubernetesClient,
  type Fields,
  idOf,
  type KubeObject,
  label,
  NotReady,
  type Patience,
  Refused,
} from "../../../components/kubernetes/client";
import { comesLater, explain, initFailed, tellsNothing } from "./failures";
import { awaitReady } from "./readiness";
import { isPatch } from "../../../components/kubernetes/immutable";
import { holdsUnknown, protect, respell, reveal, without } from "./values";

export const hash = (seed: string | Uint8Array): string => createHash("sha256").update(seed).digest("hex").slice(0, 8);

/** An annotation `pulumi.com/NAME`. */
export const annotation = ({ metadata }: Fields, name: string): string | undefined =>
  metadata?.annotations?.[`pulumi.com/${name}`] as string | undefined;

/**
 * Who owns the fields that an object is applied with: one of its own, made up when it is created. As with the published
 * plugin, who creates an object that a killed run left meets the fields of that run's manager.
 */
export const fieldManager = (object: Fields, state: Fields = {}): string =>
  annotation(object, "patchFieldManager") ??
  (state.__fieldManager as string | undefined) ??
  `pulumi-kubernetes-${randomBytes(4).toString("hex")}`;

/** What the state keeps of an object: what the API server gave, secrets marked, and what the next update has to know. */
export function checkpoint(live: KubeObject, inputs: Fields, manager: string): Fields {
  const outputs = protect(respell({ ...live, metadata: without(live.metadata, "managedFields") }), inputs);
  return { ...outputs, __inputs: inputs, __initialApiVersion: live.apiVersion, __fieldManager: manager };
}

export type Application = {
  type: string;
  /** As the program wrote it, secrets and unknowns marked. */
  inputs: Fields;
  /** What the state holds of it, revealed; absent where it is to be created. */
  state?: Fields;
  preview: boolean;
  force: boolean;
  /** An object that the state does not know is taken over instead of refused. */
  upsert: boolean;
  patience: Patience;
};

/** Creates or updates an object and waits until it is ready; in a preview by a dry run. */
export async function apply(cluster: KubernetesClient, request: Application): Promise<{ id: string; outputs: Fields }> {
  const { type, inputs, state, preview, patience } = request;
  const object = reveal<KubeObject>(inputs);
  const manager = fieldManager(object, state);
  let live: KubeObject | undefined;
  try {
    if (preview && (holdsUnknown(inputs) || isPatch(type, object))) return { id: "", outputs: inputs };
    await cluster.reachable();
    const once = () => put(cluster, object, manager, request);
    live = preview ? await once() : await retrying(once, patience);
    const result = preview ? without(live, "status") : await awaitReady(cluster, live, patience);
    return { id: preview ? "" : idOf(live), outputs: checkpoint(result, inputs, manager) };
  } catch (error) {
    if (preview && tellsNothing(error)) return { id: "", outputs: inputs };
    if (!live) throw explain(error, object);
    const last = error instanceof NotReady ? error.live : live;
    const cause = patience.signal.aborted ? new Error(`${label(live)}: cancelled while it was awaited`) : error;
    throw initFailed(idOf(live), checkpoint(last, inputs, manager), inputs, cause as Error);
  }
}

/** One request where it can be: who may take over what exists need not look first, nor who names the object's uid. */
async function put(
  cluster: KubernetesClient,
  object: KubeObject,
  fieldManager: string,
  request: Application,
): Promise<KubeObject> {
  const { state, preview: dryRun, upsert, type } = request;
  const options = { fieldManager, force: request.force || dryRun, dryRun };
  const uid: unknown = state?.metadata?.uid;
  if (state && uid) {
    const same = { ...object, metadata: { ...object.metadata, uid } };
    return cluster.apply(same, options).catch(async (error: unknown) => {
      if (!(error instanceof Refused && error.code === 409 && error.message.includes("uid mismatch"))) throw error;
      await requirePresent(cluster, object);
      return cluster.apply(object, options); // somebody made it anew
    });
  }
  if (state) await requirePresent(cluster, object);
  else if (!upsert && !isPatch(type, object) && (await cluster.get(object))) {
    throw new Refused(409, "AlreadyExists", "it is in the cluster already");
  }
  return cluster.apply(object, options);
}

async function requirePresent(cluster: KubernetesClient, object: KubeObject): Promise<void> {
  if (!(await cluster.get(object))) {
    throw new Error(`${label(object)} is gone from the cluster: run \`pulumi refresh\``);
  }
}

async function retrying<T>(attempt: () => Promise<T>, { deadline, signal, tell }: Patience): Promise<T> {
  for (let pause = 250; ; pause = Math.min(pause * 2, 4_000)) {
    try {
      return await attempt();
    } catch (error) {
      if (!comesLater(error) || Date.now() + pause > deadline) throw error;
      tell(`trying again: ${(error as Error).message}`);
      await sleep(pause, undefined, { signal });
    }
  }
}
