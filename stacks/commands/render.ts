import type { Command } from "commander";

interface Options {
  out: string;
  delivered?: boolean;
}

/** `render STACK --out DIR [--delivered]` */
export function register(program: Command): void {
  program
    .command("render")
    .summary("write a stack's Kubernetes objects as YAML files")
    .description(
      "Writes one YAML file per Kubernetes object of a stack, all of them or none; the same commit gives the same bytes. Secret data are left out.",
    )
    .argument("<stack>", "name of the stack: kind, existing, …")
    .requiredOption("--out <folder>", "folder to write to: new, empty, or rendered to before")
    .option("--delivered", "only what Argo CD delivers where the stack says so, a folder for each namespace")
    .action(render);
}

async function render(stack: string, { out, delivered = false }: Options): Promise<void> {
  (await import("../preview/light")).loadLightly();
  const [{ previewStack }, { renderObjects }, { writeFolder }, delivery] = await Promise.all([
    import("../preview/preview"),
    import("../preview/render"),
    import("../preview/folder"),
    import("../preview/delivered"),
  ]);
  const { resources, warnings } = await previewStack(stack, { whole: true, undivided: delivered });
  const files = delivered ? delivery.renderDelivered(resources) : renderObjects(resources);
  const write = delivered ? delivery.exchangeFolder : writeFolder;
  write(out, files);
  warnings.forEach((warning) => console.error(`warning: ${warning}`));
  console.log(`${files.size} objects in ${out}`);
}
