import { UserError } from "../../../components/errors";

interface Explanation {
  /** What the engine says. */
  says: RegExp;
  means: (match: RegExpMatchArray, stack: string) => string;
  exitCode?: 1 | 3;
}

/** The engine's words for what goes wrong outside the program, and ours. */
const explanations: Explanation[] = [
  {
    says: /incorrect passphrase|passphrase must be set|constructing secrets manager/i,
    means: (_, stack) =>
      `The state of stack ${stack} was encrypted with another passphrase: put the passphrase file back, or set PULUMI_CONFIG_PASSPHRASE_FILE.`,
  },
  {
    says: /(?:no resource plugin|could not find|failed to load plugin|could not install)[^\n]*?'?(pulumi-resource-[\w-]+|[\w-]+ plugin)/i,
    means: ([, plugin]) => `The engine's ${plugin} is not there and could not be downloaded: see npm run doctor.`,
    exitCode: 3,
  },
  {
    says: /could not read plugin \[([^\]]+)\]/,
    means: ([, plugin]) => `The engine's plugin ${plugin} does not start; what it said stands above.`,
    exitCode: 3,
  },
  {
    says: /no changes were expected but changes (?:were proposed|occurred)/,
    means: (_, stack) => `Stack ${stack} has changes, and none were expected.`,
  },
  {
    says: /error reading from server: EOF|transport is closing|code = Unavailable|plugin .* exited/i,
    means: (_, stack) =>
      `A plugin of the engine ended in the middle of its work on stack ${stack}: run the same command again.`,
  },
  {
    says: /no space left on device|disk quota exceeded/i,
    means: () => "The disk is full: free some space and run the same command again.",
  },
  {
    says: /(\/[^\s:]+): read-only file system/i,
    means: ([, path]) =>
      `The disk of ${path} is read-only: set HOME, or XDG_CACHE_HOME and XDG_DATA_HOME, to folders that can be written to.`,
  },
];

/** One sentence for what the engine said, where it is known. */
export function explain(text: string, stack: string): UserError | undefined {
  for (const { says, means, exitCode } of explanations) {
    const match = says.exec(text);
    if (match) return new UserError(means(match, stack), exitCode);
  }
  return undefined;
}
