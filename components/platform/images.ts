import type { Manifest } from "../kubernetes/object";
import { isReference, normalized } from "../image-reference";

/** What becomes of a reference; `flag` is that of the argument that holds it, where it is one. */
type Rewrite = (reference: string, flag?: string) => string;

/**
 * An object with every image reference rewritten: those of its pods, whatever kind of object they are in, those in arguments
 * and variables of their containers, and those that a ConfigMap has for pods to come. Definitions of kinds have none.
 */
export function rewriteImages(manifest: Manifest, rewrite: Rewrite): Manifest {
  if (manifest.kind === "CustomResourceDefinition") return manifest;
  const only: Rewrite = (text, flag) => (isReference(text) ? rewrite(text, flag) : text);
  if (manifest.kind !== "ConfigMap" || !manifest.data) return walk(manifest, only) as Manifest;
  const entries = Object.entries(manifest.data as Record<string, string>);
  return { ...manifest, data: Object.fromEntries(entries.map(([key, text]) => [key, rewriteEntry(key, text, only)])) };
}

type Fields = Record<string, unknown>;

function walk(value: unknown, rewrite: Rewrite): unknown {
  if (Array.isArray(value)) return value.map((entry) => walk(entry, rewrite));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, rewriteField(key, inner as unknown, value as Fields, rewrite)]),
  );
}

function rewriteField(key: string, value: unknown, owner: Fields, rewrite: Rewrite): unknown {
  if (typeof value === "string") {
    const ofVariable = key === "value" && typeof owner.name === "string" && /(^|_)IMAGE$/.test(owner.name);
    return key === "image" || ofVariable ? rewrite(value) : value;
  }
  if ((key === "args" || key === "command") && isListOfTexts(value)) return rewriteArguments(value, rewrite);
  // A volume that is an image: https://kubernetes.io/docs/concepts/storage/volumes/#image
  const { reference } = (key === "image" ? value : {}) as { reference?: unknown };
  if (typeof reference === "string") return { ...(value as Fields), reference: rewrite(reference) };
  return walk(value, rewrite);
}

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}

// Tekton's controllers take images of the pods they make as arguments: `-entrypoint-image REF`, `--shell-image=REF`.
const FLAG = /^--?(?:[a-z-]+-)?image(?:-win)?$/;
const FLAG_WITH_VALUE = /^(--?(?:[a-z-]+-)?image(?:-win)?=)(.+)$/;

function rewriteArguments(args: string[], rewrite: Rewrite): string[] {
  return args.map((argument, index) => {
    const before = args[index - 1] ?? "";
    if (FLAG.test(before)) return rewrite(argument, before);
    const [, flag, value] = FLAG_WITH_VALUE.exec(argument) ?? [];
    return flag && value ? flag + rewrite(value, flag.slice(0, -1)) : argument;
  });
}

/** `image: REF` in a text of YAML or JSON, as a pod that a program makes of it has it. */
const IMAGE_IN_TEXT = /^(\s*(?:- )?|.*[{,]\s*)(["']?image["']?:\s*["']?)([^\s"',}]+)/gm;

function rewriteEntry(key: string, text: string, rewrite: Rewrite): string {
  if (/\.[cm]?js$/.test(key)) return text; // a program, whose words are its own
  if (/(^|[-_.])image$/i.test(key)) return rewrite(text.trim());
  return text.replace(
    IMAGE_IN_TEXT,
    (_, before: string, name: string, image: string) => before + name + rewrite(image),
  );
}

/** The registries that references and manifests name, sorted. */
export function registriesOf(references: string[], manifests: Manifest[]): string[] {
  const all = [...references];
  for (const manifest of manifests) rewriteImages(manifest, (reference) => (all.push(reference), reference));
  return [...new Set(all.map(registryOf))].sort();
}

/** The registry of a reference. */
export function registryOf(reference: string): string {
  return normalized(reference).split("/")[0]!;
}

/** Every reference in manifests, but for images of pods on Windows: no node of ours is of that kind. */
export function pulledReferences(manifests: Manifest[]): string[] {
  const all = new Set<string>();
  const collect: Rewrite = (reference, flag = "") => (flag.endsWith("-win") || all.add(reference), reference);
  for (const manifest of manifests) rewriteImages(manifest, collect);
  return [...all].sort();
}
