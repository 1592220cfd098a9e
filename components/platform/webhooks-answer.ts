import type * as pulumi from "@pulumi/pulumi";
import { AbortError } from "p-retry";
import { DynamicResource } from "../dynamic";
import { UserError } from "../errors";
import { type KubernetesClient, type Fields, label, Refused } from "../kubernetes/client";
import type { Manifest } from "../kubernetes/object";
import { connect } from "../kubernetes/connection";
import { patiently } from "./patience";

interface Inputs {
  /** Name of the part, for messages. */
  part: string;
  /** Another version is asked again. */
  version: string;
  kubeconfig: string;
  /** An object that the webhooks judge; it is never created. */
  sample: Manifest;
  /** Field of the object of that name that the part fills in, awaited instead: `spec.clientConfig.caBundle`. @default none */
  field?: string;
  /** Seconds to wait. */
  patience: number;
}

/** @throws Error with the reason as long as the part does not answer; AbortError where it never will */
async function ask(cluster: KubernetesClient, { sample, field }: Inputs): Promise<void> {
  try {
    if (field === undefined) {
      await cluster.apply(sample, { fieldManager: "okd-streams", force: true, dryRun: true });
      return;
    }
    const live: Fields | undefined = await cluster.get(sample);
    const found = field.split(".").reduce<Fields | undefined>((at, key) => at?.[key] as Fields | undefined, live);
    if (!found) throw new Error(`${label(sample)} has no ${field}`);
  } catch (error) {
    // A webhook that says no has answered.
    if (/admission webhook .* denied the request/.test((error as Error).message)) return;
    throw error instanceof Refused && (error.code === 401 || error.code === 403) ? new AbortError(error) : error;
  }
}

async function untilAnswered(inputs: Inputs): Promise<void> {
  const { part, kubeconfig, patience } = inputs;
  const cluster = await connect(kubeconfig);
  await patiently(patience, () => ask(cluster, inputs)).catch((error: Error) => {
    if (error instanceof Refused && (error.code === 401 || error.code === 403)) throw error;
    throw new UserError(`${part} does not answer after ${patience} s: ${error.message}`);
  });
}

export const provider: pulumi.dynamic.ResourceProvider<Inputs, Inputs> = {
  async create(inputs) {
    await untilAnswered(inputs);
    return { id: inputs.part, outs: inputs };
  },
  async update(_id, _olds, inputs) {
    await untilAnswered(inputs);
    return { outs: inputs };
  },
};

/**
 * There once a part answers: an object that its admission webhooks judge is tried by a dry run until then, or read until
 * the part has filled a field in. The published Kubernetes plugin does not try again what a webhook that is not up yet
 * fails.
 */
export class WebhooksAnswer extends DynamicResource {
  constructor(
    name: string,
    args: Omit<Inputs, "kubeconfig" | "patience"> & {
      kubeconfig: pulumi.Output<string>;
      /** Seconds to wait. @default 180 */
      patience?: number;
    },
    opts: pulumi.CustomResourceOptions,
  ) {
    super("WebhooksAnswer", name, { patience: 180, ...args }, { ...opts, additionalSecretOutputs: ["kubeconfig"] });
  }
}
