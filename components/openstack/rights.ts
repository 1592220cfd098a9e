import type { OpenStack } from "./client";
import { OpenStackError } from "./failure";
import { Ironic } from "./ironic";

/**
 * Whether the site's rules let this account deploy and undeploy a node that it holds. It is asked for a state that there is
 * none of: whoever may ask gets a 400 for it, whoever may not a 403, and the node does not notice.
 *
 * @returns Ironic's refusal; undefined where it may
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
