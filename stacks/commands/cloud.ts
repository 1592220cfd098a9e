import { UserError } from "../../components/errors";
import type { Configuration } from "../configuration/schema";

/** Name of the cloud, in clouds.yaml, that a stack is on. @throws UserError for a stack that is on none */
export function cloudOf(verb: string, stack: string, { cluster }: Configuration): string {
  if (cluster.type === "moc") return cluster.cloud;
  throw new UserError(
    `Stack ${stack} has a cluster of type ${cluster.type}: ${verb} is for those on OpenStack, whose type is moc.`,
    2,
  );
}
