import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type ParsedNode,
  Scalar,
  visit,
  type YAMLError,
} from "yaml";
import { UserError } from "../../components/errors";
import { forbiddenCharacter } from "../../components/kubernetes/yaml";
import { isDate, plainScalar } from "../../components/kubernetes/yaml-scalars";

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
 * Parses YAML strictly, so that it means the same to Pulumi, which reads the file by rules of its own.
 * @throws UserError one sentence that names file and line, for anything that is not YAML or that readers disagree about (duplicate keys, dates, numbers such as 0755)
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
  const refuse = (offset: number, what: string): never => {
    throw new UserError(`${file}, line ${lines.linePos(offset).line}: ${what}.`);
  };
  const character = forbiddenCharacter(text);
  if (character) refuse(character.offset, character.problem);
  const [warning] = document.warnings;
  if (warning) refuse(warning.pos[0], NO_TAG);
  visit(document, {
    Collection: (_, { tag, range }) => {
      if (tag !== undefined) refuse(range![0], NO_TAG);
    },
    Scalar: (place, scalar) => {
      const what = disagreement(scalar, place === "key");
      if (what) refuse(scalar.range![0], what);
    },
  });
  return { file, value: toValue(file, document), locate: (path) => locate(document.contents, path) };
}

const NO_TAG = "no value can have such a tag here";

/** What Pulumi's reader makes something else of. */
function disagreement({ type, source = "", value, tag }: Scalar, isKey: boolean): string | undefined {
  if (tag !== undefined && tag !== "tag:yaml.org,2002:str") return NO_TAG;
  if (type !== Scalar.PLAIN || tag !== undefined || source === "<<") return undefined;
  const quoted = `write "${source}", in quotes`;
  if (isDate(source)) return `${source} is a date to Pulumi: ${quoted}`;
  const theirs = plainScalar(source, 3);
  if (isKey) return typeof theirs === "string" ? undefined : `the key ${source} is no text: ${quoted}`;
  if (theirs === value) return undefined;
  return `${source} is ${String(theirs)} to Pulumi and ${JSON.stringify(value)} to others: write that, or ${quoted.slice(6)}`;
}

function toValue(file: string, document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 10_000 }) ?? {};
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
