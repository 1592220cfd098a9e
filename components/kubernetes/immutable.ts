import type { Manifest } from "./object";

/** What becomes of a living object when a field of it is to change. */
export type Fate = "replaced" | "refused";

/**
 * Fields that no living object changes, as `group/Kind path`: the published plugin replaces the object for some, and for others the
 * API server refuses what the plugin asks for.
 */
const IMMUTABLE: [field: RegExp, fate: Fate][] = [
  [/^apps\/(Deployment|DaemonSet|StatefulSet) spec\.selector/, "replaced"],
  [/^apps\/StatefulSet spec\.(podManagementPolicy|revisionHistoryLimit|serviceName|volumeClaimTemplates)/, "replaced"],
  [/^batch\/Job spec\.(completions|parallelism|selector|template)/, "replaced"],
  [/^rbac\.authorization\.k8s\.io\/(Cluster)?RoleBinding roleRef/, "replaced"],
  [/^storage\.k8s\.io\/StorageClass (parameters|provisioner)/, "replaced"],
  [/^\/PersistentVolumeClaim spec\.(accessModes|selector|storageClassName|volumeName)/, "replaced"],
  [
    /^\/PersistentVolume spec\.(?!capacity|claimRef|accessModes|persistentVolumeReclaimPolicy|mountOptions)/,
    "replaced",
  ],
  [/^\/Pod spec\./, "replaced"],
  [/^\/ResourceQuota spec\.scopes/, "replaced"],
  [/^\/Secret type/, "replaced"],
  [/^\/Service spec\.clusterIP$/, "replaced"],
  [/^\/PersistentVolumeClaim spec\.(volumeMode|dataSource|dataSourceRef)/, "refused"],
  [/^storage\.k8s\.io\/StorageClass (volumeBindingMode|reclaimPolicy)/, "refused"],
  [/^scheduling\.k8s\.io\/PriorityClass (value|preemptionPolicy)/, "refused"],
  [/^apiextensions\.k8s\.io\/CustomResourceDefinition spec\.(scope|group|names\.(kind|plural))/, "refused"],
];

/** A resource like `DeploymentPatch`, which changes some fields of an object that is not its own. */
export function isPatch(type: string, { kind }: { kind?: unknown }): boolean {
  return type.endsWith("Patch") && !String(kind).endsWith("Patch");
}

/**
 * What a change at `path` (`spec.selector.matchLabels.app`) does to an object, if it is more than a change.
 * @param mutable whether the provider changes data of ConfigMaps, or Secrets, in place
 */
export function fateOf(
  { apiVersion, kind, immutable }: Pick<Manifest, "apiVersion" | "kind"> & { immutable?: unknown },
  path: string,
  mutable: (kind: "ConfigMap" | "Secret") => boolean,
): Fate | undefined {
  if (/^(kind|metadata|metadata\.(name|namespace))$/.test(path)) return "replaced";
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0]! : "";
  const field = `${group}/${kind} ${path}`;
  const [, holder] = /^\/(ConfigMap|Secret) (?:data|stringData|binaryData)/.exec(field) ?? [];
  if (holder) return immutable === true || !mutable(holder as "ConfigMap" | "Secret") ? "replaced" : undefined;
  return IMMUTABLE.find(([pattern]) => pattern.test(field))?.[1];
}
