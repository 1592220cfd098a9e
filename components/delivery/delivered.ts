import { groupOf } from "../kubernetes/manifest";
import type { Manifest } from "../kubernetes/object";

/** Kinds that stay Pulumi's: values that are in no Git, volumes that outlive what mounts them. */
const KEPT = ["Secret", "PersistentVolumeClaim"];

/**
 * Whether an object of a workplace is one that Argo CD delivers where a stack says so. Each object has one owner: what is in no
 * namespace, namespaces among it, is Pulumi's, and so is the admission that holds what starts runs.
 */
export function isDelivered({ kind, metadata }: Manifest): boolean {
  return metadata.namespace !== undefined && !KEPT.includes(kind);
}

const WAVE = "argocd.argoproj.io/sync-wave";

/** What an object needs before it, in the order in which Tekton takes it; what is in no list comes first: accounts, rights, data. */
const WAVES = [
  ["StepAction", "Task"],
  ["Pipeline"],
  ["TriggerBinding", "TriggerTemplate", "Interceptor"],
  ["Trigger"],
  ["EventListener", "CronJob", "Deployment", "Service"],
];

/**
 * An object as Git has it for Argo CD: with its wave, without what is said to Pulumi alone, and left alone when somebody removes
 * the Application.
 */
export function forArgoCd(object: Manifest): Manifest {
  const { annotations = {}, ...metadata } = object.metadata;
  const own = Object.entries(annotations).filter(([key]) => !key.startsWith("pulumi.com/"));
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...Object.fromEntries(own), [WAVE]: String(waveOf(object)) } },
  };
}

function waveOf(object: Manifest): number {
  const isTekton = groupOf(object).endsWith("tekton.dev");
  const index = WAVES.findIndex((kinds) => kinds.includes(object.kind));
  return index < 0 || (index < WAVES.length - 1 && !isTekton) ? 0 : index + 1;
}
