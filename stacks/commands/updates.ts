import type { Command } from "commander";
import { UserError } from "../../components/errors";

interface Options {
  out: string;
}

/** `updates STACK --out DIR` */
export function register(program: Command): void {
  program
    .command("updates")
    .summary("write a stack's update graphs and signatures as static files")
    .description(
      "Writes what clusters are told of a deployed stack's releases, CHANNEL/graph and signatures/…, for any web server to serve: all of it or nothing.",
    )
    .argument("<stack>", "name of the stack: kind, existing, …")
    .requiredOption("--out <folder>", "folder to write to: new, empty, or written to before")
    .action(updates);
}

async function updates(stack: string, { out }: Options): Promise<void> {
  const [{ deployedOutputs }, { connect }, { askUpdates, updateFiles }, { writeFolder }, { defaultOptions }] =
    await Promise.all([
      import("./deploy"),
      import("../../components/kubernetes/connection"),
      import("./follow/updates"),
      import("../preview/folder"),
      import("./options"),
    ]);
  const outputs = await deployedOutputs("updates", stack, defaultOptions());
  if (!outputs.updates) {
    throw new UserError(
      `Stack ${stack} offers no updates: a release with publish does, or a payload with signing; then npm run up -- ${stack}.`,
    );
  }
  const found = await askUpdates(stack, await connect(outputs.kubeconfig), outputs.updates.namespace);
  const files = updateFiles(found);
  writeFolder(out, files);
  for (const [channel, { nodes, edges, conditionalEdges }] of Object.entries(found.graphs)) {
    const conditional = conditionalEdges.flatMap((it) => it.edges).length;
    console.log(`${channel}: ${nodes.length} releases, ${edges.length} edges, ${conditional} conditional`);
  }
  console.log(`${files.size} files in ${out}`);
}
