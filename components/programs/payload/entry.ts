import type { Substitution } from "./inputs";

/** A component that is built: its row of the table, with what the stack says of it. */
export interface SourceRow {
  repository: string;
  /** Branch, tag or commit. */
  ref: string;
  dockerfile: string;
  context: string;
  /** Changes to the sources, each as `git diff` has it, in this order. */
  patches?: string[];
  arguments: Record<string, string>;
  network: boolean;
  /** What it stands on where its Dockerfile names itself. */
  from?: string;
  /** No release has it: others stand on it. */
  parent?: true;
}

/** A payload as its stack wants it, `entry.json`: all that does not change from run to run. */
export interface Entry {
  name: string;
  /** OKD's version, `4.22`. */
  minor: string;
  /** What is made of the base; nothing for components that go into no release. */
  release?: {
    repository: string;
    /** Its own, `4.22.0-mine.1`. */
    version: string;
  };
  /** Components to replace, and to add. */
  components: Record<string, SourceRow | { image: string }>;
  /** Those of the components that the base lacks. @default none */
  added?: string[];
  /** The whole table is built: what the base lacks is left out. `left`: components that stay the base's → why. */
  all?: { left: Record<string, string> };
  substitutions: Substitution[];
  /** Builders → image. */
  builders: Record<string, string>;
  /** Parents that no release has → image that is published. */
  parents: Record<string, string>;
  /** Checksum of the Task that builds. */
  recipe: string;
}

/** What a run of a payload makes, as its Tasks share it: each component with the image that it gets. */
export interface Plan {
  components: PlannedComponent[];
  /** Components of the base release → image by digest, for what goes into no release itself. */
  base?: Record<string, string>;
}

export interface PlannedComponent {
  name: string;
  /** By digest, or by the tag that its build gives it. */
  image: string;
  /** Of what is built. */
  key?: string;
  /** The base lacks it. */
  added?: true;
  /** No release has it. */
  parent?: true;
}

/** What of `oc adm release info --output json` is used. */
export interface ReleaseInfo {
  config: { architecture: string };
  metadata: { version: string; previous: string[]; metadata?: Record<string, unknown> };
  references: ImageStream;
}

/** Images of a release, or those that an operator refers to. */
export interface ImageStream {
  kind: string;
  apiVersion: string;
  metadata: Record<string, unknown>;
  spec: { tags: Tag[]; [field: string]: unknown };
}

export interface Tag {
  name: string;
  annotations?: Record<string, string> | null;
  from: { kind: string; name: string };
  [field: string]: unknown;
}

/** What of an image's configuration is used. */
export interface ImageConfig {
  architecture: string;
  config?: { Labels?: Record<string, string> | null };
}

/** The label without which oc takes no manifests from an image. */
export const OPERATOR = "io.openshift.release.operator";

/** Component → image of a release. */
export function imagesOf({ references }: Pick<ReleaseInfo, "references">): Record<string, string> {
  return Object.fromEntries(references.spec.tags.map(({ name, from }) => [name, from.name]));
}
