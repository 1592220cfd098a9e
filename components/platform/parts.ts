import { type PartName, type VersionSource, type Part } from "./part";
import { adaptStorage } from "./storage";

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
    registries: ["cgr.dev", "ghcr.io"],
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
    registries: ["ghcr.io"],
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
    registries: ["ghcr.io", "public.ecr.aws", "quay.io"],
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
    registries: ["ghcr.io"],
    // Its release puts it beside Pipelines.
    namespace: "tekton-pipelines",
    definition: "extensions.dashboard.tekton.dev",
    versionSources: [
      info("Tekton Dashboard", "tekton-pipelines", "dashboard-info"),
      info("OpenShift Pipelines", "openshift-pipelines", "dashboard-info"),
    ],
    userKinds: [],
  },
  // Volumes are folders of the node that the first pod runs on: what bare metal has without any other service. A site with
  // better storage brings its own default StorageClass.
  storage: {
    title: "local-path provisioner",
    // renovate: datasource=github-releases depName=rancher/local-path-provisioner
    version: "0.0.37",
    files: [
      {
        name: "local-path-storage",
        url: (version) =>
          `https://raw.githubusercontent.com/rancher/local-path-provisioner/v${version}/deploy/local-path-storage.yaml`,
      },
    ],
    registries: ["docker.io"],
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
