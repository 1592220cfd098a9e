/** A part of a stream that kubectl reads as one document. */
export interface Chunk {
  text: string;
  /** Lines of the stream before it. */
  line: number;
  /** It is JSON, and this is its value. */
  json?: unknown;
}

/** `---` in the middle of a stream, with something behind it that is no comment: kubectl refuses it. */
export class BadSeparator extends Error {
  constructor(
    separator: string,
    readonly line: number,
  ) {
    super(`nothing but a comment may follow --- on its line, not ${separator}`);
  }
}

/**
 * A stream as kubectl splits it: objects of JSON one behind the other as long as it begins with a brace and they are
 * JSON, then YAML between lines that begin with `---`, with `\n` for the ends of all lines.
 *
 * @throws BadSeparator
 */
export function splitStream(stream: string): Chunk[] {
  const text = stream.replace(/^\uFEFF/, "");
  const { objects, end } = leadingJson(text);
  const rest = text.slice(end);
  // What stands behind JSON on the same line is a document's beginning, an empty rest is none.
  const begin = objects.length > 0 ? /^[^\S\n]*\n?/.exec(rest)![0].length : 0;
  return [...objects, ...splitYaml(rest.slice(begin), linesIn(text, end + begin))];
}

function leadingJson(text: string): { objects: Chunk[]; end: number } {
  const objects: Chunk[] = [];
  let end = 0;
  for (;;) {
    const start = /^\s*/.exec(text.slice(end))![0].length + end;
    const next = text[start] === "{" ? closingBrace(text, start) : undefined;
    if (next === undefined) return { objects, end };
    try {
      const json: unknown = JSON.parse(text.slice(start, next));
      objects.push({ text: text.slice(start, next), line: linesIn(text, start), json });
    } catch {
      return { objects, end };
    }
    end = next;
  }
}

/** @returns the index behind the brace that closes the one at `start` */
function closingBrace(text: string, start: number): number | undefined {
  const token = /["{}]/g;
  let depth = 0;
  token.lastIndex = start;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    if (match[0] === '"') {
      const string = /"(?:[^"\\]|\\.)*"/sy;
      string.lastIndex = match.index;
      if (!string.exec(text)) return undefined;
      token.lastIndex = string.lastIndex;
    } else {
      depth += match[0] === "{" ? 1 : -1;
      if (depth === 0) return token.lastIndex;
    }
  }
  return undefined;
}

function splitYaml(text: string, before: number): Chunk[] {
  const chunks: Chunk[] = [];
  let lines: string[] = [];
  let first = before;
  const close = () => {
    // A carriage return alone ends a line of YAML, but none between documents.
    if (lines.length > 0) chunks.push({ text: `${lines.join("\n")}\n`.replaceAll("\r", "\n"), line: first });
    lines = [];
  };
  text
    .replace(/\n$/, "")
    .split(/\r?\n/)
    .forEach((line, index) => {
      if (line.startsWith("---")) {
        const tail = line.slice(3).trim();
        if (tail !== "" && !tail.startsWith("#")) throw new BadSeparator(tail, before + index + 1);
        if (lines.length > 0) return close();
      }
      if (lines.length === 0) first = before + index;
      lines.push(line);
    });
  close();
  return chunks;
}

function linesIn(text: string, end: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}
