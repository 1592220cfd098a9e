import { groupOf, type KubeObject } from "../../../components/kubernetes/client";
import { fateOf, isPatch } from "../../../components/kubernetes/immutable";

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
  if (isPatch(type, after) && !/^(kind|metadata|metadata\.(name|namespace))$/.test(path)) return false;
  return (
    fateOf({ ...after, immutable: before.immutable }, path, (kind) => setting(`enable${kind}Mutable`)) === "replaced"
  );
}
