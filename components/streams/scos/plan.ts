import { type BuildSettings, REHEARSAL, placesOf, pushTarget } from "../settings";
import type { Capabilities } from "../../clusters/cluster";
import { type Recipe, type SettledStream, settled, type Stream, variantOf } from "./stream";

export type StageName =
  | "base image"
  | "RPMs"
  | "node image"
  | "extensions image"
  | "operating system"
  | "tests"
  | "boot images"
  | "push of images"
  | "upload of boot images"
  | "notification";

export interface Stage {
  name: StageName;
  runs: boolean;
  /** Why it is left out, or how it runs where that is out of the ordinary. */
  note?: string;
}

/** How a run gets at virtual machines: the node's device, emulation, or not at all. Value of the Pipelines' `kvm`. */
export type Kvm = "device" | "emulated" | "none";

/** What is built of a stream on a cluster, what is left out, and why. */
export interface Plan {
  version: string;
  recipe: Recipe;
  kvm: Kvm;
  /** Architectures that are built; empty where nothing can be. */
  architectures: string[];
  /** Architectures that other clusters build. */
  elsewhere: string[];
  /** Wanted architectures that no node has. */
  missingArchitectures: string[];
  /** In the order in which they run; the first is what all others go on with. */
  stages: Stage[];
  rehearsal: boolean;
}

export function planStream(
  wanted: Stream,
  { architectures: available, kvm: device }: Pick<Capabilities, "architectures" | "kvm">,
  settings: BuildSettings,
): Plan {
  const stream = settled(wanted);
  const { recipe } = stream;
  const machines = machinesFor(device, settings);
  const stages = (recipe === "base-node" ? baseNodeStages : oneStageStages)(stream, machines, settings);
  const { architectures, elsewhere, missing } = placesOf(stream, available, settings);
  const builds = stages[0]!.runs;
  return {
    version: stream.version,
    recipe,
    kvm: stages.some(({ name, runs }) => runs && NEEDS_MACHINES[recipe].includes(name)) ? machines.kvm : "none",
    architectures: builds ? architectures : [],
    elsewhere: builds ? elsewhere : [],
    missingArchitectures: missing,
    stages,
    rehearsal: settings.rehearsal,
  };
}

/** Whether a stage runs: data for runs and for people. */
export function runs({ stages }: Plan, name: StageName): boolean {
  return stages.some((stage) => stage.name === name && stage.runs);
}

/** The plan in words, a sentence each: what is built, and what is left out for which reason. */
export function planLines(plan: Plan): string[] {
  const { version, architectures, elsewhere, missingArchitectures, stages, rehearsal } = plan;
  const built = stages.filter((stage) => stage.runs).map(({ name, note }) => (note ? `${name} (${note})` : name));
  const leftOut = stages.filter((stage) => !stage.runs);
  const reasons = [...new Set(leftOut.map(({ note }) => note))];
  const lines = [
    ...(rehearsal ? [REHEARSAL] : []),
    ...(architectures.length > 0
      ? [`built on ${architectures.join(", ")}: ${built.join(", ")}`]
      : [elsewhere.length > 0 ? "nothing is built here" : "nothing is built"]),
    ...(elsewhere.length > 0 ? [`built by other clusters: ${elsewhere.join(", ")}`] : []),
    ...missingArchitectures.map((architecture) => `left out: ${architecture} (no node has this architecture)`),
    ...reasons.map((reason) => {
      const names = leftOut.filter(({ note }) => note === reason).map(({ name }) => name);
      return `left out: ${names.join(", ")} (${reason})`;
    }),
  ];
  return lines.map((line) => `SCOS ${version}: ${line}`);
}

/** What an outsider meets on the way of the talk. */
const ONE_STAGE_NEEDS = "RPMs need a token of Red Hat's mirror or an image of yours, and the builder image may be gone";

/** Stages that boot virtual machines. */
const NEEDS_MACHINES: Record<Recipe, StageName[]> = {
  "base-node": ["tests", "boot images"],
  "one-stage": ["operating system"],
};

interface Machines {
  kvm: Kvm;
  /** Why there are none, or what is out of the ordinary with them. */
  note?: string;
}

function machinesFor(device: boolean, { kvm, rehearsal }: BuildSettings): Machines {
  if (kvm === "none") {
    return { kvm: "none", note: "the stack's kvm is none" };
  }
  if (rehearsal) {
    return { kvm: "emulated", note: "by stand-ins" };
  }
  if (device) {
    return { kvm: "device" };
  }
  return kvm === "emulate"
    ? { kvm: "emulated", note: "emulated without KVM: slow" }
    : { kvm: "none", note: "no node offers KVM; kvm: emulate does without, slowly" };
}

function baseNodeStages(stream: SettledStream, machines: Machines, settings: BuildSettings): Stage[] {
  const rpms = rpmVerdict(stream, settings);
  const built = stream.rpmsFrom && "build" in stream.rpmsFrom && stream.rpmsFrom.build;
  const virtual: Verdict = { runs: machines.kvm !== "none", ...(machines.note && { note: machines.note }) };
  const bootImages: Stage = { name: "boot images", ...unlessOff(stream, "bootImages", virtual) };
  return [
    { name: "base image", runs: true, ...oddVariant(stream) },
    ...(built ? [{ name: "RPMs" as const, ...rpms, ...(rpms.runs && { note: "of their public sources" }) }] : []),
    { name: "node image", ...rpms },
    { name: "extensions image", ...rpms },
    { name: "tests", ...unlessOff(stream, "tests", virtual) },
    bootImages,
    ...deliveryStages(bootImages, settings),
  ];
}

/** Whether there are OpenShift's RPMs: those that are built go through a registry. */
function rpmVerdict({ rpmsFrom, variant }: SettledStream, { push, registry }: BuildSettings): Verdict {
  if (!rpmsFrom && variant !== "c10s") {
    return { runs: false, note: `OpenShift's RPMs are not built on ${variant}: name rpmsFrom` };
  }
  if (!rpmsFrom || ("build" in rpmsFrom && !rpmsFrom.build)) {
    return { runs: false, note: "the stream's rpmsFrom.build is false" };
  }
  if (!("build" in rpmsFrom) || (push.enabled && pushTarget({ push, registry }))) {
    return { runs: true };
  }
  const missing = push.enabled ? "the stack has none: name push.repository" : "push.enabled is false";
  return { runs: false, note: `RPMs are built into a registry, and ${missing}` };
}

/** What nobody upstream builds is said to be. */
function oddVariant({ version, variant }: SettledStream): Pick<Stage, "note"> {
  const usual = variantOf(version);
  return variant === usual ? {} : { note: `on ${variant}, where upstream builds ${version} on ${usual}` };
}

/** coreos-assembler builds the operating system in a virtual machine: without one there is nothing to go on with. */
function oneStageStages(stream: SettledStream, { kvm, note }: Machines, settings: BuildSettings): Stage[] {
  const verdict: Verdict =
    kvm === "none"
      ? { runs: false, note: `coreos-assembler builds in a virtual machine, and ${note}` }
      : { runs: true, ...(note && { note }) };
  const bootImages: Stage = { name: "boot images", ...unlessOff(stream, "bootImages", verdict) };
  const old = [note, ONE_STAGE_NEEDS].filter((it) => it !== undefined).join("; ");
  return [
    { name: "operating system", ...verdict, ...(verdict.runs && { note: old }) },
    { name: "extensions image", ...verdict },
    { name: "tests", ...unlessOff(stream, "tests", verdict) },
    bootImages,
    ...(verdict.runs ? deliveryStages(bootImages, settings) : []),
  ];
}

type Verdict = Omit<Stage, "name">;

function unlessOff(stream: Stream, key: "bootImages" | "tests", verdict: Verdict): Verdict {
  return stream[key] === false ? { runs: false, note: `the stream's ${key} is false` } : verdict;
}

function deliveryStages(bootImages: Stage, { push, registry, s3, matrix }: BuildSettings): Stage[] {
  const target = pushTarget({ push, registry });
  return [
    push.enabled && target
      ? { name: "push of images", runs: true, note: `to ${target}` }
      : {
          name: "push of images",
          runs: false,
          note: push.enabled ? "the stack has no registry: name push.repository" : "push.enabled is false",
        },
    { name: "upload of boot images", ...uploadVerdict(bootImages, s3, push.enabled ? target : undefined) },
    matrix
      ? { name: "notification", runs: true, note: `to ${matrix.room}` }
      : { name: "notification", runs: false, note: "the stack names no matrix" },
  ];
}

/** A run's volume goes with it: what is uploaded nowhere is gone then. */
function uploadVerdict(bootImages: Stage, s3: BuildSettings["s3"], target: string | undefined): Verdict {
  if (!bootImages.runs) return { runs: false, note: "there are none" };
  if (s3) return { runs: true, note: `to bucket ${s3.bucket}` };
  if (target) return { runs: true, note: `to ${target}, each as an image` };
  return { runs: false, note: "the stack names no s3 and pushes nothing: they go with the run's volume" };
}

/** A stream, and what is built of it on this cluster. */
export interface PlannedStream {
  stream: Stream;
  plan: Plan;
}
