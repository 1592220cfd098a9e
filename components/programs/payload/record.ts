import { createHash } from "node:crypto";

/** Everything that decides what a build comes to. Where it is the same, the result of one build does for the next. */
export interface BuildRecord {
  kind: "payload-component";
  /** The component's name in the release. */
  name: string;
  repository: string;
  commit: string;
  /** Path of the Dockerfile, under the context. */
  dockerfile: string;
  /** Folder of the repository that is built. */
  context: string;
  /** Changes to the sources, each as `git diff` has it, in this order. */
  patches?: string[];
  /** Build arguments, which are the build's environment as well. */
  arguments: Record<string, string>;
  /** Whether the build may use the network. */
  network: boolean;
  /** As Kubernetes names it. */
  architecture: string;
  /** What takes the place of an image, by the words in the Dockerfile. */
  inputs: Record<string, Input>;
  /** Checksum of how it is built: the Task with its script and images. */
  recipe: string;
}

/**
 * An image from outside by digest; `root`: its commands run as root, also where it has another user of its own. Or a component that is built
 * itself, by key: builds are not reproducible, so its digest would be another one after each.
 */
export type Input = { image: string; root?: true } | { component: string; key: string };

/** A value as JSON in which nothing but the value matters: fields in order, no blanks. The same as `jq --compact-output --sort-keys`. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  const sorted = fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join()}}`;
}

/** What a result is found by again: SHA-256 of the canonical record, as hexadecimal digits. */
export function keyOf(record: unknown): string {
  return createHash("sha256").update(canonical(record)).digest("hex");
}
