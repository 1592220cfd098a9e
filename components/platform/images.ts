import type { Manifest } from "../kubernetes/object";
import { mapContainers } from "./pods";

// Tekton's controllers take images of the pods they make as arguments: `-entrypoint-image REF`, `--shell-image=REF`.
const FLAG = /^--?(?:[a-z-]+-)?image(?:-win)?$/;
const FLAG_WITH_VALUE = /^(--?(?:[a-z-]+-)?image(?:-win)?=)(.+)$/;

/** What becomes of a reference; `flag` is that of the argument that holds it, where it is one. */
type Rewrite = (reference: string, flag?: string) => string;

/** A workload with every image reference rewritten: those of its containers and those in their arguments. */
export function rewriteImages(manifest: Manifest, rewrite: Rewrite): Manifest {
  return mapContainers(manifest, ({ image, command, args, ...rest }) => ({
    ...rest,
    ...(image && { image: rewrite(image) }),
    ...(command && { command: rewriteArguments(command, rewrite) }),
    ...(args && { args: rewriteArguments(args, rewrite) }),
  }));
}

function rewriteArguments(args: string[], rewrite: Rewrite): string[] {
  return args.map((argument, index) => {
    const before = args[index - 1] ?? "";
    if (FLAG.test(before)) return rewrite(argument, before);
    const [, flag, value] = FLAG_WITH_VALUE.exec(argument) ?? [];
    return flag && value ? flag + rewrite(value, flag.slice(0, -1)) : argument;
  });
}

/** Every reference in manifests, but for images of pods on Windows: no node of ours is of that kind. */
export function pulledReferences(manifests: Manifest[]): string[] {
  const all = new Set<string>();
  const collect: Rewrite = (reference, flag = "") => (flag.endsWith("-win") || all.add(reference), reference);
  for (const manifest of manifests) rewriteImages(manifest, collect);
  return [...all].sort();
}

/** A reference with its registry: without one it is Docker Hub's, or whatever a node takes it for. */
export function qualified(reference: string): string {
  return /^([^/]*[.:][^/]*|localhost)\//.test(reference) ? reference : `docker.io/${reference}`;
}

/** The registries that references and manifests name, sorted. */
export function registriesOf(references: string[], manifests: Manifest[]): string[] {
  const all = [...references];
  for (const manifest of manifests) rewriteImages(manifest, (reference) => (all.push(reference), reference));
  return [...new Set(all.map(registryOf))].sort();
}

/** The registry of a reference. */
export function registryOf(reference: string): string {
  return qualified(reference).split("/")[0]!;
}
