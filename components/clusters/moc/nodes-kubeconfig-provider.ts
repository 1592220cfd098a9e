import { existsSync } from "node:fs";
import type { dynamic } from "@pulumi/pulumi";
import { UserError } from "../../errors";
import { readKubeconfig } from "../kubeconfig";

/** Inputs of the kubeconfig of a cluster that the nodes' image brings. */
export interface NodesKubeconfigInputs {
  /** File on this machine. */
  path: string;
  /** Ids of the deployments of the nodes: others are another cluster. */
  deployments: string[];
}

export interface NodesKubeconfigState extends NodesKubeconfigInputs {
  /** A secret. */
  kubeconfig: string;
}

/** @throws UserError as long as nobody has put the file there: the nodes stay, and the next run goes on from here */
async function stateOf(inputs: NodesKubeconfigInputs): Promise<NodesKubeconfigState> {
  if (!existsSync(inputs.path)) {
    throw new UserError(
      `The nodes run their image, and ${inputs.path} is not there: put the kubeconfig of their cluster there ` +
        `(cluster.image.kubeconfig) and run the same command again.`,
    );
  }
  return { ...inputs, kubeconfig: await readKubeconfig(inputs.path) };
}

async function create(inputs: NodesKubeconfigInputs): Promise<dynamic.CreateResult<NodesKubeconfigState>> {
  const state = await stateOf(inputs);
  return { id: [...inputs.deployments].sort().join(","), outs: state };
}

/** Other deployments are another cluster. */
export const replacedBy = ["deployments"];

async function diff(_id: string, olds: NodesKubeconfigState, news: NodesKubeconfigInputs): Promise<dynamic.DiffResult> {
  if (olds.deployments.join() !== news.deployments.join()) return { changes: true, replaces: replacedBy };
  // The file may be on another machine than this one.
  if (olds.path === news.path && !existsSync(news.path)) return { changes: false };
  return { changes: (await stateOf(news)).kubeconfig !== olds.kubeconfig || olds.path !== news.path };
}

async function update(
  _id: string,
  _olds: NodesKubeconfigState,
  news: NodesKubeconfigInputs,
): Promise<dynamic.UpdateResult<NodesKubeconfigState>> {
  return { outs: await stateOf(news) };
}

export const provider: dynamic.ResourceProvider = { create, diff, update };
