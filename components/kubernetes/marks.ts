/** Label (on what we author) and annotation (on objects of third-party manifests) that names the stack that owns an object. */
export const STACK = "okd-streams.io/stack";

/** Labels of every object that this project authors. */
export function authored(stack: string, labels: Record<string, string> = {}): Record<string, string> {
  return { ...labels, "app.kubernetes.io/part-of": "okd-streams", [STACK]: stack };
}

/** Annotation of the StorageClass of claims that name none. */
export const DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";
