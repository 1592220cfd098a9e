import type { Reference } from "./dockerfile";

/** Images that Dockerfiles name, by pattern → what takes their place: a builder, or a component, `<component>` for the pattern's own word. */
export interface Substitution {
  pattern: string;
  becomes: string;
}

/** What references are resolved with. */
export interface Known {
  substitutions: Substitution[];
  /** Builders → image. */
  builders: Record<string, string>;
  /** Components that are built → `built`; that are replaced by an image → it. */
  replaced: Record<string, "built" | { image: string }>;
  /** Components of the base release → image by digest. */
  base: Record<string, string>;
  /** Parents that no release has, as `base-stream9` → image that is published. */
  parents: Record<string, string>;
  /** What a component stands on where its Dockerfile names itself. */
  from?: string;
}

/** What a reference becomes: an image that still may be named by tag, or a component that is built. */
export type Resolved = { image: string; root?: true } | { component: string };

/** A Dockerfile that cannot be built from what can be had: the sentence names file, line and reference. */
export class Unresolved extends Error {}

/**
 * What takes the place of an image that a component's Dockerfile names.
 * @param file the Dockerfile's path, for the sentence
 * @throws Unresolved where no pattern covers it, and where it would stand on itself
 */
export function resolveReference(component: string, { image, line }: Reference, file: string, known: Known): Resolved {
  const at = `${component}: ${file}, line ${line}: ${image}`;
  const name = substituted(image, known.substitutions);
  if (name === undefined) {
    if (/@sha256:[0-9a-f]{64}$/.test(image)) return { image };
    throw new Unresolved(
      image.includes("$")
        ? `${at} has no value: give the argument (arguments)`
        : `${at} is covered by no pattern of pipelines/payload/data/components.yaml and names no digest: name the image by digest there`,
    );
  }
  if (name === component) {
    if (known.from !== undefined) return { image: known.from };
    throw new Unresolved(`${at} is the component itself, which cannot stand on itself: say what it stands on (from)`);
  }
  const replaced = known.replaced[name];
  if (replaced === "built") return { component: name };
  if (replaced) return replaced;
  const builder = known.builders[name];
  if (builder !== undefined) return { image: builder, root: true };
  const found = known.base[name] ?? known.parents[name];
  if (found !== undefined) return { image: found };
  throw new Unresolved(`${at} means ${name}, which neither the base release nor the table has`);
}

/** What the first pattern that fits an image makes of it. */
export function substituted(image: string, substitutions: Substitution[]): string | undefined {
  for (const { pattern, becomes } of substitutions) {
    const match = new RegExp(pattern).exec(image);
    if (match) return becomes.replace("<component>", match.groups?.component ?? "");
  }
  return undefined;
}
