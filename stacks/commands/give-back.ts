import type { Command } from "commander";
import { UserError } from "../../components/errors";

/** `give-back STACK NODE` */
export function register(program: Command): void {
  program
    .command("give-back")
    .summary("take the last worker out of a cluster on the MOC, and give its machine back")
    .description(
      "Moves the pods of the node elsewhere, takes it out of the cluster, undeploys the machine and ends its claim; a lease that was granted stays. It asks nothing. Afterwards cluster.nodes.workers has to be one less.",
    )
    .argument("<stack>", "name of the stack: moc, moc-test, …")
    .argument("<node>", "name of the node: worker-1")
    .action(giveBack);
}

async function giveBack(stack: string, node: string): Promise<void> {
  const [{ readStack }, { cloudOf }, { openStack }, { markedBy }, { free }, { deployedOutputs }, limits] =
    await Promise.all([
      import("./stack"),
      import("./cloud"),
      import("../../components/openstack/client"),
      import("../../components/openstack/leftovers"),
      import("../clusters/openstack-leftovers"),
      import("./deploy"),
      import("./options"),
    ]);
  const cloud = openStack(cloudOf("give-back", stack, readStack(stack).configuration));
  const { kubeconfig, nodes = [] } = await deployedOutputs("give-back", stack, limits.defaultOptions());
  requireLastWorker(
    stack,
    node,
    nodes.map(({ name }) => name),
  );
  const [{ connect }, { drain }] = await Promise.all([
    import("../../components/kubernetes/connection"),
    import("../../components/clusters/moc/drain"),
  ]);
  say(`${node}: its pods move elsewhere`);
  const wasThere = await drain(await connect(kubeconfig), node);
  say(`${node}: ${wasThere ? "is out of the cluster" : "was no node of the cluster any more"}`);
  await free(
    (await markedBy(stack, cloud)).filter(({ name }) => name === node),
    say,
  );
  const left = nodes.filter(({ name }) => name.startsWith("worker-")).length - 1;
  say(`Now set cluster.nodes.workers to ${String(left)} and run it: npm run up -- ${stack}`);
}

/**
 * Names are counted, so that the last one goes; what holds the cluster's state is never fewer than it was made with.
 *
 * @throws UserError for any other node
 */
export function requireLastWorker(stack: string, node: string, nodes: string[]): void {
  const workers = nodes.filter((name) => name.startsWith("worker-"));
  if (node === workers.at(-1)) return;
  if (!nodes.includes(node)) {
    throw new UserError(`Stack ${stack} has no node ${node}, it has ${nodes.join(", ") || "none"}.`, 2);
  }
  throw new UserError(
    workers.length === 0 || !workers.includes(node)
      ? `${node} is a control plane of stack ${stack}, and its etcd would lose a member: only workers are given back.`
      : `${node} is not the last worker of stack ${stack}: names are counted, so give ${workers.at(-1)!} back first.`,
    2,
  );
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
