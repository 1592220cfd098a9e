import { UserError } from "../../errors";

/** The longest name below `api.<name>.<baseDomain>` that OKD makes by itself, and the longest that DNS takes. */
const LONGEST_ROUTE = "alertmanager-main-openshift-monitoring.apps.";
const LONGEST_NAME = 253;
/** Of the name of a cluster: its installer's. */
const LONGEST_CLUSTER = 54;

/**
 * Holds the name of a stack, which is its cluster's too, against what DNS and the installer take.
 *
 * @throws UserError
 */
export function requireClusterName(stack: string, baseDomain: string | undefined): void {
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(stack) || stack.length > LONGEST_CLUSTER) {
    throw new UserError(
      `Stack ${stack} cannot be a cluster on the MOC, which bears its name in DNS: call it by at most ${LONGEST_CLUSTER} lower-case ` +
        `letters, digits and dashes, with none at an end (copy stacks/Pulumi.${stack}.yaml under the new name).`,
    );
  }
  const longest = `${LONGEST_ROUTE}${stack}.${baseDomain ?? ""}`;
  if (longest.length <= LONGEST_NAME) return;
  throw new UserError(
    `cluster.okd.baseDomain is too long for stack ${stack}: ${longest} has ${longest.length} characters, and DNS takes ${LONGEST_NAME}.`,
  );
}
