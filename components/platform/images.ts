import type { Manifest } from "../kubernetes/object";
import { mapContainers } from "./pods";

// Tekton's controllers take images of the pods they make as arguments: `-entrypoint-image REF`, `--shell-image=REF`.
const FLAG = /^--?(?:[a-z-]+-)?image(?:-win)?$/;
const FLAG_WITH_VALUE = /^(--?(?:[a-z-]+-)?image(?:-win)?=)(.+)$/;

/** A workload with every image reference rewritten: those of its containers and those in their arguments. */
export function rewriteImages(manifest: Manifest, rewrite: (reference: string) => string): Manifest {
  return mapContainers(manifest, ({ image, command, args, ...rest }) => ({
    ...rest,
    ...(image && { image: rewrite(image) }),
    ...(command && { command: rewriteArguments(command, rewrite) }),
    ...(args && { args: rewriteArguments(args, rewrite) }),
  }));
}

function rewriteArguments(args: string[], rewrite: (reference: string) => string): string[] {
  return args.map((argument, index) => {
    if (FLAG.test(args[index - 1] ?? "")) return rewrite(argument);
    const [, flag, value] = FLAG_WITH_VALUE.exec(argument) ?? [];
    return flag && value ? flag + rewrite(value) : argument;
  });
}

/** A reference with its registry: without one it is Docker Hub's, or whatever a node takes it for. */
export function qualified(reference: string): string {
  return /^([^/]*[.:][^/]*|localhost)\//.test(reference) ? reference : `docker.io/${reference}`;
}

/** The registries that references and manifests name, sorted. */
export function registriesOf(references: string[], manifests: Manifest[]): string[] {
  const all = [...references];
  for (const manifest of manifests) rewriteImages(manifest, (reference) => (all.push(reference), reference));
  return [...new Set(all.map((reference) => qualified(reference).split("/")[0]!))].sort();
}
