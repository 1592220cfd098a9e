import { joined } from "../preview/differences";

/** What people change objects with; controllers have other names. */
const TOOLS = /^(kubectl|oc\b|k9s|lens|Lens|node-fetch|Mozilla|OpenAPI-Generator)/;

/** Kept by the API server: who set which fields. */
export interface ManagedFields {
  manager?: string;
  subresource?: string;
  fieldsV1?: object;
}

/** A field that somebody set by hand. */
export interface SetByHand {
  /** As {@link differences} writes paths: `spec.steps[build].image`. */
  path: string;
  manager: string;
}

/** The fields of an object that people's tools own, whether a stack declares them or not. */
export function setByHand(managedFields: ManagedFields[] = []): SetByHand[] {
  return managedFields
    .filter(({ manager = "", subresource }) => TOOLS.test(manager) && subresource === undefined)
    .flatMap(({ manager = "", fieldsV1 = {} }) => leaves(fieldsV1, "").map((path) => ({ path, manager })))
    .filter(({ path }) => !/^metadata\.annotations\[kubectl\.kubernetes\.io\/last-applied/.test(path))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function leaves(fields: object, path: string): string[] {
  const inner = Object.entries(fields).filter(([key]) => key !== ".");
  if (inner.length === 0) return path === "" ? [] : [path];
  return inner.flatMap(([key, value]) => leaves(value as object, below(path, key)));
}

/** `f:` names a field, `k:` an element by its keys, `v:` one by its value. */
function below(path: string, key: string): string {
  const name = key.slice(2);
  if (key.startsWith("f:")) return joined(path, name);
  if (!key.startsWith("k:")) return `${path}[${name}]`;
  const keys = JSON.parse(name) as Record<string, unknown>;
  return `${path}[${String(keys.name ?? Object.values(keys).join(","))}]`;
}
