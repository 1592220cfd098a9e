import * as pulumi from "@pulumi/pulumi";
import { version } from "@pulumi/kubernetes/package.json";

/** A Kubernetes object as its YAML says it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  // The rest differs from kind to kind: `spec`, `data`, `rules` …
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  [field: string]: any;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  [field: string]: unknown;
}

/** Version of the Kubernetes plugin that every object and provider asks for. */
export const KUBERNETES_PLUGIN_VERSION: string = version;

/** Owner of the fields that stacks set, as `managedFields` shows it. */
export const FIELD_MANAGER = "okd-streams";

/** Pulumi's type token for an object: `kubernetes:apps/v1:Deployment`, `kubernetes:core/v1:Secret`. */
export function typeToken({ apiVersion, kind }: Pick<Manifest, "apiVersion" | "kind">): string {
  return `kubernetes:${apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`}:${kind}`;
}

/** `namespace/name`, or `name` where there is no namespace: unique among the objects of a kind. */
export function objectName({ metadata: { namespace, name } }: Pick<Manifest, "metadata">): string {
  return namespace ? `${namespace}/${name}` : name;
}

/**
 * The manifest with the owner of its fields. The plugin's own choice is another name at each attempt, and an object
 * that a killed `up` has made would refuse the next one where the API server completed a field.
 */
function withFieldManager(manifest: Manifest): Manifest {
  const { metadata } = manifest;
  const annotations = { ...metadata.annotations, "pulumi.com/patchFieldManager": FIELD_MANAGER };
  return { ...manifest, metadata: { ...metadata, annotations } };
}

/** Secret inputs too: a preview prints them while the cluster, and with it the plugin's own care, is not there yet. */
function withSecretData({ data, stringData, ...rest }: Manifest): pulumi.Inputs {
  return {
    ...rest,
    ...(data !== undefined && { data: pulumi.secret(data) }),
    ...(stringData !== undefined && { stringData: pulumi.secret(stringData) }),
  };
}

/**
 * One object of any kind as one Pulumi resource, so that `preview --diff` shows a changed field as one line.
 * Its inputs are the manifest as it stands and the owner of its fields. The data of a Secret are secret in the state.
 */
export class KubernetesObject extends pulumi.CustomResource {
  /** As the API server has it, with what it filled in; of kinds that have one. */
  declare readonly spec: pulumi.Output<Manifest["spec"]>;

  constructor(manifest: Manifest, opts: pulumi.CustomResourceOptions, name: string = objectName(manifest)) {
    super(
      typeToken(manifest),
      name,
      manifest.kind === "Secret" ? withSecretData(withFieldManager(manifest)) : withFieldManager(manifest),
      pulumi.mergeOptions(opts, {
        version,
        ...(manifest.kind === "Secret" && { additionalSecretOutputs: ["data", "stringData"] }),
      }),
    );
  }
}

/**
 * Some fields of an object that others made. They are given back when the resource is removed; fields that somebody else
 * has set already are a conflict, not ours to take.
 */
export class KubernetesPatch extends pulumi.CustomResource {
  constructor(manifest: Manifest, opts: pulumi.CustomResourceOptions, name: string = objectName(manifest)) {
    super(`${typeToken(manifest)}Patch`, name, withFieldManager(manifest), pulumi.mergeOptions(opts, { version }));
  }
}
