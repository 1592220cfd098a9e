/** An object of Kubernetes as anybody may have written it. */
export interface PolicyObject {
  apiVersion: string;
  kind: string;
  metadata?: {
    name?: string;
    generateName?: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  // The rest differs from kind to kind.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  [field: string]: any;
}

/** What rules take for granted of the place where objects come from. */
export interface PolicyContext {
  /** Task → step → why it may be privileged: `pipelines/privileged.yaml`. @default none may */
  privileged?: Record<string, Record<string, string>>;
  /** The stack whose label our own objects bear. @default any */
  stack?: string;
}

/** Something in an object that a rule forbids. */
export interface Violation {
  object: PolicyObject;
  /** Where in the object: `spec.steps[build].image`; empty for all of it. */
  path: string;
  /** What is there, in one clause. */
  found: string;
}

/** One thing that this project holds itself to. */
export interface PolicyRule {
  name: string;
  /** What has to be, in one sentence. */
  wants: string;
  /** What to do about a violation, in one sentence. */
  fix: string;
  /** Also of objects that others publish and we only install. */
  ofOthers: boolean;
  check: (objects: PolicyObject[], context: PolicyContext) => Violation[];
}

/** `Task okd-coreos/build`, as messages name it. */
export function nameOf({ kind, metadata = {} }: PolicyObject): string {
  const name = metadata.name ?? `${metadata.generateName ?? ""}…`;
  return `${kind} ${metadata.namespace ? `${metadata.namespace}/` : ""}${name}`;
}

/** Whether it is of this project, whichever its stack. */
export function isOurs({ metadata }: PolicyObject): boolean {
  return metadata?.labels?.["app.kubernetes.io/part-of"] === "okd-streams";
}
