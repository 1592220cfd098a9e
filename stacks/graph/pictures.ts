import { readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { loadPipelines } from "../../components/pipelines/load";
import { previewStack } from "../preview/preview";
import { renderSvg } from "./dot";
import { pipelineGraph } from "./pipeline";
import { stackGraph } from "./stack";

/** On which the pictures are drawn: not the one that draws them. */
const MACHINE = { hostHasKvm: true, architecture: "amd64", offlineFolder: "", kubeconfigs: [] };

/**
 * All pictures of a project, by their paths in it: of each Pipeline beside its file, of each stack beside its settings.
 * The same commit gives the same bytes, with a network and without one.
 */
export async function pictures(projectFolder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const pipelines = join(projectFolder, "pipelines");
  const sets = readdirSync(pipelines, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { file, object } of loadPipelines(sets.map(({ name }) => join(pipelines, name)))) {
    if (object.kind !== "Pipeline") continue;
    const graph = pipelineGraph(object as unknown as Parameters<typeof pipelineGraph>[0]);
    files.set(join(relative(projectFolder, dirname(file)), `${object.metadata.name}.svg`), await renderSvg(graph));
  }
  for (const file of readdirSync(join(projectFolder, "stacks")).sort()) {
    const [, stack] = /^Pulumi\.(.+)\.yaml$/.exec(file) ?? [];
    if (stack)
      files.set(
        join("stacks", `${stack}.svg`),
        await renderSvg(stackGraph(await previewStack(stack, { machine: MACHINE }))),
      );
  }
  return files;
}
