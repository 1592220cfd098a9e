import { Option, type Command } from "commander";
import { UserError } from "../../components/errors";

interface Options {
  json?: boolean;
  open?: boolean;
}

/** `status STACK [--open | --json]` */
export function register(program: Command): void {
  program
    .command("status")
    .summary("show what a stack builds, and what needs somebody")
    .description(
      "Shows streams, layers, releases, upgrade edges, payloads, operators and certifications of a deployed stack, and first what is overdue or failed, " +
        "with a command that looks closer at it. It asks the gate and the cluster, and changes nothing.",
    )
    .argument("<stack>", "name of the stack: kind, existing, …")
    .option("--open", "as a page in the browser, from this machine alone, until ^C")
    .addOption(new Option("--json", "as data").conflicts("open"))
    .action(status);
}

async function status(stack: string, { json, open }: Options): Promise<void> {
  if (open && process.env.CI) {
    throw new UserError("status --open opens a browser, and CI has nobody to look at it: leave --open out.", 2);
  }
  const [{ deployedOutputs }, { connect }, { lookerAt }, { statusLines }, { showPage }, { defaultOptions }] =
    await Promise.all([
      import("./deploy"),
      import("../../components/kubernetes/connection"),
      import("./status/look"),
      import("./status/text"),
      import("./status/show"),
      import("./options"),
    ]);
  const outputs = await deployedOutputs("status", stack, defaultOptions());
  const look = lookerAt(stack, outputs, await connect(outputs.kubeconfig));
  if (open) {
    await showPage(look);
    return;
  }
  const found = await look();
  process.stdout.write(json ? `${JSON.stringify(found, undefined, 2)}\n` : `${statusLines(found).join("\n")}\n`);
}
