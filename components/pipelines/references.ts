import type { Path } from "./source";

/** A `$(…)` of Tekton, as it is written somewhere in an object. */
export interface Reference {
  /** As written: `$(params.repo)`. */
  text: string;
  path: Path;
  /** The dotted or bracketed parts: `["params", "repo"]`. */
  parts: string[];
  /** What stands in the index behind them: `*`, or a number. */
  index?: string;
  /** The reference is all that the string holds: only there an array can be put in. */
  alone: boolean;
}

/** Names that a reference of Tekton can begin with; in a script anything else is the shell's. */
const ROOTS = new Set([
  "artifacts",
  "context",
  "credentials",
  "finally",
  "inputs",
  "outputs",
  "params",
  "results",
  "step",
  "steps",
  "tasks",
  "workspaces",
]);

const ENVIRONMENT_VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const PART = /\.?([\w-]+)|\[(?:'([^']*)'|"([^"]*)"|(\*|\d+))\]/y;

/** Every reference in a value, however deep; `$$(…)` is an escaped one and left out. */
export function references(value: unknown, path: Path = []): Reference[] {
  if (typeof value === "string") {
    return inText(value, path);
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => references(item, [...path, index]));
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, item]) => [
      ...inText(key, [...path, key]),
      ...references(item, [...path, key]),
    ]);
  }
  return [];
}

function inText(text: string, path: Path): Reference[] {
  const inScript = path.at(-1) === "script";
  return [...text.matchAll(/(\$+)\(([^()]*)\)/g)]
    .filter(([, dollars]) => dollars!.length % 2 === 1)
    .flatMap(([match, dollars, body]) => {
      const written = match.slice(dollars!.length - 1);
      const parsed = parse(body!);
      if (!parsed || parsed.parts.length === 1 || !ROOTS.has(parsed.parts[0]!)) {
        const foreign = inScript || ENVIRONMENT_VARIABLE.test(body!);
        return foreign ? [] : [{ text: written, path, parts: [body!], alone: written === text }];
      }
      return [{ text: written, path, ...parsed, alone: written === text }];
    });
}

function parse(body: string): { parts: string[]; index?: string } | undefined {
  const parts: string[] = [];
  let index: string | undefined;
  PART.lastIndex = 0;
  while (PART.lastIndex < body.length) {
    const match = index === undefined ? PART.exec(body) : null;
    if (!match) {
      return undefined;
    }
    const part = match[1] ?? match[2] ?? match[3];
    if (part === undefined) {
      index = match[4];
    } else {
      parts.push(part);
    }
  }
  return { parts, ...(index !== undefined && { index }) };
}
