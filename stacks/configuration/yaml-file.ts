import { isMap, isScalar, isSeq, LineCounter, parseDocument, type ParsedNode, type YAMLError } from "yaml";
import { UserError } from "../../components/errors";

/** Keys and indexes from the root of a value: `["streams", 1, "version"]`. */
export type Path = (string | number)[];

/** A YAML file that was read: what it says, and where. */
export interface YamlFile {
  /** Its name in sentences. */
  file: string;
  value: unknown;
  /** Where a value stands; of a path that is not there, where the deepest part stands that is. */
  locate(path: Path): Location;
}

export interface Location {
  /** Characters from the file's start. */
  offset: number;
  /** How many parts of the path are there. */
  depth: number;
  /** A scalar as it is written: `4.20`. */
  source?: string;
}

const WHAT: Record<string, (excerpt: string) => string> = {
  DUPLICATE_KEY: (key) => `the key ${key} occurs twice`,
  TAB_AS_INDENT: () => "a tab cannot indent YAML, use spaces",
  MULTIPLE_DOCS: () => "one document is allowed, not several",
};

/**
 * Parses YAML strictly.
 * @throws UserError one sentence that names file and line, for what is no YAML and for what is read differently by different readers (duplicate keys)
 */
export function parseYamlFile(file: string, text: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, uniqueKeys: true });
  const mistake = document.errors[0] as YAMLError | undefined;
  if (mistake) {
    const [start] = mistake.pos;
    const excerpt = /^[^\s]+?(?=:?\s|$)/.exec(text.slice(start))?.[0] ?? "";
    const what = WHAT[mistake.code]?.(excerpt) ?? `no valid YAML (${mistake.message.split(/ at line \d|\n/)[0]})`;
    throw new UserError(`${file}, line ${lines.linePos(start).line}: ${what}.`);
  }
  return { file, value: toValue(file, document), locate: (path) => locate(document.contents, path) };
}

function toValue(file: string, document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${(error as Error).message}.`);
  }
}

function locate(root: ParsedNode | null, path: Path): Location {
  let node = root;
  const location: Location = { offset: 0, depth: 0 };
  for (const part of path) {
    let next: ParsedNode | null | undefined;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (!pair) break;
      location.offset = pair.key.range[0];
      next = pair.value;
    } else if (isSeq(node)) {
      next = node.items[Number(part)] as ParsedNode | undefined;
      if (!next) break;
      location.offset = next.range[0];
    } else {
      break;
    }
    location.depth += 1;
    node = next ?? null;
  }
  if (location.depth === path.length && isScalar(node)) {
    location.source = node.source;
  }
  return location;
}
