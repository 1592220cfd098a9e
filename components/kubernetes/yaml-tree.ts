import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node, type ParsedNode, visit } from "yaml";
import { isDate, isInteger, keyText, plainScalar, type ScalarValue } from "./yaml-scalars";

/** A document that kubectl refuses, and where. */
export class NoYaml extends Error {
  constructor(
    message: string,
    /** Characters from the text's start. */
    readonly offset: number,
  ) {
    super(message);
  }
}

type Fields = Record<string, unknown>;

const TAG = "tag:yaml.org,2002:";

/**
 * What a parsed document means to kubectl: YAML 1.1 as go-yaml 2 resolves it, made JSON. Whole numbers that JavaScript
 * cannot hold are bigint.
 *
 * @param document parsed with the schema `failsafe`: nothing is resolved yet
 * @throws NoYaml
 */
export function valueOf(document: Document): unknown {
  return new Tree(document).value();
}

class Tree {
  private readonly targets = new Map<Alias, Node>();
  private readonly open = new Set<Node>();
  private decoded = 0;
  private decodedOfAliases = 0;

  constructor(private readonly document: Document) {
    const anchors = new Map<string, Node>();
    visit(document, {
      Alias: (_, alias) => {
        const target = anchors.get(alias.source);
        if (!target) throw new NoYaml(`there is no anchor ${alias.source}`, offsetOf(alias));
        this.targets.set(alias, target);
      },
      Value: (_, node) => {
        if (node.anchor) anchors.set(node.anchor, node);
      },
    });
  }

  value(): unknown {
    return this.decode(this.document.contents);
  }

  private decode(node: unknown): unknown {
    this.count(node);
    if (isAlias(node)) return this.follow(node, (target) => this.decode(target));
    if (isMap(node)) return this.decodeMap(node.items as unknown as Pair[], {});
    if (isSeq(node)) return node.items.map((item) => this.decode(item));
    if (isScalar(node)) return jsonNumber(this.scalar(node as ScalarNode), node as ScalarNode);
    return null;
  }

  /** go-yaml's own measure of a document that is mostly aliases. */
  private count(node: unknown): void {
    this.decoded += 1;
    if (this.open.size > 0) this.decodedOfAliases += 1;
    if (this.decodedOfAliases <= 100 || this.decoded <= 1000) return;
    if (this.decodedOfAliases / this.decoded > allowedShare(this.decoded)) {
      throw new NoYaml("its aliases repeat too much", offsetOf(node));
    }
  }

  private follow<T>(alias: Alias, use: (target: Node) => T): T {
    const target = this.targets.get(alias)!;
    if (this.open.has(target)) throw new NoYaml(`what anchor ${alias.source} names contains itself`, offsetOf(alias));
    this.open.add(target);
    try {
      return use(target);
    } finally {
      this.open.delete(target);
    }
  }

  // As go-yaml 2 does it: what stands further down wins, merged keys too.
  private decodeMap(pairs: Pair[], into: Fields): Fields {
    for (const { key, value } of pairs) {
      if (isMerge(key)) this.merge(value, into);
      else setField(into, this.key(key), this.decode(value));
    }
    return into;
  }

  private merge(node: unknown, into: Fields): void {
    const maps = isSeq(node) ? [...node.items].reverse() : [node];
    for (const map of maps) {
      this.count(map);
      const add = (target: unknown) => {
        if (!isMap(target)) throw new NoYaml("<< takes a map or a list of maps", offsetOf(node));
        this.decodeMap(target.items as unknown as Pair[], into);
      };
      if (isAlias(map)) this.follow(map, add);
      else add(map);
    }
  }

  private key(node: unknown): string {
    const scalar = isAlias(node) ? this.targets.get(node) : node;
    const name = isScalar(scalar)
      ? keyText(this.scalar(scalar as ScalarNode), sourceOf(scalar as ScalarNode))
      : undefined;
    if (name === undefined) throw new NoYaml("a key is neither text nor number nor boolean", offsetOf(node));
    return name;
  }

  private scalar(node: ScalarNode): ScalarValue {
    const text = sourceOf(node);
    const tag = node.tag?.startsWith(TAG) ? node.tag.slice(TAG.length) : node.tag;
    if (tag === undefined) return node.type === "PLAIN" ? plainScalar(text) : text;
    if (tag === "binary") return decodeBinary(text, node);
    const fits = TYPES[tag];
    if (!fits) return text;
    const value = tag === "timestamp" ? text : plainScalar(text);
    if (fits(value, text)) return value;
    throw new NoYaml(`${text} is no !!${tag}`, offsetOf(node));
  }
}

interface Pair {
  key: unknown;
  value: unknown;
}

type ScalarNode = ParsedNode & { type?: string; source?: string; value: unknown; tag?: string };

const TYPES: Readonly<Record<string, ((value: ScalarValue, text: string) => boolean) | undefined>> = {
  bool: (value) => typeof value === "boolean",
  int: (_, text) => isInteger(text),
  float: (value) => ["bigint", "number"].includes(typeof value),
  null: (value) => value === null,
  timestamp: (_, text) => isDate(text),
};

function decodeBinary(text: string, node: unknown): string {
  const digits = text.replaceAll(/[\r\n]/g, "");
  if (digits.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(digits))
    throw new NoYaml("its !!binary is no base64", offsetOf(node));
  return Buffer.from(digits, "base64").toString();
}

function isMerge(key: unknown): boolean {
  return (
    isScalar(key) && key.value === "<<" && (key.tag === undefined ? key.type === "PLAIN" : key.tag === `${TAG}merge`)
  );
}

function sourceOf({ value }: ScalarNode): string {
  return typeof value === "string" ? value : "";
}

function setField(fields: Fields, name: string, value: unknown): void {
  // A plain assignment to __proto__ would be none.
  Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
}

/** What is left of a number on its way through JSON. */
function jsonNumber(value: ScalarValue, node: ScalarNode): ScalarValue {
  // An unsigned one beyond the signed is a float to the API machinery.
  if (typeof value === "bigint" && value >= 2n ** 63n) return Number(value);
  if (typeof value !== "number") return value;
  if (Number.isFinite(value)) return value === 0 ? 0 : value;
  throw new NoYaml(`${sourceOf(node)} is no number that JSON has`, offsetOf(node));
}

function offsetOf(node: unknown): number {
  return (node as { range?: [number] } | null)?.range?.[0] ?? 0;
}

const DENSE = 400_000;
const HUGE = 4_000_000;

function allowedShare(decoded: number): number {
  const share = (Math.min(Math.max(decoded, DENSE), HUGE) - DENSE) / (HUGE - DENSE);
  return 0.99 - 0.89 * share;
}
