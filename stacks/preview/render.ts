import { UserError } from "../../components/errors";
import { writeYaml } from "../../components/kubernetes/yaml";
import { label } from "./names";
import { SECRET, UNKNOWN, type RecordedResource } from "./recorded";

type Fields = Record<string, unknown>;

interface KubernetesObject extends Fields {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}

/** Stands in rendered YAML for what is not known before an update. */
const NOT_YET = "[known after up]";

/**
 * One YAML text per Kubernetes object among the resources, by file path: `<namespace or _cluster>/<kind>-<name>.yaml` in lower
 * case, with the API group after the kind where two would be alike.
 * @throws UserError when two resources make the same object
 */
export function renderObjects(resources: Pick<RecordedResource, "type" | "name" | "inputs">[]): Map<string, string> {
  const objects = resources
    .filter(({ type }) => type.startsWith("kubernetes:"))
    .map((resource) => ({ resource, object: resource.inputs as KubernetesObject }));
  const short = countBy(objects, ({ object }) => pathOf(object));
  const files = new Map<string, string>();
  for (const { resource, object } of objects) {
    const path = short.get(pathOf(object)) === 1 ? pathOf(object) : pathOf(object, groupOf(object));
    if (files.has(path)) {
      throw new UserError(`Two resources make the same Kubernetes object, ${label(resource)}: remove one.`);
    }
    files.set(path, renderObject(object));
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function pathOf({ kind, metadata: { name, namespace } }: KubernetesObject, group?: string): string {
  const file = `${group ? `${kind}.${group}` : kind}-${name}.yaml`;
  return `${clean(namespace ?? "_cluster")}/${clean(file)}`;
}

/** What every file system takes: `system:node` has a colon. */
function clean(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9._-]/g, "_");
}

function groupOf({ apiVersion }: KubernetesObject): string {
  return apiVersion.includes("/") ? apiVersion.split("/")[0]! : "core";
}

/** An object as YAML. Secret data are left out, with a note: a placeholder there would be no valid Secret. */
export function renderObject(object: Fields): string {
  const secret = Object.keys(object).filter((key) => object[key] === SECRET);
  const notes = secret.map((key) => `# ${key}: ${SECRET}, not written here\n`);
  const visible = Object.fromEntries(Object.entries(object).filter(([key]) => !secret.includes(key)));
  return notes.join("") + writeYaml(sorted(withoutUnknown(visible)));
}

const FIRST = ["apiVersion", "kind", "metadata", "name", "namespace"];

/** Maps with their keys in an order that no refactoring changes. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

function rank(key: string): number {
  const index = FIRST.indexOf(key);
  return index < 0 ? FIRST.length : index;
}

function withoutUnknown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUnknown);
  if (typeof value === "string") return value.replaceAll(UNKNOWN, NOT_YET);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutUnknown(inner)]));
}

function countBy<T>(list: T[], key: (entry: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const entry of list) counts.set(key(entry), (counts.get(key(entry)) ?? 0) + 1);
  return counts;
}
