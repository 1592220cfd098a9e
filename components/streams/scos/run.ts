import { buildPods } from "../../kubernetes/build-nodes";
import { RUN_ACCOUNT, STEP_USER } from "../../workplace/accounts";
import { runVolume } from "../../workplace/volumes";
import { type BuildPart, insecureParams, buildParams, matrixParams } from "../params";
import type { ParamValue, PipelineRun, TaskRunSpec, WorkspaceBinding } from "../../pipelines/tekton";
import { KVM_RESOURCE } from "../../platform/kvm";
import { type Plan, runs, type StageName } from "./plan";
import { pushTarget, REHEARSAL, type BuildSettings } from "../settings";
import { rpmRows } from "./rpms";
import { imageTag, type Recipe, settled, type Stream, streamName } from "./stream";

/** What a run needs to know beside its stream. */
export interface RunContext {
  plan: Plan;
  settings: BuildSettings;
  /** Kubernetes' name of the architecture to build on. */
  architecture: string;
  namespace: string;
  /** Labels of everything the stack makes. */
  labels: Record<string, string>;
  /** A name of its own instead of a generated one: such a run is created once only. */
  name?: string;
  /** The build that the run is one architecture of; such a run has the name of both. @default it stands alone */
  build?: BuildPart;
}

/** Pipelines by recipe. */
export const PIPELINES: Record<Recipe, string> = { "base-node": "okd-coreos", "one-stage": "okd-coreos-one-stage" };

/** Steps that boot virtual machines, by recipe and name of the Pipeline's task: a run gives them the node's device. */
export const KVM_STEPS: Record<Recipe, Record<string, string>> = {
  "base-node": { "check-kvm": "kvm", test: "kola", "boot-images": "osbuild" },
  "one-stage": {
    "cosa-build-baseos": "fetch-and-build-baseos",
    "cosa-test": "build-and-test-qemu",
    "cosa-build-extensions": "build-extensions-container",
    "cosa-buildextend": "buildextend",
  },
};

/** Images that a recipe pushes: the stage that makes one, its name in the registry, the parameter that says so. */
const IMAGES: Record<Recipe, { stage: StageName; name: string; param: string }[]> = {
  "base-node": [
    { stage: "base image", name: "stream-coreos-base", param: "base-container-image-name" },
    { stage: "node image", name: "stream-coreos", param: "node-container-image-name" },
    { stage: "extensions image", name: "stream-coreos-extensions", param: "extensions-container-image-name" },
  ],
  "one-stage": [
    { stage: "operating system", name: "centos-stream-coreos-9", param: "baseos-container-image-name" },
    { stage: "extensions image", name: "centos-stream-coreos-9-extensions", param: "extensions-container-image-name" },
  ],
};

/** Long enough for an emulated build; Tasks and steps have tighter limits of their own. */
const TIMEOUT = "12h0m0s";

/** The run that builds a stream on one architecture: what `npm run build` creates, and triggers too. */
export function renderPipelineRun(stream: Stream, context: RunContext): PipelineRun {
  const { plan, architecture, namespace, labels, build, settings } = context;
  const generateName = `${runName(stream, architecture, plan.rehearsal)}-`;
  const name = context.name ?? (build && `${generateName}${build.id}`);
  return {
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: {
      ...(name ? { name } : { generateName }),
      namespace,
      labels: {
        ...labels,
        "okd-streams.io/stream": stream.version,
        "okd-streams.io/architecture": architecture,
        ...(build && { "okd-streams.io/build": build.id }),
        ...(plan.rehearsal && { "okd-streams.io/rehearsal": "true" }),
      },
      ...(plan.rehearsal && { annotations: { "okd-streams.io/rehearsal": REHEARSAL } }),
    },
    spec: {
      pipelineRef: { name: PIPELINES[plan.recipe] },
      params: Object.entries(paramsOf(stream, context)).map(([param, value]) => ({ name: param, value })),
      workspaces: workspacesOf(stream, context),
      timeouts: { pipeline: TIMEOUT },
      taskRunTemplate: {
        serviceAccountName: RUN_ACCOUNT,
        podTemplate: {
          ...buildPods(architecture, settings.nodes),
          securityContext: { fsGroup: STEP_USER, fsGroupChangePolicy: "OnRootMismatch" },
        },
      },
      ...(plan.kvm === "device" && { taskRunSpecs: deviceSpecs(KVM_STEPS[plan.recipe]) }),
    },
  };
}

/** Name of a stream's runs without what tells one from another. */
export function runName(stream: Pick<Stream, "version">, architecture: string, rehearsal: boolean): string {
  return `${rehearsal ? "rehearsal-" : ""}${streamName(stream, architecture)}`;
}

/** References that a stream's images have once its runs have ended: the moving tag of each architecture. */
export function pushedImages(stream: Stream, plan: Plan, settings: BuildSettings): string[] {
  if (!runs(plan, "push of images")) {
    return [];
  }
  return plan.architectures.flatMap((architecture) => {
    const tag = imageTag(stream, architecture, plan.rehearsal);
    return imageNames(plan).map((name) => `${pushTarget(settings)}/${name}:${tag}`);
  });
}

/** Names in the registry of the images that a plan makes. */
export function imageNames(plan: Plan): string[] {
  return IMAGES[plan.recipe].filter(({ stage }) => runs(plan, stage)).map(({ name }) => name);
}

/** Name in the registry of what nodes boot of a plan: the node image, or the base where that is all. */
export function bootableImage(plan: Plan): string | undefined {
  const names = imageNames(plan);
  return names.find((name) => name === "stream-coreos") ?? names[0];
}

function paramsOf(wanted: Stream, { plan, settings, build }: RunContext): Record<string, ParamValue> {
  const stream = settled(wanted);
  const { version, variant, base, node, rpmsFrom } = stream;
  const target = pushTarget(settings);
  const sources: Record<string, string> =
    plan.recipe === "base-node"
      ? {
          version,
          variant,
          "base-repository": base!.repository,
          "base-branch": base!.branch,
          ...(build && { "base-commit": build.commits.base }),
          "node-repository": node.repository,
          "node-branch": node.branch,
          ...(build && { "node-commit": build.commits.node }),
          bases: stream.bases,
          ...(stream.builderImage && { "builder-image": stream.builderImage }),
          ...(runs(plan, "push of images") && { "held-bases": `${target}/${HELD_BASES}`, kept: target! }),
          ...(settings.rpms && { "rpm-images": settings.rpms.images }),
        }
      : { version, variant, repo: node.repository, branch: node.branch, ...(build && { commit: build.commits.node }) };
  return {
    ...sources,
    ...(runs(plan, "RPMs") && rpmParams(stream, settings)),
    ...(rpmsFrom && "image" in rpmsFrom && { "rpms-from": rpmsFrom.image }),
    ...(rpmsFrom && "secret" in rpmsFrom && plan.recipe === "one-stage" && { "mirror-secret": rpmsFrom.secret }),
    kvm: plan.kvm,
    ...(plan.kvm !== "none" && {
      "kola-tests": runs(plan, "tests") ? "basic*" : "",
      ...(!runs(plan, "boot images") && { platforms: "" }),
    }),
    "release-stream": stream.channel,
    ...(target && { "target-registry": target }),
    ...Object.fromEntries(IMAGES[plan.recipe].map(({ param, name }) => [param, name])),
    ...insecureParams(settings),
    "upload-container-images": String(runs(plan, "push of images")),
    "tag-latest": "true",
    ...(settings.s3 && {
      "upload-bootimages": String(runs(plan, "upload of boot images")),
      "s3-bucket-name": settings.s3.bucket,
      "s3-endpoint-url": settings.s3.endpoint,
    }),
    ...matrixParams(settings),
    ...buildParams(build),
    rehearsal: String(plan.rehearsal),
  };
}

/** What a run is told that builds OpenShift's RPMs itself. */
function rpmParams(stream: Stream, settings: BuildSettings): Record<string, ParamValue> {
  const { rpmsFrom } = stream;
  const { rows, images } = settings.rpms ?? { rows: [], images: "" };
  const sources = rpmsFrom && "build" in rpmsFrom ? rpmsFrom.sources : undefined;
  return {
    "rpms-from": "build",
    "rpm-rows": rpmRows(stream, rows, sources),
    "rpm-repository": rpmRepository(settings),
    "rpm-images": images,
  };
}

/** Repository that images are held in which sources build on. */
export const HELD_BASES = "held-bases";

/** And that of RPMs. */
export const RPMS = "okd-rpms";

/** Repository of the RPMs that are built: each image's tag is its key; `5.0-x86_64` is the newest repository of all. */
export function rpmRepository(settings: BuildSettings): string {
  return `${pushTarget(settings)}/${RPMS}`;
}

function workspacesOf(stream: Stream, { plan, settings }: RunContext): WorkspaceBinding[] {
  const secret = (name: string, secretName: string | undefined): WorkspaceBinding[] =>
    secretName ? [{ name, secret: { secretName } }] : [];
  const { rpmsFrom, storage } = stream;
  return [
    runVolume("shared-workspace", { size: storage.size, storageClass: storage.storageClass ?? settings.storageClass }),
    ...secret("registry-credentials", settings.registry?.credentialsSecret),
    ...secret("pull-credentials", plan.recipe === "base-node" ? settings.registry?.pullSecret : undefined),
    ...secret("s3-credentials", settings.s3?.secret),
    ...secret(
      "yum-repositories",
      plan.recipe === "base-node" && rpmsFrom && "secret" in rpmsFrom ? rpmsFrom.secret : undefined,
    ),
  ];
}

function deviceSpecs(steps: Record<string, string>): TaskRunSpec[] {
  const device = { [KVM_RESOURCE]: "1" };
  return Object.entries(steps).map(([pipelineTaskName, name]) => ({
    pipelineTaskName,
    stepSpecs: [{ name, computeResources: { requests: device, limits: device } }],
  }));
}
