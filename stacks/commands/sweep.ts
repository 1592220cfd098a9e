import type { Command } from "commander";

interface Options {
  yes?: boolean;
}

/** `sweep [STACK] [--yes]` */
export function register(program: Command): void {
  program
    .command("sweep")
    .summary("remove what ephemeral stacks left behind, or what a stack owns on OpenStack and its state does not know")
    .description(
      "Without a stack: removes ephemeral stacks of this machine whose command has ended or that have outlived their time. With one: lists what bears the mark of a stack and is not in its state: leases, deployments, ports, addresses, networks, images. Frees it when that is confirmed. Nothing without the mark is touched. No `up` of the stack may be under way.",
    )
    .argument("[stack]", "name of a stack on OpenStack: moc, moc-test, …")
    .option("--yes", "free it without asking")
    .action(sweep);
}

async function sweep(stack: string | undefined, { yes = false }: Options): Promise<void> {
  if (stack === undefined) {
    const { sweepEphemeral } = await import("./ephemeral/remove");
    await sweepEphemeral(new Date(), say);
    return say("Nothing else was left behind by ephemeral stacks.");
  }
  const [
    { readStack },
    { cloudOf },
    { openStack },
    { findLeftovers, free },
    { leftoverLines },
    { knownState },
    { defaultOptions },
    { requireStacksOwner },
  ] = await Promise.all([
    import("./stack"),
    import("./cloud"),
    import("../../components/openstack/client"),
    import("../clusters/openstack-leftovers"),
    import("./leftovers-text"),
    import("./deploy"),
    import("./options"),
    import("./owner"),
  ]);
  const context = readStack(stack);
  const cloud = openStack(cloudOf("sweep", stack, context.configuration), process.env);
  const state = await knownState("sweep", context, defaultOptions());
  await requireStacksOwner(stack, cloud, state);
  const leftovers = await findLeftovers(stack, cloud, state);
  if (leftovers.length === 0) return say(`Nothing bears the mark of stack ${stack} that its state does not know.`);
  say(...leftoverLines(leftovers));
  if (!yes && !(await granted(stack))) return say(`Nothing was freed: npm run sweep -- ${stack} --yes frees it.`);
  await free(leftovers, say);
}

/** Asks, where there is somebody to ask. */
async function granted(stack: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const { confirm, isCancel } = await import("@clack/prompts");
  const message = `Free all of it? Whatever else is called stack ${stack} in this project loses it too.`;
  const answer = await confirm({ message, initialValue: false, output: process.stderr });
  return !isCancel(answer) && answer;
}

function say(...lines: string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
