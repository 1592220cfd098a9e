import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { z } from "zod";
import { UserError } from "../errors";
import type { Manifest } from "../kubernetes/object";
import { lineFinder, pathText, readSource, type Source } from "./source";
import { KINDS } from "./tekton";

const header = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.strictObject({
    name: z.string(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
});

/**
 * Reads pipeline sets: every `*.yaml` in and below the folders, except in a set's `data/`, as Tekton objects in file name order.
 *
 * @throws UserError that names file and line: for a folder without YAML, broken YAML, a kind, version or field that pipelines here
 *   do not use, a namespace (which the component sets), or a duplicate object
 */
export function loadPipelines(folders: string[]): Source[] {
  const sources = folders.flatMap((folder) => {
    const files = yamlFiles(folder);
    if (files.length === 0) {
      throw new UserError(`${folder}: there is no *.yaml file here; name the folder of a pipeline set.`);
    }
    return files.flatMap((file) => parsePipelines(readFileSync(file, "utf8"), file));
  });
  refuseTwins(sources);
  return sources;
}

/** Reads the objects in the text of one file. @throws UserError as {@link loadPipelines} */
export function parsePipelines(text: string, file: string): Source[] {
  return readSource(text, file).map(({ value, tree, lines }) => {
    const line = lineFinder(tree, lines);
    return { file, object: validate(value, file, line), line };
  });
}

function validate(value: unknown, file: string, line: Source["line"]): Manifest {
  const { apiVersion, kind, metadata, ...fields } = parse(header, value, file, line, "this object");
  const known = KINDS[kind];
  if (known?.apiVersion !== apiVersion) {
    const allowed = Object.entries(KINDS).map(([name, { apiVersion: version }]) => `${version} ${name}`);
    throw new UserError(
      `${file}:${line(["kind"])}: ${apiVersion} ${kind} does not belong in a pipeline set; allowed are ${allowed.join(", ")}.`,
    );
  }
  parse(known.fields, fields, file, line, `${kind} ${metadata.name}`);
  return { apiVersion, kind, metadata, ...fields };
}

function parse<T>(schema: z.ZodType<T>, value: unknown, file: string, line: Source["line"], object: string): T {
  const result = schema.safeParse(value);
  if (result.success) {
    return result.data;
  }
  const issue = result.error.issues[0]!;
  const path = issue.path as (string | number)[];
  const at = issue.code === "unrecognized_keys" ? [...path, issue.keys[0]!] : path;
  const where = path.length > 0 ? `${object}, ${pathText(path)}` : object;
  throw new UserError(`${file}:${line(at)}: ${where}: ${issue.message}.`);
}

function refuseTwins(sources: Source[]): void {
  const seen = new Map<string, Source>();
  for (const source of sources) {
    const { kind, metadata } = source.object;
    const twin = seen.get(`${kind}/${metadata.name}`);
    if (twin) {
      throw new UserError(
        `${source.file}:${source.line(["metadata", "name"])}: ${kind} ${metadata.name} is in ${twin.file} already; rename one of them.`,
      );
    }
    seen.set(`${kind}/${metadata.name}`, source);
  }
}

function yamlFiles(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UserError(`${folder}: there is no such folder; name the folder of a pipeline set.`);
  }
  return (
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      // data/ holds what components read, no objects
      .filter((name) => name.endsWith(".yaml") && !name.startsWith(`data${sep}`))
      .sort()
      .map((name) => join(folder, name))
  );
}
