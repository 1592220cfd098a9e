import type { Command } from "commander";

/** `render STACK --out DIR` */
export function register(program: Command): void {
  program
    .command("render")
    .summary("write a stack's Kubernetes objects as YAML files")
    .description(
      "Writes one YAML file per Kubernetes object of a stack, all of them or none; the same commit gives the same bytes. Secret data are left out.",
    )
    .argument("<stack>", "name of the stack: kind, existing, …")
    .requiredOption("--out <folder>", "folder to write to: new, empty, or rendered to before")
    .action(render);
}

async function render(stack: string, { out }: { out: string }): Promise<void> {
  (await import("../preview/light")).loadLightly();
  const [{ previewStack }, { renderObjects }, { writeFolder }] = await Promise.all([
    import("../preview/preview"),
    import("../preview/render"),
    import("../preview/folder"),
  ]);
  const { resources, warnings } = await previewStack(stack, { whole: true });
  const files = renderObjects(resources);
  writeFolder(out, files);
  warnings.forEach((warning) => console.error(`warning: ${warning}`));
  console.log(`${files.size} objects in ${out}`);
}
