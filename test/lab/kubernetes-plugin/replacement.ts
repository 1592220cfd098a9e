import { type Fields, groupOf, type KubeObject } from "../../../components/kubernetes/client";

/** Changes that the API server, or the published plugin, does not make to a living object: `group/Kind path`. */
const IMMUTABLE = [
  /^apps\/(Deployment|DaemonSet|StatefulSet) spec\.selector/,
  /^apps\/StatefulSet spec\.(podManagementPolicy|revisionHistoryLimit|serviceName|volumeClaimTemplates)/,
  /^batch\/Job spec\.(completions|parallelism|selector|template)/,
  /^rbac\.authorization\.k8s\.io\/(Cluster)?RoleBinding roleRef/,
  /^storage\.k8s\.io\/StorageClass (parameters|provisioner)/,
  /^\/(Pod spec\.|PersistentVolumeClaim spec(?!\.resources)|Secret type|Service spec\.clusterIP$)/,
];

/** A resource like `DeploymentPatch`, which changes some fields of an object that is not its own. */
export const isPatch = (type: string, { kind }: Fields): boolean =>
  type.endsWith("Patch") && !String(kind).endsWith("Patch");

/**
 * Whether a change at `path` needs a new object.
 *
 * @param setting reads a setting of the provider: `enableConfigMapMutable`, `enableSecretMutable`
 */
export function mustReplace(
  path: string,
  before: KubeObject,
  after: KubeObject,
  type: string,
  setting: (name: string) => boolean,
): boolean {
  if (path === "apiVersion") return groupOf(before) !== groupOf(after);
  if (/^(kind|metadata|metadata\.(name|namespace))$/.test(path)) return true;
  if (isPatch(type, after)) return false;
  const subject = `${groupOf(after)}/${after.kind} ${path}`;
  const [, kind] = /^\/(ConfigMap|Secret) (?:data|stringData|binaryData)/.exec(subject) ?? [];
  if (kind) return before.immutable === true || !setting(`enable${kind}Mutable`);
  return IMMUTABLE.some((it) => it.test(subject));
}
