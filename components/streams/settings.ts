import type { z } from "zod";
import type { Registry } from "../clusters/cluster";
import { UserError } from "../errors";
import type { BuildNodes } from "../kubernetes/build-nodes";
import type { kvmSetting, matrixSettings, pushSettings, s3Settings } from "./schema";
import type { RpmTable } from "./scos/rpms";

/** What a stack says of all that it builds. */
export interface BuildSettings {
  kvm: z.output<typeof kvmSetting>;
  /** Whether images are pushed, and where. @default path `okd` of the stack's registry */
  push: z.output<typeof pushSettings>;
  /** The stack's registry; absent: without `push.repository` nothing is pushed. */
  registry?: Registry;
  /** Where boot images are uploaded. The Secret holds an AWS configuration file `credentials`. */
  s3?: z.output<typeof s3Settings>;
  /** Room that is told how a run ended. The Secret holds the bot's `token`. */
  matrix?: z.output<typeof matrixSettings>;
  /** Architectures that other clusters build for this one's gate. @default none */
  elsewhere?: string[];
  /** What streams build OpenShift's RPMs of, where they do. */
  rpms?: RpmTable;
  /** Registry and path that runs pull what a release names through. @default each image from its own registry */
  imageMirror?: string;
  /** Class of the volumes that runs make, where a stream names none. @default the cluster's default one */
  storageClass?: string;
  /** Nodes that builds run on, and nothing else. @default any */
  nodes?: BuildNodes;
  /** Stand-ins take the place of images and sources: nothing that is built is an operating system. */
  rehearsal: boolean;
}

/** The sentence that goes with everything that a rehearsal makes. */
export const REHEARSAL = "rehearsal: no operating system was built";

/** Where the architectures of a stream or a layer are built: on this cluster, on others, or on none. */
export function placesOf(
  { architectures: wanted }: { architectures?: string[] },
  available: string[],
  { elsewhere: others = [] }: Pick<BuildSettings, "elsewhere">,
): { architectures: string[]; elsewhere: string[]; missing: string[] } {
  const all = wanted ?? [...new Set([...available, ...others])];
  const here = all.filter((architecture) => !others.includes(architecture));
  return {
    architectures: here.filter((architecture) => available.includes(architecture)),
    elsewhere: all.filter((architecture) => others.includes(architecture)),
    missing: here.filter((architecture) => !available.includes(architecture)),
  };
}

/** Registry and path that images are pushed to. @throws UserError where they are pushed nowhere, for the reason given */
export function requireTarget({ push, registry }: Pick<BuildSettings, "push" | "registry">, reason: string): string {
  const target = pushTarget({ push, registry });
  if (!push.enabled || target === undefined) {
    throw new UserError(`${reason} Set push.enabled, and push.repository where the stack has no registry.`);
  }
  return target;
}

/** Registry and path that images are pushed to. */
export function pushTarget({ push, registry }: Pick<BuildSettings, "push" | "registry">): string | undefined {
  return push.repository ?? (registry && `${registry.address}/okd`);
}
