import type { Command } from "commander";

interface Options {
  json?: boolean;
}

/** `capacity STACK [--json]` */
export function register(program: Command): void {
  program
    .command("capacity")
    .summary("show the machines that a stack could claim, now and later")
    .description(
      "Lists the nodes that ESI-Leap offers to the project of a stack, by resource class and time, and those that the project holds. It changes nothing.",
    )
    .argument("<stack>", "name of the stack: moc, moc-test, …")
    .option("--json", "print {classes, windows} on stdout; times are UTC")
    .action(capacity);
}

async function capacity(stack: string, { json }: Options): Promise<void> {
  const [{ readStack }, { cloudOf }, { openStack }, { EsiLeap }, { capacityOf }, { capacityLines }] = await Promise.all(
    [
      import("./stack"),
      import("./cloud"),
      import("../../components/openstack/client"),
      import("../../components/openstack/esi-leap"),
      import("../../components/openstack/capacity"),
      import("./capacity-text"),
    ],
  );
  const cloud = openStack(cloudOf("capacity", stack, readStack(stack).configuration), process.env);
  const leap = new EsiLeap(cloud);
  const [offers, leases, nodes, project] = await Promise.all([
    leap.offers(),
    leap.leases(),
    leap.nodes(),
    cloud.projectId(),
  ]);
  const found = capacityOf({ offers, leases, nodes, project });
  const lines = json ? [JSON.stringify(found, undefined, 2)] : capacityLines(found);
  process.stdout.write(`${lines.join("\n")}\n`);
}
