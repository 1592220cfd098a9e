import { Composer, type Document, Lexer, LineCounter, Parser } from "yaml";

/** Text as it is written, nothing resolved. */
export interface ParsedText {
  /** Absent where there is none. */
  tree?: Document;
  lines: LineCounter;
  /** The first mistake. */
  mistake?: { message: string; offset: number };
}

const OPTIONS = {
  // What a scalar means is decided elsewhere, as Go does it.
  schema: "failsafe",
  resolveKnownTags: false,
  uniqueKeys: false,
  logLevel: "silent",
} as const;

/** Parses the first document of a text by the grammar of libyaml, which is that of Go's readers. */
export function parseText(text: string): ParsedText {
  const lines = new LineCounter();
  const parser = new Parser(lines.addNewLine);
  (parser as unknown as { lexer: Lexer }).lexer = looseLexer();
  const [tree] = new Composer(OPTIONS).compose(parser.parse(text));
  // libyaml takes a comment right behind a quote.
  const error = tree?.errors.find(({ message }) => !message.startsWith("Comments must be separated"));
  const mistake = error && { message: sentence(error.message), offset: error.pos[0] };
  return { ...(tree && { tree }), lines, ...(mistake && { mistake }) };
}

function sentence(message: string): string {
  if (message.startsWith("Maximum call stack")) return "it is nested too deeply";
  return message.split("\n")[0]!.replace(/[.:]$/, "");
}

type Rule = (this: LexerState) => Generator<string, unknown>;
type LexerState = { indentNext: number } & Record<"parseFlowCollection" | "parseQuotedScalar", Rule>;

/** To libyaml brackets and quotes end by themselves: their lines may be indented less than what is around them. */
function looseLexer(): Lexer {
  const lexer = new Lexer();
  const state = lexer as unknown as LexerState;
  for (const rule of ["parseFlowCollection", "parseQuotedScalar"] as const) {
    const strict = state[rule];
    state[rule] = function* () {
      const { indentNext } = state;
      state.indentNext = 0;
      const next = yield* strict.call(state);
      state.indentNext = indentNext;
      return next;
    };
  }
  return lexer;
}
