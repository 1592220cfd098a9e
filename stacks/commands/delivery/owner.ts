import type { Deliverer } from "../../../components/delivery/hands";
import { UserError } from "../../../components/errors";
import type { Manifest } from "../../../components/kubernetes/object";
import type { Configuration } from "../../configuration/schema";
import { deliverable, deliverableResources } from "../../preview/delivered";
import type { Deployment } from "../engine/adopt";

/** Their names. */
export const NAMES: Record<Deliverer, string> = { pulumi: "Pulumi", argocd: "Argo CD" };

/** Who delivers the sets of a stack, as its state says: Pulumi as long as it has any of them. */
function deliveredBy({ resources = [] }: Deployment): Deliverer | undefined {
  const has = (type: RegExp) => resources.some((it) => type.test(it.type));
  if (has(/^kubernetes:tekton\.dev\/\w+:(Task|Pipeline)$/)) return "pulumi";
  return has(APPLICATION) ? "argocd" : undefined;
}

const APPLICATION = /^kubernetes:argoproj\.io\/\w+:Application$/;

/** The objects of the sets that Pulumi has, in the form that Git has them in. */
export function ofPulumi({ resources = [] }: Deployment): Manifest[] {
  return deliverable(resources);
}

/** Argo CD's Applications of a stack, as it declares them. */
export function applicationsOf({ resources = [] }: Deployment): Manifest[] {
  return resources.filter(({ type }) => APPLICATION.test(type)).map(({ inputs }) => inputs as Manifest);
}

/** The same with their project, which comes first. */
export function objectsOfArgoCd({ resources = [] }: Deployment): Manifest[] {
  const found = resources.filter(({ type }) => /^kubernetes:argoproj\.io\/\w+:(Application|AppProject)$/.test(type));
  return found.map(({ inputs }) => inputs as Manifest).sort((a, b) => (a.kind < b.kind ? -1 : 1));
}

/** Whether Pulumi has objects that it would remove if it dropped them. */
export function isPulumis({ resources = [] }: Deployment): boolean {
  return deliverableResources(resources).some(({ retainOnDelete }) => !retainOnDelete);
}

/** Whether Argo CD delivers all of these objects, and nothing is left to be dropped. */
export function isArgoCds(state: Deployment, objects: Manifest[]): boolean {
  const syncing = applicationsOf(state).filter(({ spec }) => (spec as ApplicationSpec).syncPolicy.automated);
  const namespaces = new Set(syncing.map(({ spec }) => (spec as ApplicationSpec).destination.namespace));
  return objects.every((it) => namespaces.has(it.metadata.namespace!)) && ofPulumi(state).length === 0;
}

interface ApplicationSpec {
  destination: { namespace: string };
  syncPolicy: { automated?: object };
}

/**
 * `up` would have the one remove what the other is to bring, and runs with it.
 *
 * @throws UserError where a stack that is deployed is to be delivered by the other
 */
export function refuseToSwitch(stack: string, { by }: Pick<Configuration["delivery"], "by">, state: Deployment): void {
  const now = deliveredBy(state);
  if (now === undefined || now === by) return;
  throw new UserError(
    `Stack ${stack} is deployed with its pipelines delivered by ${NAMES[now]}: npm run delivery -- ${stack} ${by} has ` +
      `${NAMES[by]} take them over as they are, or set delivery.by to ${now}.`,
  );
}
