import type { dynamic } from "@pulumi/pulumi";
import { openStack } from "./client";
import { Ironic } from "./ironic";

/** Inputs of taking the ISO out of a node's drive. */
export interface MediaEjectionInputs {
  /** Name of the cloud in clouds.yaml. */
  cloud: string;
  /** Uuid of the node. */
  node: string;
  /** Id of the deployment whose ISO it is: after another one it is done again. */
  deployment: string;
  /** Id of whatever has to be there first: what tells that the node needs its ISO no longer. @default nothing */
  after?: string;
}

async function create(inputs: MediaEjectionInputs): Promise<dynamic.CreateResult<MediaEjectionInputs>> {
  await new Ironic(openStack(inputs.cloud)).ejectMedia(inputs.node);
  return { id: inputs.deployment, outs: inputs };
}

async function diff(_id: string, olds: MediaEjectionInputs, news: MediaEjectionInputs): Promise<dynamic.DiffResult> {
  const replaces = (["cloud", "node", "deployment"] as const).filter((key) => olds[key] !== news[key]);
  return { changes: replaces.length > 0 || olds.after !== news.after, replaces };
}

async function update(
  _id: string,
  _olds: MediaEjectionInputs,
  news: MediaEjectionInputs,
): Promise<dynamic.UpdateResult<MediaEjectionInputs>> {
  return { outs: news };
}

export const provider: dynamic.ResourceProvider = { create, diff, update };
