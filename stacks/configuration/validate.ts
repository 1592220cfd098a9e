import { UserError } from "../../components/errors";
import { explain } from "./problems";
import type { Problem } from "./rule";
import { brokenRules } from "./rules";
import { configurationSchema, type Configuration } from "./schema";
import type { Path } from "./yaml-file";

/** Where a configuration's keys were written, for sentences about them. */
export interface Origin {
  /** The file that says it: `stacks/Pulumi.kind.yaml`. */
  file: string;
  /** The key as it stands there: `okd-streams:streams[1].version`. */
  key: string;
  /** Position among all keys: the first mistake is told. */
  position: number;
  /** A scalar as it is written: `4.20`. */
  source?: string;
}

export type Locate = (path: Path) => Origin;

/**
 * The configuration that `value` says, with its defaults.
 * @throws UserError one sentence about the first mistake, and how many more there are
 */
export function validate(value: Record<string, unknown>, locate: Locate): Configuration {
  const parsed = configurationSchema.safeParse(value);
  if (!parsed.success) {
    throw mistake(
      parsed.error.issues.flatMap((issue) => explain(issue, value)),
      locate,
      value,
    );
  }
  const problems = brokenRules(parsed.data);
  if (problems.length > 0) {
    throw mistake(problems, locate, value);
  }
  return parsed.data;
}

/** The first of several mistakes by the order of the file. */
export function mistake(problems: Problem[], locate: Locate, value: Record<string, unknown>): UserError {
  const [first, ...more] = problems
    .map((problem) => ({ problem, origin: locate(problem.path) }))
    .sort((a, b) => a.origin.position - b.origin.position);
  const { origin, problem } = first!;
  const sentence = unquotedVersion(problem, origin, value) ?? problem.sentence;
  const rest = more.length > 0 ? ` (and ${more.length} more)` : "";
  return new UserError(`${origin.file}: ${origin.key} ${sentence}${rest}${/\?$/.test(sentence) && !rest ? "" : "."}`);
}

/** YAML reads 4.20 as the number 4.2. */
function unquotedVersion({ path }: Problem, { source }: Origin, value: Record<string, unknown>): string | undefined {
  const found = path.reduce<unknown>(
    (inner, key) => (inner as Record<string | number, unknown> | undefined)?.[key],
    value,
  );
  return path.at(-1) === "version" && typeof found === "number"
    ? `is the number ${found}, not a version: write it in quotes, "${source ?? "4.20"}"`
    : undefined;
}

/** `streams[1].version` */
export function dotted(path: Path): string {
  return path.reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : text ? `${text}.${part}` : part),
    "",
  );
}
