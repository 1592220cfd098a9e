import { type Manifest } from "../kubernetes/object";
import type { PartSettings } from "./schema";

/** The third-party parts of the platform, by their keys in the configuration. */
export type PartName = "tektonPipelines" | "tektonTriggers" | "argoCd" | "tektonDashboard" | "storage";

/** `install` ours, `use` what is there, `auto`: use what is there and install otherwise, `none`: do without. */
export type Mode = PartSettings["mode"];

export type PlatformSettings = Record<PartName, PartSettings>;

/** Where a version can be read in a cluster. */
export interface VersionSource {
  /** The product that says it. */
  product: string;
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
  /** The text that holds the version: `data.version`, or the first container's `image`. */
  field: "data.version" | "image" | "status.installedCSV";
  /** Oldest usable version of this product, where its numbers are not the part's. */
  minimum?: string;
  /** Namespace in which the product runs the part. @default namespace */
  home?: string;
}

/** A kind whose objects go when the part's definitions go. */
export interface Kind {
  apiVersion: string;
  kind: string;
}

/** What a part's objects depend on beside the stack. */
export interface PartContext {
  openshift: boolean;
  /** Reference of an image with sh, mkdir and rm. */
  busybox: string;
}

/** A third-party part of the platform: everything that tells it from the others. */
export interface Part {
  title: string;
  /** Version that is installed unless the stack names another. */
  version: string;
  /** Oldest version that our pipelines and components work with. @default any */
  minimum?: string;
  /** Published manifests, in the order in which they are installed; `name` is the file's in an offline folder. */
  files: { name: string; url: (version: string) => string }[];
  /** Registries that its published manifests name, as read in those of `version`: for who has to let them through beforehand. */
  registries: string[];
  /** Namespace of its own objects, and of those that name none. */
  namespace: string;
  /** What is changed of its published objects. @default nothing */
  adapt?: (object: Manifest, context: PartContext) => Manifest;
  /** The manifests leave it to others to make the namespace. @default false */
  lacksNamespace?: boolean;
  /** A definition that is there wherever the part is; absent where it is found by other means, see `findParts`. */
  definition?: string;
  /** Where its version can be read; the first that is there counts. */
  versionSources: VersionSource[];
  /** What its admission webhooks judge: they answer once a dry run of it succeeds. Absent where it has no webhooks. */
  sample?: Manifest;
  /** What comes after the part's own custom resources. Absent where nothing does. */
  late?: {
    /** Deployments that look for the custom resources when they start, and then once a minute only. */
    workloads: string[];
    /** A custom resource that they fill in: an object of its name … */
    sample: Manifest;
    /** … that then has this field. */
    field: string;
  };
  /** Account of pods that it makes itself, and that OpenShift lets in only with all rights. @default none */
  privilegedAccount?: string;
  /** The Service that people open in a browser, and its port: on OpenShift it gets a Route. @default none */
  browser?: { service: string; port: string };
  /** Kinds of objects that users make; children of others of them (TaskRuns of a PipelineRun) go with their owners. */
  userKinds: Kind[];
}
