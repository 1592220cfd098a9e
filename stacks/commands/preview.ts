import type { Command } from "commander";
import { UserError } from "../../components/errors";
import type { Recorded } from "../preview/recorded";
import type { Failed } from "../preview/stacks";

interface Options {
  all?: boolean;
  json?: boolean;
  against?: string;
  markdown?: boolean;
}

/** `preview STACK|--all [--json] [--against GITREF [--markdown]]` */
export function register(program: Command): void {
  program
    .command("preview")
    .summary("show what a stack would create, with nothing installed but Node")
    .description(
      "Runs a stack's program in this process and shows what it would create: no CLI, cluster or secret is needed.",
    )
    .argument("[stack]", "name of the stack: kind, existing, …")
    .option("--all", "every stack of this project")
    .option(
      "--json",
      "print {stack, resources: [{urn, type, name, parent, inputs}], outputs} on stdout; of all, a list",
    )
    .option("--against <gitref>", "show what differs from another revision of this project")
    .option("--markdown", "the difference as a comment for a review: dangers first, the same text for the same commits")
    .action(preview);
}

async function preview(stack: string | undefined, options: Options): Promise<void> {
  const { all = false, json = false, against, markdown = false } = options;
  checkUsage(stack, options);
  (await import("../preview/light")).loadLightly();
  if (markdown) return report(stack, against!);
  if (all) return previewAll({ json, against });
  const [{ previewStack }, { toPreview, toComparable }] = await Promise.all([
    import("../preview/preview"),
    import("../preview/json"),
  ]);
  const recorded = await previewStack(stack!);
  if (against === undefined && !json) {
    const { renderTree } = await import("../preview/tree");
    await print(renderTree(recorded));
    return judge(recorded);
  }
  // The tree has them at its end; stdout is for what was asked for here.
  recorded.warnings.forEach((warning) => console.error(`warning: ${warning}`));
  if (against === undefined) {
    await print(asJson(toPreview(recorded)));
    return judge(recorded);
  }

  const [{ PROJECT_FOLDER }, { previewRevision }, { compare }, { renderComparison }] = await Promise.all([
    import("../environment"),
    import("../preview/against"),
    import("../preview/compare"),
    import("../preview/comparison-text"),
  ]);
  const comparison = compare(await previewRevision(PROJECT_FOLDER, against, stack!), toComparable(recorded));
  return print(json ? asJson(comparison) : renderComparison(comparison));
}

/** Says on stderr what of our own rules a stack breaks. */
async function judge({ stack, resources }: Recorded): Promise<void> {
  const { policyFindings, policyLine } = await import("../preview/policy");
  policyFindings(stack, resources).forEach((finding) => console.error(`warning: ${policyLine(finding)}`));
}

function checkUsage(stack: string | undefined, { all = false, json, against, markdown }: Options): void {
  const wrong = (message: string) => new UserError(message, 2);
  if (all === (stack !== undefined)) throw wrong("Name a stack, or say --all: npm run preview -- kind");
  if (markdown && against === undefined) throw wrong("--markdown is of a difference: say --against GITREF too.");
  if (markdown && json) throw wrong("--markdown and --json are two things: say one of them.");
}

/** Of several stacks, each under its name. */
async function previewAll({ json, against }: { json: boolean; against: string | undefined }): Promise<void> {
  const [{ previewStacks }, { toPreview }, { renderTree }, { renderComparison }] = await Promise.all([
    import("../preview/stacks"),
    import("../preview/json"),
    import("../preview/tree"),
    import("../preview/comparison-text"),
  ]);
  if (against !== undefined) {
    const { reviews } = await reviewAgainst(undefined, against);
    const text = reviews.map(({ stack, comparison, failure }) => [
      `== ${stack}`,
      comparison ? renderComparison(comparison) : (failure ?? ""),
    ]);
    await print(json ? asJson(reviews) : text.flat().join("\n"));
    return refuse(reviews);
  }
  const found = await previewStacks();
  const seen = (it: Recorded | Failed) => ("failure" in it ? it : { ...toPreview(it), warnings: it.warnings });
  const drawn = (it: Recorded | Failed) => ("failure" in it ? `${it.stack}: ${it.failure}` : renderTree(it));
  await print(json ? asJson(found.map(seen)) : found.map(drawn).join("\n\n"));
  refuse(found.map((it) => ("failure" in it ? it : {})));
}

async function report(stack: string | undefined, against: string): Promise<void> {
  const [{ renderReport }, { commit, reviews }] = await Promise.all([
    import("../preview/report"),
    reviewAgainst(stack, against),
  ]);
  await print(renderReport(`${against} (${commit.slice(0, 12)})`, reviews).trimEnd());
  refuse(reviews);
}

/** Both revisions at the same time: the other one has a process of its own. */
async function reviewAgainst(stack: string | undefined, against: string) {
  const [
    { PROJECT_FOLDER },
    { previewRevisionStacks },
    { previewStack },
    { previewStacks },
    { toComparable },
    { review },
  ] = await Promise.all([
    import("../environment"),
    import("../preview/against"),
    import("../preview/preview"),
    import("../preview/stacks"),
    import("../preview/json"),
    import("../preview/review"),
  ]);
  const work = [
    previewRevisionStacks(PROJECT_FOLDER, against, stack),
    stack === undefined ? previewStacks() : previewStack(stack, { machine: { patient: true } }).then((one) => [one]),
  ] as const;
  // Neither is left alone: the other revision's worktree goes at its end.
  await Promise.allSettled(work);
  const [before, found] = await Promise.all(work);
  const after = found.map((it) => ("failure" in it ? it : { ...toComparable(it), warnings: it.warnings }));
  return { commit: before.commit, reviews: review(before.stacks, after) };
}

/** @throws UserError where one of several failed, which is said already among the others */
function refuse(all: { stack?: string; failure?: string }[]): void {
  const failed = all.filter(({ failure }) => failure !== undefined).map(({ stack }) => stack);
  if (failed.length > 0) throw new UserError(`No preview of ${failed.join(", ")}: see above.`);
}

function asJson(value: object): string {
  return JSON.stringify(value, undefined, 2);
}

/** A pipe may take less at once than there is to say. */
function print(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${text}\n`, () => resolve()));
}
