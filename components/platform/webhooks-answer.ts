import { setTimeout as sleep } from "node:timers/promises";
import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamic";
import { UserError } from "../errors";
import { type Cluster, type Fields, label, Refused } from "../kubernetes/client";
import type { Manifest } from "../kubernetes/object";
import { connect } from "../kubernetes/connection";

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

/** Why a part does not answer yet; `undefined` once it does. */
async function lack(cluster: Cluster, { sample, field }: Inputs): Promise<string | undefined> {
  try {
    if (field !== undefined) {
      const live: Fields | undefined = await cluster.get(sample);
      const found = field.split(".").reduce<Fields | undefined>((at, key) => at?.[key] as Fields | undefined, live);
      return found ? undefined : `${label(sample)} has no ${field}`;
    }
    await cluster.apply(sample, { fieldManager: "okd-streams", force: true, dryRun: true });
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    // A webhook that says no has answered.
    if (/admission webhook .* denied the request/.test(message)) return undefined;
    if (error instanceof Refused && (error.code === 401 || error.code === 403)) throw error;
    return message;
  }
}

async function untilAnswered(inputs: Inputs): Promise<void> {
  const { part, kubeconfig, patience } = inputs;
  const cluster = await connect(kubeconfig);
  const deadline = Date.now() + patience * 1000;
  for (let pause = 250; ; pause = Math.min(pause * 2, 2_000)) {
    const reason = await lack(cluster, inputs);
    if (reason === undefined) return;
    if (Date.now() + pause > deadline) {
      throw new UserError(`${part} does not answer after ${patience} s: ${reason}`);
    }
    await sleep(pause);
  }
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
