import type { Command } from "commander";

interface Options {
  json?: boolean;
  against?: string;
}

/** `preview STACK [--json] [--against GITREF]` */
export function register(program: Command): void {
  program
    .command("preview")
    .summary("show what a stack would create, with nothing installed but Node")
    .description(
      "Runs a stack's program in this process and shows what it would create: no CLI, cluster or secret is needed.",
    )
    .argument("<stack>", "name of the stack: kind, existing, …")
    .option("--json", "print {stack, resources: [{urn, type, name, parent, inputs}], outputs} on stdout")
    .option("--against <gitref>", "show what differs from another revision of this project")
    .action(preview);
}

async function preview(stack: string, { json, against }: Options): Promise<void> {
  (await import("../preview/light")).loadLightly();
  const [{ previewStack }, { toPreview }] = await Promise.all([
    import("../preview/preview"),
    import("../preview/json"),
  ]);
  const recorded = await previewStack(stack);
  if (against === undefined && !json) {
    const { renderTree } = await import("../preview/tree");
    return print(renderTree(recorded));
  }
  // The tree has them at its end; stdout is for what was asked for here.
  recorded.warnings.forEach((warning) => console.error(`warning: ${warning}`));
  if (against === undefined) return print(asJson(toPreview(recorded)));

  const [{ PROJECT_FOLDER }, { previewRevision }, { compare }, { renderComparison }] = await Promise.all([
    import("../environment"),
    import("../preview/against"),
    import("../preview/compare"),
    import("../preview/comparison-text"),
  ]);
  const comparison = compare(await previewRevision(PROJECT_FOLDER, against, stack), toPreview(recorded));
  return print(json ? asJson(comparison) : renderComparison(comparison));
}

function asJson(value: object): string {
  return JSON.stringify(value, undefined, 2);
}

/** A pipe may take less at once than there is to say. */
function print(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${text}\n`, () => resolve()));
}
