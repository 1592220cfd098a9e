import { UserError } from "../../../components/errors";
import { type KubernetesClient, type KubeObject, label } from "../../../components/kubernetes/client";
import type { Manifest } from "../../../components/kubernetes/object";
import { eachOf } from "../../each-of";
import { NAMES } from "./owner";
import type { Deliverer } from "../../../components/delivery/hands";

const BESIDE = 12;

/** By what names they apply objects; the plugin made up names of its own before the stack gave it one. */
const MANAGERS: Record<Deliverer, RegExp> = {
  pulumi: /^(okd-streams$|pulumi-kubernetes)/,
  argocd: /^argocd-controller$/,
};

/** Those who apply fields of an object for one of both hands. */
export function managersOf({ metadata }: KubeObject, of: Deliverer): string[] {
  const entries = (metadata.managedFields ?? []) as { manager?: string; operation?: string }[];
  return entries.flatMap(({ manager = "", operation }) =>
    operation === "Apply" && MANAGERS[of].test(manager) ? [manager] : [],
  );
}

/**
 * Has a former owner give up its fields: as long as they are its own, too, what the new owner takes out would stay. What was its own
 * alone, as its annotations, goes.
 *
 * @throws UserError for an object that the new owner does not have
 */
export async function giveUpFields(
  cluster: Pick<KubernetesClient, "get" | "apply">,
  objects: Manifest[],
  { from, to }: { from: Deliverer; to: Deliverer },
): Promise<void> {
  await eachOf(objects, BESIDE, async (object) => {
    const live = await cluster.get(object);
    if (!live) return;
    const former = managersOf(live, from);
    if (former.length > 0 && managersOf(live, to).length === 0) {
      throw new UserError(`${label(object)} is not ${NAMES[to]}'s yet: run it again.`);
    }
    const { apiVersion, kind, metadata } = object;
    // By its uid: one that has gone meanwhile is not made anew, with nothing in it.
    const nothing = {
      ...{ apiVersion, kind },
      metadata: { name: metadata.name, namespace: metadata.namespace, uid: live.metadata.uid as unknown },
    };
    for (const fieldManager of former) await cluster.apply(nothing, { fieldManager });
  });
}

/** The uids of objects that are there, by what names them. */
export async function uidsOf(
  cluster: Pick<KubernetesClient, "get">,
  objects: Manifest[],
): Promise<Map<Manifest, unknown>> {
  const found = await eachOf(objects, BESIDE, async (object) => [object, await cluster.get(object)] as const);
  return new Map(found.flatMap(([object, live]) => (live ? [[object, live.metadata.uid as unknown] as const] : [])));
}

/** @throws UserError for an object that is another one than before, or none */
export async function requireSameOnes(
  cluster: Pick<KubernetesClient, "get">,
  before: Map<Manifest, unknown>,
): Promise<void> {
  const now = await uidsOf(cluster, [...before.keys()]);
  const [other] = [...before].find(([object, uid]) => now.get(object) !== uid) ?? [];
  if (!other) return;
  throw new UserError(
    `${label(other)} is not the one that was there before, somebody removed it meanwhile: look at the runs that use it.`,
  );
}
