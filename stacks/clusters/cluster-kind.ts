import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { Cluster } from "../../components/clusters/cluster";
import type { Images } from "../../components/pipelines/images";
import type { FoundParts, Wanted } from "../../components/platform/found";
import type { Mode } from "../../components/platform/part";
import type { Rule } from "../configuration/rule";
import type { Environment } from "../environment";
import type { WantedHere } from "../tools/collect-local";
import type { Facts } from "../tools/facts";
import type { Finding } from "../tools/finding";

/** The schema of a kind's settings: the value of `type` tells kinds apart. */
export type ClusterSchema = z.ZodObject<{ type: z.ZodLiteral<string> }, z.core.$strict>;

/** What a kind's rules see beside its own settings. */
export interface StackSettings {
  /** Names of Secrets, with their keys. */
  secrets: Record<string, string[]>;
  backend: string;
  confirmLocalBackend: boolean;
}

/** What a cluster is made of beside its settings. */
export interface ClusterContext {
  environment: Environment;
  /** What the stack says of the platform's parts: of those that it does without a cluster is not asked. */
  platform: Wanted;
  images: Images;
  /** Where an image is had from, by the stack's `imageMirror`. */
  image: (reference: string) => string;
  /** Values of the configuration's `secrets`, by Secret and key. */
  secrets: Record<string, Record<string, pulumi.Output<string>>>;
}

/** What looking for leftovers takes. */
export interface SweepContext {
  stack: string;
  /** Path of the stack's own kubeconfig. */
  kubeconfig: string;
  /** Tells the user of each thing that goes. */
  tell: (line: string) => void;
}

/** A kind of cluster: everything that tells it from the others. */
export interface ClusterKind<Schema extends ClusterSchema = ClusterSchema, Settings = z.output<Schema>> {
  schema: Schema;
  /** What its settings demand of each other and of the stack's; paths begin at the configuration's root. @default nothing */
  rules?: Rule<[settings: Settings, stack: StackSettings]>[];
  /**
   * Creates the cluster, as resource `cluster`. The in-process preview contacts nothing.
   *
   * @returns the cluster, and the platform's parts that it had before us; absent if unknown or not looked for
   * @throws UserError for whatever is known to be wrong before anything is created
   */
  create(settings: Settings, context: ClusterContext): Promise<{ cluster: Cluster; found?: FoundParts }>;
  /** The stack makes it, and makes it empty: what goes into it has to be at hand before. @default false */
  startsEmpty?: boolean;
  /** Entries of `secrets` that are its installer's, and nothing to what runs in it. @default none */
  installerSecrets?(settings: Settings): string[];
  /** What of it is on this machine: ports, and nodes that are containers. @default nothing */
  here?(settings: Settings, stack: string): WantedHere;
  /** What it needs of this machine beside what every stack needs: rows of `doctor`, obstacles for `up`. @default nothing */
  findings?(facts: Facts, settings: Settings): Finding[];
  /** What the cluster itself says, which is there already: rows of `doctor`. @default nothing */
  ask?(
    settings: Settings,
    context: Pick<ClusterContext, "environment"> & { kvmDevicePlugin: Mode },
  ): Promise<Finding[]>;
  /** The project's stand-in serves instead of the published Kubernetes plugin. @default false */
  takesStandIn?: boolean;
  /** Everything of a stack lies in the cluster, which is known by its mark: a state that was lost is no harm. @default false */
  recoverable?: boolean;
  /** `env` exports the stack's own kubeconfig. @default false: kubectl goes where it went before */
  exportsKubeconfig?: boolean;
  /** Name, in clouds.yaml, of the OpenStack that it is on. @default it is on none */
  cloud?(settings: Settings): string;
  /** Frees, after `destroy`, what bears the stack's mark and was never in its state: an `up` that was killed made it, or the state was lost. @default nothing */
  sweep?(settings: Settings, context: SweepContext): Promise<void>;
}
