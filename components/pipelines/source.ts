import { type Document, isMap, isNode, isScalar, type LineCounter, visit } from "yaml";
import { UserError } from "../errors";
import type { Manifest } from "../kubernetes/object";
import { NotYaml, readDocuments, type YamlDocument } from "../kubernetes/yaml";
import type { Pipeline, Task } from "./tekton";

/** Way to a field: `["spec", "steps", 0, "script"]`. */
export type Path = (string | number)[];

/** One object of a pipeline set, and where it is written. */
export interface Source<T extends Manifest = Manifest> {
  file: string;
  object: T;
  /** Line of a field, or of the nearest one above it that is written out. */
  line(path: Path): number;
}

/** `spec.steps[0].script` */
export function pathText(path: Path): string {
  return path.reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : text ? `${text}.${part}` : part),
    "",
  );
}

/**
 * The documents of a file of this project: as kubectl reads them, but no key may be there twice.
 *
 * @throws UserError that names file and line
 */
export function readSource(text: string, file: string): YamlDocument[] {
  try {
    const documents = readDocuments(text, file);
    for (const { tree, lines } of documents) refuseTwinKeys(tree, lines, file);
    return documents;
  } catch (error) {
    if (!(error instanceof NotYaml)) throw error;
    throw new UserError(`${file}:${error.line}: this is no valid YAML: ${error.problem}.`);
  }
}

function refuseTwinKeys(tree: Document, lines: YamlDocument["lines"], file: string): void {
  visit(tree, {
    Map: (_, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          const { line } = lines.linePos(key.range?.[0] ?? 0);
          throw new UserError(`${file}:${line}: the key ${String(key.value)} is there twice; delete one of them.`);
        }
        seen.add(key.value);
      }
    },
  });
}

/** Finds lines in a parsed document: that of a field's name, or where a list's item begins. */
export function lineFinder(document: Document, lines: Pick<LineCounter, "linePos">): Source["line"] {
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const parent = length > 1 ? document.getIn(path.slice(0, length - 1), true) : document.contents;
      const item = document.getIn(path.slice(0, length), true);
      const key = isMap(parent) ? parent.items.find((pair) => String(pair.key) === path[length - 1])?.key : item;
      if (isNode(key) && key.range) {
        return lines.linePos(key.range[0]).line;
      }
    }
    return lines.linePos(document.contents?.range?.[0] ?? 0).line;
  };
}

export function tasksOf(sources: Source[]): Source<Task>[] {
  return sources.filter((source): source is Source<Task> => source.object.kind === "Task");
}

export function pipelinesOf(sources: Source[]): Source<Pipeline>[] {
  return sources.filter((source): source is Source<Pipeline> => source.object.kind === "Pipeline");
}
