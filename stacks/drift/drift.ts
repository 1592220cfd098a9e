import { type KubeObject, Refused, type KubernetesClient } from "../../components/kubernetes/client";
import { FIELD_MANAGER, type Manifest } from "../../components/kubernetes/object";
import { filledInFields } from "../../components/platform/part-objects";
import { eachOf } from "../each-of";
import { type Difference, differences, joined } from "../preview/differences";
import { setByHand, type ManagedFields, type SetByHand } from "./by-hand";
import { type Declared, withoutPulumi, withSecretsOf } from "./declared";
import { patternOf } from "../preview/paths";

/** What the cluster has otherwise than a stack declares. */
export interface Drift {
  object: Declared;
  /** It is not there any more. */
  gone?: boolean;
  /** `before` is what the stack declares, `after` what the cluster has. */
  differences: Difference[];
  /** Fields beyond those that the stack declares. */
  more: SetByHand[];
  /** Why it could not be compared, in the API server's words. */
  failure?: string;
}

type Cluster = Pick<KubernetesClient, "get" | "apply">;

const BESIDE = 12;

/**
 * Each declared object that is otherwise in the cluster. The API server itself is asked what applying the object would come to, so
 * that what it fills in, and what others own, is no difference.
 */
export async function findDrift(cluster: Cluster, declared: Declared[]): Promise<Drift[]> {
  const found = await eachOf(declared, BESIDE, (object) => driftOf(cluster, object));
  return found.filter((drift) => drift.gone || drift.failure || drift.differences.length + drift.more.length > 0);
}

async function driftOf(cluster: Cluster, object: Declared): Promise<Drift> {
  const none = { object, differences: [], more: [] };
  try {
    const live = await cluster.get(object);
    if (!live) return { ...none, gone: true };
    const wanted = withSecretsOf(object, live) as Declared;
    const applied = await cluster.apply(wanted, { fieldManager: FIELD_MANAGER, force: true, dryRun: true });
    const ignored = filledInFields(object as unknown as Manifest).map(patternOf);
    const isOurs = (path: string) => !ignored.some((pattern) => pattern.test(path));
    const changed = differences(compared(applied), compared(live)).filter(({ path }) => isOurs(path));
    const managed = live.metadata.managedFields as ManagedFields[] | undefined;
    // What is different is said already.
    const known = changed.map(({ path }) => path.replace(/:\d+$/, ""));
    const more = setByHand(managed).filter(
      ({ path }) =>
        isOurs(path) && !known.some((it) => path.startsWith(it) || it.startsWith(path)) && !has(object, path),
    );
    return { object, differences: changed, more };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ...none, failure: error.message };
  }
}

/** Without what the API server keeps its own books by. */
function compared({ status: _, ...object }: KubeObject): object {
  const {
    managedFields: _1,
    resourceVersion: _2,
    generation: _3,
    uid: _4,
    creationTimestamp: _5,
    ...metadata
  } = withoutPulumi(object).metadata;
  return { ...object, metadata };
}

/** Whether the stack declares the field too, with the value that it has. */
function has(object: Declared, path: string): boolean {
  return fieldPaths(object, "").includes(path);
}

function fieldPaths(value: unknown, path: string): string[] {
  if (typeof value !== "object" || value === null) return [path];
  if (Array.isArray(value)) {
    return value.flatMap((entry: { name?: unknown }, index) =>
      fieldPaths(entry, `${path}[${String(entry.name ?? index)}]`),
    );
  }
  return Object.entries(value).flatMap(([key, inner]) => {
    return fieldPaths(inner, joined(path, key));
  });
}
