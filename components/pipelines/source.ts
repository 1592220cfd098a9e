import { type Document, isMap, isNode, type LineCounter } from "yaml";
import type { Manifest } from "../kubernetes/object";
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

/** Finds lines in a parsed document: that of a field's name, or where a list's item begins. */
export function lineFinder(document: Document, lines: LineCounter): Source["line"] {
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
