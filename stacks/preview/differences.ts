import { diffArrays } from "diff";

/** A path in dots, elements of a list by name where they have one: `spec.steps[build].script`. */
export interface Difference {
  path: string;
  /** Absent: there was nothing. */
  before?: unknown;
  /** Absent: there is nothing any more. */
  after?: unknown;
}

type Fields = Record<string, unknown>;

/** Each field in which two values differ; of texts of several lines, each line. */
export function differences(before: unknown, after: unknown, path = ""): Difference[] {
  if (before === after) return [];
  if (isMap(before) && isMap(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => differences(before[key], after[key], joined(path, key)));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    return named(before) && named(after) ? ofNamed(before, after, path) : ofLists(before, after, path);
  }
  if (typeof before === "string" && typeof after === "string" && (before.includes("\n") || after.includes("\n"))) {
    return ofLines(before.split("\n"), after.split("\n")).map(({ line, ...change }) => ({
      path: `${path}:${line}`,
      ...change,
    }));
  }
  return [{ path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }];
}

function isMap(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The path of a field below another. */
export function joined(path: string, key: string): string {
  const part = /^[\w-]+$/.test(key) ? key : `[${key}]`;
  return path && !part.startsWith("[") ? `${path}.${part}` : `${path}${part}`;
}

type Named = Fields & { name: string };

function named(list: unknown[]): list is Named[] {
  const names = list.map((entry) => (isMap(entry) ? entry.name : undefined));
  return list.length > 0 && names.every((name) => typeof name === "string") && new Set(names).size === names.length;
}

function ofNamed(before: Named[], after: Named[], path: string): Difference[] {
  const names = [...new Set([...before, ...after].map(({ name }) => name))];
  const find = (list: Named[], wanted: string) => list.find(({ name }) => name === wanted);
  const changes = names.flatMap((name) => differences(find(before, name), find(after, name), `${path}[${name}]`));
  const kept = (list: Named[], other: Named[]) => list.map(({ name }) => name).filter((name) => find(other, name));
  const [was, is] = [kept(before, after).join(", "), kept(after, before).join(", ")];
  return was === is ? changes : [...changes, { path: `${path} (order)`, before: was, after: is }];
}

function ofLists(before: unknown[], after: unknown[], path: string): Difference[] {
  if (before.length === after.length) {
    return before.flatMap((entry, index) => differences(entry, after[index], `${path}[${index}]`));
  }
  const asText = (list: unknown[]) => list.map((entry) => JSON.stringify(entry));
  return ofLines(asText(before), asText(after)).map(({ line, before, after }) => ({
    path: `${path}[${line - 1}]`,
    ...(before !== undefined && { before: JSON.parse(before) as unknown }),
    ...(after !== undefined && { after: JSON.parse(after) as unknown }),
  }));
}

interface LineChange {
  /** From 1: in the new text, or in the old one for a line that is gone. */
  line: number;
  before?: string;
  after?: string;
}

/** The lines that changed. A run of removed lines is paired with the run of added ones that follows it. */
export function ofLines(before: string[], after: string[]): LineChange[] {
  const changes: LineChange[] = [];
  let [i, j] = [0, 0];
  let removed: string[] = [];
  const close = (added: string[]): void => {
    const pairs = Math.min(removed.length, added.length);
    for (let n = 0; n < Math.max(removed.length, added.length); n++) {
      const line = n < pairs || n >= removed.length ? j + n + 1 : i + n + 1;
      changes.push({
        line,
        ...(n < removed.length && { before: removed[n] }),
        ...(n < added.length && { after: added[n] }),
      });
    }
    [i, j] = [i + removed.length, j + added.length];
    removed = [];
  };
  for (const part of diffArrays(before, after)) {
    if (part.removed) {
      close([]);
      removed = part.value;
    } else if (part.added) {
      close(part.value);
    } else {
      close([]);
      [i, j] = [i + part.value.length, j + part.value.length];
    }
  }
  close([]);
  return changes;
}
