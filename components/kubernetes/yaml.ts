import { Document as Tree, type LineCounter, Scalar, visit } from "yaml";
import { UserError } from "../errors";
import { parseText } from "./yaml-parser";
import { isSafePlain } from "./yaml-scalars";
import { BadSeparator, type Chunk, splitStream } from "./yaml-stream";
import { NoYaml, valueOf } from "./yaml-tree";

/** One document of a text. */
export interface YamlDocument {
  /** What kubectl reads in it, as JSON has it; whole numbers that JavaScript cannot hold are bigint. */
  value: unknown;
  /** How messages name it: `a.yaml, document 2`. */
  where: string;
  /** Its nodes, unresolved. */
  tree: Tree;
  /** Lines of the whole text for offsets of the tree. */
  lines: Pick<LineCounter, "linePos">;
}

/** Text that kubectl refuses too. */
export class NotYaml extends UserError {
  constructor(
    where: string,
    /** Without a full stop. */
    readonly problem: string,
    /** In the whole text, from 1. */
    readonly line: number,
    column: number,
  ) {
    super(`${where} is not YAML: ${problem} at line ${line}, column ${column}`);
  }
}

/** A file's text: UTF-8, or UTF-16 where its first bytes say so, as editors on Windows write it. */
export function decodeText(bytes: Uint8Array): string {
  const encoding =
    bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}

/**
 * The documents of a text as kubectl reads them: YAML 1.1 as `sigs.k8s.io/yaml` resolves it, or JSON. Empty ones are left
 * out.
 *
 * @param source where the text comes from, for messages
 * @throws NotYaml that names source, document and line
 */
export function readDocuments(text: string, source: string): YamlDocument[] {
  try {
    return splitStream(text).flatMap((chunk, index) => readDocument(chunk, `${source}, document ${index + 1}`));
  } catch (error) {
    if (error instanceof BadSeparator) throw new NotYaml(source, error.message, error.line, 1);
    throw error;
  }
}

function readDocument(chunk: Chunk, where: string): YamlDocument[] {
  // Of what is before an end (`...`): for kubectl the rest is not there.
  const { tree, lines: counter, mistake } = parseText(chunk.text);
  const end = chunk.text.trimEnd().length;
  const lines = {
    linePos(offset: number) {
      const { line, col } = counter.linePos(Math.min(offset, end));
      return { line: chunk.line + Math.max(line, 1), col: Math.max(col, 1) };
    },
  };
  const refuse = (message: string, offset: number): never => {
    const { line, col } = lines.linePos(offset);
    throw new NotYaml(where, message, line, col);
  };
  try {
    const character = chunk.json === undefined ? forbiddenCharacter(chunk.text) : undefined;
    if (character) return refuse(character.problem, character.offset);
    if (mistake && chunk.json === undefined) return refuse(mistake.message, mistake.offset);
    if (!tree) return [];
    const value = chunk.json === undefined || LARGE.test(chunk.text) ? valueOf(tree) : chunk.json;
    return value === null ? [] : [{ value, where, tree, lines }];
  } catch (error) {
    if (error instanceof NoYaml) return refuse(error.message, error.offset);
    if (error instanceof RangeError) return refuse("it is nested too deeply", 0);
    throw error;
  }
}

/** What may be a number that `JSON.parse` rounds. */
const LARGE = /\d{16}/;

const CONTROL = /[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
/** Ends of lines to YAML 1.1, letters to YAML 1.2. */
const AMBIGUOUS = /[\x85\u2028\u2029]/;

/** What Go's readers refuse in a text, or take for the end of a line where others do not. */
export function forbiddenCharacter(text: string): { problem: string; offset: number } | undefined {
  const name = (character: string) => `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
  const [control, end] = [CONTROL.exec(text), AMBIGUOUS.exec(text)];
  if (control) return { problem: `the control character ${name(control[0])} is not allowed`, offset: control.index };
  return (
    (end && {
      problem: `${name(end[0])} ends a line for some readers: write it as an escape, in quotes`,
      offset: end.index,
    }) ??
    undefined
  );
}

/** What may only be written as an escape. */
const SPECIAL = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/;

/** A value as YAML that each of Go's readers understands as it is meant. */
export function writeYaml(value: unknown): string {
  const document = new Tree(value, { aliasDuplicateObjects: false, keepUndefined: false });
  visit(document, {
    Scalar: (_, scalar) => {
      const { value: text } = scalar;
      if (typeof text === "string" && (!isSafePlain(text) || SPECIAL.test(text))) scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  const escape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  // They are in quotes now.
  return document.toString({ lineWidth: 0 }).replaceAll(new RegExp(SPECIAL, "g"), escape);
}
