import { isDeepStrictEqual } from "node:util";
import { UserError } from "../errors";
import { ask } from "./converge";
import type { Ironic, Node } from "./ironic";
import { markIn, type Mark } from "./marks";
import { isFree, isRunning, wayOut } from "./node-states";
import { waitFor } from "./wait";

/** Minutes that undeploying and cleaning may take. */
export const CLEAN_MINUTES = 90;

export function isOurs({ instance_info }: Node, { stack, name }: Mark): boolean {
  return isDeepStrictEqual(markIn(instance_info), { stack, name });
}

/**
 * Undeploys a node and waits until it is cleaned. A node that is no longer ours has nothing of ours on it.
 *
 * @param mark whose deployment it is: what others deployed after us stays. @default anybody's
 * @throws UserError when it takes longer than the given minutes
 */
export async function undeploy(ironic: Ironic, id: string, mark?: Mark, minutes = CLEAN_MINUTES): Promise<void> {
  let last = "";
  const done = await waitFor(async () => {
    const node = await ironic.node(id);
    if (!node) return true;
    last = node.provision_state;
    if (isFree(node)) {
      // Told what to deploy, and never asked to: nobody else shall find it there.
      const told = mark ? isOurs(node, mark) : markIn(node.instance_info);
      if (told && last === "available") await ironic.clearInstanceInfo(node);
      return true;
    }
    if (isRunning(node) && mark && !isOurs(node, mark)) return true;
    const target = wayOut(node);
    if (target) await ask(() => ironic.provision(id, target));
    return undefined;
  }, minutes);
  if (done) return;
  throw new UserError(
    `Node ${id} was still ${last} after ${String(minutes)} min of being undeployed: run it again, which waits on.`,
  );
}
