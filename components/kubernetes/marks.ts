/** Label (on what we author) and annotation (on objects of third-party manifests) that names the stack that owns an object. */
export const STACK = "okd-streams.io/stack";

/** Labels of every object that this project authors. */
export function authored(stack: string, labels: Record<string, string> = {}): Record<string, string> {
  return { ...labels, "app.kubernetes.io/part-of": "okd-streams", [STACK]: stack };
}

/** Annotation of the StorageClass of claims that name none. */
export const DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";

const BETA_DEFAULT_CLASS = "storageclass.beta.kubernetes.io/is-default-class";

interface StorageClass {
  metadata: { name?: string; creationTimestamp?: string; annotations?: Record<string, string> };
}

/** The StorageClass of claims that name none: the youngest that says so, by either annotation, as Kubernetes chooses. */
export function defaultClass<T extends StorageClass>(classes: readonly T[]): T | undefined {
  const age = ({ metadata: { creationTimestamp = "" } }: T) => creationTimestamp;
  const name = ({ metadata }: T) => metadata.name ?? "";
  return classes
    .filter(({ metadata: { annotations } }) =>
      [DEFAULT_CLASS, BETA_DEFAULT_CLASS].some((key) => annotations?.[key] === "true"),
    )
    .sort((a, b) => (age(a) === age(b) ? (name(a) < name(b) ? -1 : 1) : age(a) > age(b) ? -1 : 1))[0];
}
