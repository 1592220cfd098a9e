import { readFileSync } from "node:fs";
import { z } from "zod";
import { UserError } from "../errors";
import { mirrored } from "../image-reference";
import { lineFinder, readSource, type Source } from "./source";
import type { Step, Task } from "./tekton";

/** Names that steps use → references that a node can pull. */
export type Images = Record<string, string>;

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/**
 * Reads `pipelines/images.yaml`, a flat map of names to references.
 * @throws UserError that names file and line: a reference without registry, without tag and digest, or with `latest`
 */
export function loadImages(file: string): Images {
  return parseImages(readFileSync(file, "utf8"), file);
}

/** Reads the text of an image list. @throws UserError as {@link loadImages} */
export function parseImages(text: string, file: string): Images {
  const [document] = readSource(text, file);
  const line = document ? lineFinder(document.tree, document.lines) : () => 1;
  const parsed = z.record(z.string(), z.string()).safeParse(document?.value);
  if (!parsed.success) {
    const [name] = parsed.error.issues[0]!.path;
    throw new UserError(
      `${file}:${line(name === undefined ? [] : [name as string])}: ${String(name ?? "this file")} has to be \`name: registry/repository:tag\`.`,
    );
  }
  for (const [name, reference] of Object.entries(parsed.data)) {
    const fault = NAME.test(name)
      ? (registryFault(reference) ?? tagFault(reference))
      : "has a name that is not lower-case words and dashes";
    if (fault) {
      throw new UserError(`${file}:${line([name])}: image ${name} ${fault}.`);
    }
  }
  return parsed.data;
}

/**
 * The image references that a stack uses: overridden ones exactly as given, all others through the mirror.
 *
 * @param overrides names → references of the stack's configuration
 * @param mirror address of a registry (and a path in it) that holds the images under their full names:
 *   `mirror.example/proxy` turns `quay.io/okd/x:1` into `mirror.example/proxy/quay.io/okd/x:1`
 * @throws UserError for an override with an unknown name or an inexact reference
 */
export function resolveImages(images: Images, overrides: Images = {}, mirror?: string): Images {
  for (const [name, reference] of Object.entries(overrides)) {
    if (!(name in images)) {
      throw new UserError(
        `images.${name}: there is no such image; pipelines/images.yaml has ${Object.keys(images).join(", ")}.`,
      );
    }
    const fault = tagFault(reference);
    if (fault) {
      throw new UserError(`images.${name} ${fault}.`);
    }
  }
  return Object.fromEntries(
    Object.entries(images).map(([name, reference]) => [name, overrides[name] ?? mirrored(reference, mirror)]),
  );
}

/**
 * Names in the image list that no step uses.
 * @param elsewhere names that are used outside pipelines, as by the platform
 */
export function unusedImages(images: Images, tasks: Source<Task>[], elsewhere: string[] = []): string[] {
  const used = new Set([...elsewhere, ...tasks.flatMap(({ object }) => imagesOf(object).map(({ image }) => image))]);
  return Object.keys(images).filter((name) => !used.has(name));
}

/** The `image:` fields of a Task: their containers and where they stand. */
export function imagesOf({ spec }: Task): { image: string; path: (string | number)[] }[] {
  const containers = [
    { container: spec.stepTemplate ?? {}, path: ["spec", "stepTemplate"] },
    ...(["steps", "sidecars"] as const).flatMap((field) =>
      (spec[field] ?? []).map((container, index) => ({ container, path: ["spec", field, index] })),
    ),
  ] as { container: Pick<Step, "image">; path: (string | number)[] }[];
  return containers.flatMap(({ container: { image }, path }) => (image ? [{ image, path: [...path, "image"] }] : []));
}

/** Without a registry a reference means another image on every node, and none behind a mirror. */
function registryFault(reference: string): string | undefined {
  const [host, ...path] = reference.split("/");
  return path.length > 0 && /[.:]|^localhost$/.test(host!)
    ? undefined
    : `is ${reference}, which names no registry; write registry/repository:tag`;
}

/** What a reference lacks to mean the same image tomorrow. */
function tagFault(reference: string): string | undefined {
  const [, tag, digest] = /^[^:@]+(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(reference.split("/").at(-1)!) ?? [];
  if (tag === "latest") {
    return `is ${reference}; \`latest\` is another image every day: write a tag or a digest`;
  }
  return (tag ?? digest) ? undefined : `is ${reference}, which has neither tag nor digest; add one`;
}
