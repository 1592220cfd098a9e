import type { dynamic } from "@pulumi/pulumi";
import { openStack } from "./client";
import { Ironic } from "./ironic";
import { eject } from "./media";

/** Inputs of taking the ISO out of a node's drive. */
export interface MediaEjectionInputs {
  /** Name of the cloud in clouds.yaml. */
  cloud: string;
  /** Uuid of the node. */
  node: string;
  /** Id of the deployment whose ISO it is: after another one it is done again. */
  deployment: string;
  /** Id of whatever tells that the node needs its ISO no longer. @default nothing */
  after?: string;
}

/** It is done again for another of these. */
export const replacedBy = ["cloud", "node", "deployment"] as const;

async function create(inputs: MediaEjectionInputs): Promise<dynamic.CreateResult<MediaEjectionInputs>> {
  await eject(new Ironic(openStack(inputs.cloud)), inputs.node);
  return { id: inputs.deployment, outs: inputs };
}

function diff(_id: string, olds: MediaEjectionInputs, news: MediaEjectionInputs): Promise<dynamic.DiffResult> {
  const replaces = replacedBy.filter((key) => olds[key] !== news[key]);
  return Promise.resolve({ changes: replaces.length > 0, replaces });
}

/** Somebody has put it in again: it is taken out by the next `up`. */
async function read(
  id: string,
  state: MediaEjectionInputs,
): Promise<dynamic.ReadResult<MediaEjectionInputs | Record<string, never>>> {
  const inserted = await new Ironic(openStack(state.cloud)).hasMedia(state.node);
  return inserted ? { id: "", props: {} } : { id, props: state };
}

export const provider: dynamic.ResourceProvider = { create, diff, read };
