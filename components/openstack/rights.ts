import type { OpenStack } from "./client";
import { OpenStackError } from "./failure";
import { Ironic } from "./ironic";

/**
 * Whether the site's rules let this account deploy and undeploy a node that it holds. The request names a state that does not
 * exist: those with the right get a 400, those without it a 403, and nothing happens to the node.
 *
 * @returns Ironic's refusal; undefined if it is allowed
 */
export async function refusalToDeploy(cloud: OpenStack, node: string): Promise<OpenStackError | undefined> {
  try {
    await new Ironic(cloud).provision(node, NO_STATE);
  } catch (error) {
    if (!(error instanceof OpenStackError)) throw error;
    if ([401, 403].includes(error.status)) return error;
    if (error.isUnanswered) throw error;
  }
  return undefined;
}

const NO_STATE = "okd-streams-asks";
