import type * as pulumi from "@pulumi/pulumi";
import { AbortError } from "p-retry";
import { DynamicResource } from "../dynamic";
import { UserError } from "../errors";
import { type KubeObject, Unreachable } from "../kubernetes/client";
import { connect } from "../kubernetes/connection";
import { patiently } from "./patience";

interface Inputs {
  kubeconfig: string;
  /** The class of the volumes. */
  storageClass: string;
  /** Seconds to wait until they are gone. */
  patience: number;
}

/** How many volumes a refusal names. */
const NAMED = 10;

async function untilReleased({ kubeconfig, storageClass, patience }: Inputs): Promise<void> {
  const cluster = await connect(kubeconfig);
  const look = async (): Promise<void> => {
    const all = await cluster.list({ apiVersion: "v1", kind: "PersistentVolume", metadata: {} });
    const left = all.filter(({ spec }) => spec?.storageClassName === storageClass);
    if (left.length === 0) return;
    const rest = left.length > NAMED ? ` and ${left.length - NAMED} more` : "";
    const refusal = new UserError(
      `Storage is not removed because volumes of class ${storageClass} are left that only it can remove: ` +
        `${left.slice(0, NAMED).map(nameOf).join(", ")}${rest}; delete these claims, or keep what they hold elsewhere first.`,
    );
    // A claim that stays keeps its volume for ever.
    throw left.every(({ status }) => status?.phase === "Bound") ? new AbortError(refusal) : refusal;
  };
  await patiently(patience, look, { shouldRetry: ({ error }) => error instanceof UserError });
}

function nameOf({ metadata, spec }: KubeObject): string {
  const claim = spec?.claimRef as { namespace: string; name: string } | undefined;
  return claim ? `${claim.namespace}/${claim.name}` : metadata.name!;
}

export const provider: pulumi.dynamic.ResourceProvider<Inputs, Inputs> = {
  create: (inputs) => Promise.resolve({ id: inputs.storageClass, outs: inputs }),
  update: (_id, _olds, news) => Promise.resolve({ outs: news }),
  async delete(_id, inputs) {
    await untilReleased(inputs).catch((error: Error) => {
      if (error instanceof Unreachable) {
        throw new UserError(`Storage is not removed because its cluster cannot be asked who uses it: ${error.message}`);
      }
      throw error;
    });
  },
};

/**
 * Keeps storage in the cluster until its volumes are gone: without it nobody would remove what they hold from the nodes.
 * What has claims depends on it; it depends on the storage.
 */
export class VolumesReleased extends DynamicResource {
  constructor(
    name: string,
    args: {
      kubeconfig: pulumi.Output<string>;
      storageClass: string;
      /** Seconds to wait until they are gone. @default 180 */
      patience?: number;
    },
    opts: pulumi.CustomResourceOptions,
  ) {
    super("VolumesReleased", name, { patience: 180, ...args }, { ...opts, additionalSecretOutputs: ["kubeconfig"] });
  }
}
