import { UserError } from "../../components/errors";
import { CLUSTER_KINDS, kindOf } from "../clusters/kinds";
import type { Configuration } from "../configuration/schema";
import { alternatives } from "../configuration/suggest";

/** Name of the cloud, in clouds.yaml, that a stack is on. @throws UserError for a stack that is on none */
export function cloudOf(verb: string, stack: string, { cluster }: Pick<Configuration, "cluster">): string {
  const cloud = kindOf(cluster).cloud?.(cluster);
  if (cloud !== undefined) return cloud;
  const onClouds = Object.entries(CLUSTER_KINDS).flatMap(([type, kind]) => (kind.cloud ? [type] : []));
  throw new UserError(
    `Stack ${stack} has a cluster of type ${cluster.type}: ${verb} is for those on OpenStack, whose type is ${alternatives(onClouds)}.`,
    2,
  );
}
