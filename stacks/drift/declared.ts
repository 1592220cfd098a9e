import type { Ref } from "../../components/kubernetes/client";
import { SIGNATURE } from "../preview/recorded";

type Fields = Record<string, unknown>;

/** An object that a stack declares, as the engine's state has it. */
export type Declared = Ref & Fields;

/** Of the state as `pulumi stack export` gives it. */
export interface StateResource {
  type: string;
  custom?: boolean;
  external?: boolean;
  /** About to be deleted. */
  delete?: boolean;
  inputs?: Fields;
}

/** The Kubernetes objects that a stack has made; fields of objects that are others' are none. */
export function declaredObjects(resources: StateResource[]): Declared[] {
  return resources
    .filter(({ type, external, delete: going }) => type.startsWith("kubernetes:") && !external && !going)
    .filter(({ type, inputs }) => inputs && (!type.endsWith("Patch") || String(inputs.kind).endsWith("Patch")))
    .map(({ inputs }) => withoutEngine(inputs!) as Declared);
}

/** What the engine and its plugin say to each other is not the object's. */
function withoutEngine(inputs: Fields): Fields {
  const own = Object.entries(inputs).filter(([key]) => !key.startsWith("__"));
  return withoutPulumi(Object.fromEntries(own));
}

/** An object without the annotations that are the plugin's orders. */
export function withoutPulumi<T extends Fields>(object: T): T {
  const { annotations = {}, ...metadata } = (object.metadata ?? {}) as { annotations?: Fields };
  const kept = Object.entries(annotations).filter(([key]) => !key.startsWith("pulumi.com/"));
  return { ...object, metadata: { ...metadata, ...(kept.length > 0 && { annotations: Object.fromEntries(kept) }) } };
}

/** The object with what the cluster has where the state has a secret, which is not compared. */
export function withSecretsOf(declared: unknown, live: unknown): unknown {
  if (isSecret(declared)) return live;
  if (Array.isArray(declared)) {
    const others = Array.isArray(live) ? (live as unknown[]) : [];
    return declared.map((entry, index) => withSecretsOf(entry, others[index]));
  }
  if (typeof declared !== "object" || declared === null) return declared;
  const other = (typeof live === "object" && live !== null ? live : {}) as Fields;
  return Object.fromEntries(Object.entries(declared).map(([key, value]) => [key, withSecretsOf(value, other[key])]));
}

/** The state has it encrypted, as a map of another meaning. */
function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && SIGNATURE in value;
}
