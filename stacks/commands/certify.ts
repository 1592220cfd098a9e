import type { Command } from "commander";
import { DEFAULT_PARALLEL } from "./options";

interface Options {
  follow: boolean;
}

/** `certify STACK [NAME] [--no-follow]`, `upgrade-test STACK [NAME] [--no-follow]` */
export function register(program: Command): void {
  verb(program, "certify", "test conformance of a cluster that runs a release, and follow it");
  verb(program, "upgrade-test", "upgrade a cluster to a release and look what comes of it, and follow it");
}

function verb(program: Command, name: "certify" | "upgrade-test", summary: string): void {
  program
    .command(name)
    .summary(summary)
    .description(
      "Creates the run of a test and follows it; fails when it fails. The cluster under test is named in the stack.",
    )
    .argument("<stack>", "name of the stack: kind, existing, …")
    .argument("[name]", "name of the test in the stack; not needed where there is only one")
    .option("--follow", "follow the run to its end (the default)", true)
    .option("--no-follow", "end once it is created")
    .action((stack: string, test: string | undefined, options: Options) => begin(name, stack, test, options));
}

async function begin(
  verb: "certify" | "upgrade-test",
  stack: string,
  name: string | undefined,
  { follow }: Options,
): Promise<void> {
  const [{ deployedOutputs }, { runBuild }, { chooseTest }, { DEFAULT_LIMITS }] = await Promise.all([
    import("./deploy"),
    import("./follow/build"),
    import("./follow/choose"),
    import("./engine/watch"),
  ]);
  const outputs = await deployedOutputs(verb, stack, { ...DEFAULT_LIMITS, parallel: DEFAULT_PARALLEL });
  await runBuild(stack, chooseTest(verb, stack, outputs, name), outputs.kubeconfig, follow);
}
