import type { Manifest } from "../kubernetes/object";
import { adaptStorage } from "./storage";

/** The third-party parts of the platform, by their keys in the configuration. */
export type PartName = "tektonPipelines" | "tektonTriggers" | "argoCd" | "tektonDashboard" | "storage";

/** `install` ours, `use` what is there, `auto`: use what is there and install otherwise, `none`: do without. */
export type Mode = "install" | "use" | "auto" | "none";

/** What a stack says of a part. */
export interface PartSettings {
  mode: Mode;
  /** Version to install. @default the part's `version` in {@link PARTS} */
  version?: string;
  /** URLs or files to install instead of the published manifests. @default the part's `files` in {@link PARTS} */
  manifests?: string[];
}

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

const tekton = (project: string, file: string) => (version: string) =>
  `https://infra.tekton.dev/tekton-releases/${project}/previous/v${version}/${file}`;

const info = (product: string, namespace: string, name: string): VersionSource => ({
  product,
  apiVersion: "v1",
  kind: "ConfigMap",
  namespace,
  name,
  field: "data.version",
});

const PIPELINE_KINDS = ["PipelineRun", "TaskRun", "CustomRun", "Pipeline", "Task"];
const TRIGGER_KINDS = ["EventListener", "Trigger", "TriggerBinding", "TriggerTemplate"];

/** Versions, addresses and marks of the platform's parts. Renovate raises the versions. */
export const PARTS: Readonly<Record<PartName, Part>> = {
  tektonPipelines: {
    title: "Tekton Pipelines",
    // renovate: datasource=github-releases depName=tektoncd/pipeline
    version: "1.15.0",
    // The first with everything that pipelines/ uses on by default: StepActions, matrix, results from sidecar logs.
    minimum: "1.0.0",
    files: [{ name: "tekton-pipelines", url: tekton("pipeline", "release.yaml") }],
    namespace: "tekton-pipelines",
    definition: "pipelineruns.tekton.dev",
    versionSources: [
      info("Tekton Pipelines", "tekton-pipelines", "pipelines-info"),
      info("OpenShift Pipelines", "openshift-pipelines", "pipelines-info"),
    ],
    sample: {
      apiVersion: "tekton.dev/v1",
      kind: "Task",
      metadata: { name: "okd-streams-webhook-probe", namespace: "default" },
      spec: { steps: [{ name: "probe", image: "probe.invalid/probe:0", command: ["true"] }] },
    },
    userKinds: PIPELINE_KINDS.map((kind) => ({
      apiVersion: kind === "CustomRun" ? "tekton.dev/v1beta1" : "tekton.dev/v1",
      kind,
    })),
  },
  tektonTriggers: {
    title: "Tekton Triggers",
    // renovate: datasource=github-releases depName=tektoncd/triggers
    version: "0.37.0",
    // The release that goes with Pipelines 1.0.
    minimum: "0.32.0",
    files: [
      { name: "tekton-triggers", url: tekton("triggers", "release.yaml") },
      { name: "tekton-interceptors", url: tekton("triggers", "interceptors.yaml") },
    ],
    namespace: "tekton-pipelines",
    definition: "eventlisteners.triggers.tekton.dev",
    // It gives the ClusterInterceptors their certificate.
    late: {
      workloads: ["tekton-triggers-core-interceptors"],
      sample: { apiVersion: "triggers.tekton.dev/v1alpha1", kind: "ClusterInterceptor", metadata: { name: "cel" } },
      field: "spec.clientConfig.caBundle",
    },
    versionSources: [
      info("Tekton Triggers", "tekton-pipelines", "triggers-info"),
      info("OpenShift Pipelines", "openshift-pipelines", "triggers-info"),
    ],
    sample: {
      apiVersion: "triggers.tekton.dev/v1beta1",
      kind: "TriggerBinding",
      metadata: { name: "okd-streams-webhook-probe", namespace: "default" },
      spec: { params: [{ name: "probe", value: "$(body.probe)" }] },
    },
    userKinds: TRIGGER_KINDS.map((kind) => ({ apiVersion: "triggers.tekton.dev/v1beta1", kind })),
  },
  argoCd: {
    title: "Argo CD",
    // renovate: datasource=github-releases depName=argoproj/argo-cd
    version: "3.5.7",
    // The first that tracks by annotation unless told otherwise: by label it prunes the runs that Tekton makes.
    minimum: "3.0.0",
    files: [
      {
        name: "argo-cd",
        url: (version) => `https://raw.githubusercontent.com/argoproj/argo-cd/v${version}/manifests/install.yaml`,
      },
    ],
    namespace: "argocd",
    lacksNamespace: true,
    definition: "applications.argoproj.io",
    versionSources: [
      {
        product: "Argo CD",
        apiVersion: "apps/v1",
        kind: "Deployment",
        namespace: "argocd",
        name: "argocd-server",
        field: "image",
      },
      {
        product: "OpenShift GitOps",
        apiVersion: "operators.coreos.com/v1alpha1",
        kind: "Subscription",
        namespace: "openshift-gitops-operator",
        name: "openshift-gitops-operator",
        field: "status.installedCSV",
        minimum: "1.17.0", // brings Argo CD 3.0
        home: "openshift-gitops",
      },
    ],
    browser: { service: "argocd-server", port: "https" },
    userKinds: ["Application", "ApplicationSet"].map((kind) => ({ apiVersion: "argoproj.io/v1alpha1", kind })),
  },
  tektonDashboard: {
    title: "Tekton Dashboard",
    // renovate: datasource=github-releases depName=tektoncd/dashboard
    version: "0.71.0",
    // Not for a browser by Route: it has no login of its own.
    files: [{ name: "tekton-dashboard", url: tekton("dashboard", "release.yaml") }],
    namespace: "tekton-dashboard",
    definition: "extensions.dashboard.tekton.dev",
    versionSources: [
      info("Tekton Dashboard", "tekton-dashboard", "dashboard-info"),
      info("OpenShift Pipelines", "openshift-pipelines", "dashboard-info"),
    ],
    userKinds: [],
  },
  // Volumes are folders of the node that the first pod runs on: what bare metal has without any other service. A site with
  // better storage brings its own default StorageClass.
  storage: {
    title: "local-path provisioner",
    // renovate: datasource=github-releases depName=rancher/local-path-provisioner
    version: "0.0.30",
    files: [
      {
        name: "local-path-storage",
        url: (version) =>
          `https://raw.githubusercontent.com/rancher/local-path-provisioner/v${version}/deploy/local-path-storage.yaml`,
      },
    ],
    namespace: "local-path-storage",
    versionSources: [
      {
        product: "local-path provisioner",
        apiVersion: "apps/v1",
        kind: "Deployment",
        namespace: "local-path-storage",
        name: "local-path-provisioner",
        field: "image",
      },
    ],
    adapt: adaptStorage,
    privilegedAccount: "local-path-provisioner-service-account",
    // What releases volumes is itself watched over, see `VolumesReleased`.
    userKinds: [],
  },
};

export const PART_NAMES = Object.keys(PARTS) as PartName[];
