import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamic";
import { UserError } from "../errors";
import { type KubeObject } from "../kubernetes/client";
import { connect } from "../kubernetes/connection";

interface Inputs {
  kubeconfig: string;
  namespace: string;
  /** Names of claims that the stack has, and their classes: a claim of another class is another claim. */
  claims: Record<string, string>;
}

/** Seconds until a Pod that has ended is gone. */
const PATIENCE = 60;
const ENDED = ["Succeeded", "Failed"];

/**
 * Deletes ended Pods that still hold the claims to be removed, and waits for those being deleted: Kubernetes keeps a claim as long
 * as any Pod names it, and Tekton keeps its runs' Pods for their logs.
 *
 * @throws UserError where a Pod has not ended
 */
async function release({ kubeconfig, namespace }: Inputs, claims: string[]): Promise<void> {
  const cluster = await connect(kubeconfig);
  const pods = await cluster.list({ apiVersion: "v1", kind: "Pod", metadata: { namespace } });
  const holding = pods.filter((pod) => claimsOf(pod).some((claim) => claims.includes(claim)));
  const running = holding.find(
    ({ metadata, status }) => !ENDED.includes(status?.phase as string) && !metadata.deletionTimestamp,
  );
  if (running) {
    const claim = claimsOf(running).find((one) => claims.includes(one));
    throw new UserError(
      `PersistentVolumeClaim ${namespace}/${claim} is to be removed, and Pod ${running.metadata.name} uses it: wait until ` +
        `its run has ended, or delete that run, and run it again.`,
    );
  }
  const patience = {
    deadline: Date.now() + PATIENCE * 1000,
    signal: new AbortController().signal,
    tell: () => undefined,
  };
  const remove = ({ metadata: { name } }: KubeObject) =>
    cluster.remove({ apiVersion: "v1", kind: "Pod", metadata: { namespace, name } }, "Background", patience);
  await Promise.all(holding.map(remove));
}

function claimsOf({ spec }: KubeObject): string[] {
  const volumes = (spec?.volumes ?? []) as { persistentVolumeClaim?: { claimName: string } }[];
  return volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
}

export const provider: pulumi.dynamic.ResourceProvider<Inputs, Inputs> = {
  create: (inputs) => Promise.resolve({ id: inputs.namespace, outs: inputs }),
  async update(_id, olds, news) {
    const gone = Object.keys(olds.claims).filter((name) => olds.claims[name] !== news.claims[name]);
    if (gone.length > 0) await release(news, gone);
    return { outs: news };
  },
};

/** Lets claims be removed that a stack had in a namespace when its runs shared volumes: they depend on it. */
export class ClaimsReleased extends DynamicResource {
  constructor(
    name: string,
    args: { kubeconfig: pulumi.Output<string>; namespace: string },
    opts: pulumi.CustomResourceOptions,
  ) {
    super("ClaimsReleased", name, { ...args, claims: {} }, { ...opts, additionalSecretOutputs: ["kubeconfig"] });
  }
}
