import type { Substitution } from "../payload/inputs";

/** What a catalog is made of, `operators.json`: all that does not change from run to run. */
export interface Operators {
  /** Images that bundles name, by pattern → the operator, operand or component of the release that takes their place. */
  images: Substitution[];
  /** Operators by the names of their images. */
  operators: Record<string, Operator>;
}

/** What is said of an operator's bundle; what is not is as in its repository. */
export interface Operator {
  /** Folders of its repository whose manifests are the bundle's. */
  manifests: string[];
  /** Folder with `annotations.yaml`. */
  metadata?: string;
  /** Name of the package. */
  package?: string;
  channels?: string[];
  /** Semantic version. */
  version?: string;
}

/** A blob of a file-based catalog. */
export interface Blob {
  schema: string;
  name?: string;
  package?: string;
  [field: string]: unknown;
}

/** A bundle as it is in an image. */
export interface Bundle {
  /** The operator's. */
  operator: string;
  /** Of its ClusterServiceVersion: `local-storage-operator.v4.22.0`. */
  name: string;
  package: string;
  version: string;
  channels: string[];
  defaultChannel?: string;
  /** Lower end of versions that may be skipped, as the repository says it. */
  skipsFrom?: string;
  icon?: { base64data: string; mediatype: string };
  /** What catalogs hold of it, without its image. */
  properties: { type: string; value: unknown }[];
  relatedImages: RelatedImage[];
}

export interface RelatedImage {
  name: string;
  image: string;
}

/** A bundle that was made an image. */
export interface BundleImage extends Bundle {
  /** By digest. */
  image: string;
}

/** A document of a manifest. */
export type Document = Record<string, unknown>;

/** What of a ClusterServiceVersion is used. */
export interface Csv extends Document {
  kind: "ClusterServiceVersion";
  metadata: { name: string; annotations?: Record<string, string>; labels?: Record<string, string> };
  spec: {
    version?: string;
    icon?: { base64data: string; mediatype: string }[];
    customresourcedefinitions?: {
      required?: { name: string; version: string; kind: string }[];
      [field: string]: unknown;
    };
    install?: { spec?: { deployments?: { name: string; spec: { template: { spec: PodSpec } } }[] } };
    relatedImages?: RelatedImage[];
    [field: string]: unknown;
  };
}

interface PodSpec {
  containers?: Container[];
  initContainers?: Container[];
}
interface Container {
  name: string;
  image: string;
  env?: { name: string; value?: string }[];
}
