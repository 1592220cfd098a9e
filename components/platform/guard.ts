import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamic";
import { UserError } from "../errors";
import { type KubernetesClient, idOf, type KubeObject, UnknownKind, Unreachable } from "../kubernetes/client";
import { connect } from "../kubernetes/connection";
import { STACK } from "../kubernetes/marks";
import type { Kind } from "./part";

interface Inputs {
  stack: string;
  kubeconfig: string;
  /** Kinds of objects that go with what is guarded. */
  kinds: Kind[];
  /** A cluster that cannot be reached counts as gone. */
  deleteUnreachable: boolean;
}

/** How many objects a refusal names. */
const NAMED = 10;

/** The objects of the kinds that are not of this stack, as `PipelineRun team/build`. */
async function foreignObjects({ kubeconfig, kinds, stack }: Inputs): Promise<string[]> {
  const cluster = await connect(kubeconfig);
  const [namespaces, ...lists] = await Promise.all([
    cluster.list({ apiVersion: "v1", kind: "Namespace", metadata: {} }, `${STACK}=${stack}`),
    ...kinds.map((kind) => listOf(cluster, kind)),
  ]);
  const own = new Set(namespaces.map(({ metadata }) => metadata.name));
  const known = new Set(kinds.map(({ kind }) => kind));
  const isForeign = ({ metadata: { namespace, labels, annotations, ownerReferences } }: KubeObject): boolean =>
    !own.has(namespace) &&
    labels?.[STACK] !== stack &&
    annotations?.[STACK] !== stack &&
    // It goes with its owner, which is named already.
    !(ownerReferences as { kind: string }[] | undefined)?.some(({ kind }) => known.has(kind));
  return lists.flatMap((objects, index) =>
    objects.filter(isForeign).map((object) => `${kinds[index]!.kind} ${idOf(object)}`),
  );
}

async function listOf(cluster: KubernetesClient, kind: Kind): Promise<KubeObject[]> {
  try {
    return await cluster.list({ ...kind, metadata: {} });
  } catch (error) {
    if (error instanceof UnknownKind) return [];
    throw error;
  }
}

async function refuseWhileNeeded(inputs: Inputs): Promise<void> {
  const foreign = await foreignObjects(inputs).catch((error: Error) => {
    if (error instanceof Unreachable && inputs.deleteUnreachable) return [];
    throw new UserError(
      `The platform is not removed because its cluster cannot be asked who uses it: ${error.message}`,
    );
  });
  if (foreign.length === 0) return;
  const rest = foreign.length > NAMED ? ` and ${foreign.length - NAMED} more` : "";
  throw new UserError(
    "The platform is not removed because objects that are not of this stack would go with it: " +
      `${foreign.slice(0, NAMED).join(", ")}${rest}; remove these first.`,
  );
}

export const provider: pulumi.dynamic.ResourceProvider<Inputs, Inputs> = {
  create: (inputs) => Promise.resolve({ id: inputs.stack, outs: inputs }),
  /** A kind that is no longer guarded is one whose part is about to be removed. */
  async update(_id, olds, news) {
    const kinds = olds.kinds.filter((old) => !news.kinds.some((kind) => isDeepStrictEqual(kind, old)));
    if (kinds.length > 0) await refuseWhileNeeded({ ...news, kinds });
    return { outs: news };
  },
  delete: (_id, inputs) => refuseWhileNeeded(inputs),
};

/**
 * Keeps the platform's parts in the cluster as long as others use them: removing one is refused, and the users are named. Removing
 * a part removes its definitions, and with them every object of these kinds, whoever made it. The guard depends on everything
 * else, so that it is the first thing to be removed.
 */
export class Guard extends DynamicResource {
  constructor(
    name: string,
    args: Omit<Inputs, "kubeconfig"> & { kubeconfig: pulumi.Output<string> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super("Guard", name, args, { ...opts, additionalSecretOutputs: ["kubeconfig"] });
  }
}
