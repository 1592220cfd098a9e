/** An image that a Dockerfile names, and the line that does. */
export interface Reference {
  image: string;
  line: number;
  /** The last stage stands on it. */
  last: boolean;
}

/**
 * Images that a Dockerfile takes from elsewhere: in FROM, COPY --from and RUN --mount, without its own stages and `scratch`.
 * @param values build arguments, which FROM may use
 */
export function referencesIn(text: string, values: Record<string, string> = {}): Reference[] {
  const stages = new Set<string>();
  const args: Record<string, string> = {};
  const references: Reference[] = [];
  let from = 0;
  for (const { words, line } of instructions(text)) {
    const [keyword = "", ...rest] = words;
    switch (keyword.toUpperCase()) {
      case "ARG": {
        const [, name = "", value = ""] = /^(\w+)(?:=(.*))?$/.exec(rest[0] ?? "") ?? [];
        // Only those before the first FROM are known to a FROM.
        if (from === 0) args[name] = values[name] ?? unquoted(value);
        break;
      }
      case "FROM": {
        const [image = "", as, alias] = rest.filter((word) => !word.startsWith("--"));
        const named = expand(unquoted(image), args);
        if (named !== "scratch" && !stages.has(named)) references.push({ image: named, line, last: false });
        stages.add(String(from++));
        if (as?.toUpperCase() === "AS" && alias) stages.add(alias);
        for (const reference of references) reference.last = reference.line === line;
        break;
      }
      case "COPY":
      case "RUN":
        for (const image of rest.flatMap((word) => takenFrom(keyword.toUpperCase(), word))) {
          if (!stages.has(image)) references.push({ image, line, last: false });
        }
    }
  }
  return references;
}

function takenFrom(keyword: string, word: string): string[] {
  if (keyword === "COPY") return word.startsWith("--from=") ? [unquoted(word.slice("--from=".length))] : [];
  const [, image] = /^--mount=(?:.*,)?from=([^,]+)/.exec(word) ?? [];
  return image === undefined ? [] : [image];
}

function expand(text: string, args: Record<string, string>): string {
  return text.replace(
    /\$\{(\w+)(?::-([^}]*))?\}|\$(\w+)/g,
    (_, braced?: string, otherwise?: string, plain?: string) => {
      const value = args[(braced ?? plain)!];
      return value === undefined || value === "" ? (otherwise ?? "") : value;
    },
  );
}

function unquoted(text: string): string {
  return text.replace(/^(["'])(.*)\1$/, "$2");
}

/** Instructions in words, with lines joined that end in a backslash; a heredoc's lines are none. */
function instructions(text: string): { words: string[]; line: number }[] {
  const found: { words: string[]; line: number }[] = [];
  let joined = "";
  let begun = 0;
  let heredoc: string | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    if (heredoc !== undefined) {
      if (raw.trim() === heredoc) heredoc = undefined;
      continue;
    }
    if (/^\s*(#|$)/.test(raw)) continue;
    if (joined === "") begun = index + 1;
    if (/\\\s*$/.test(raw)) {
      joined += `${raw.replace(/\\\s*$/, "")} `;
      continue;
    }
    joined += raw;
    if (/^\s*(RUN|COPY|ADD)\b/i.test(joined)) heredoc = /<<-?["']?(\w+)["']?/.exec(joined)?.[1];
    found.push({ words: joined.trim().split(/\s+/), line: begun });
    joined = "";
  }
  return found;
}
