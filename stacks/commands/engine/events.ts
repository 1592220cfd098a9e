import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation";

/** What happened to a resource, in the words of a summary. */
export type Outcome = "created" | "updated" | "replaced" | "deleted" | "dropped" | "same" | "read" | "failed";

/** Of the steps of a replacement, only the creation counts. */
const outcomes: Partial<Record<string, Outcome>> = {
  create: "created",
  "create-replacement": "replaced",
  import: "created",
  "import-replacement": "replaced",
  update: "updated",
  delete: "deleted",
  discard: "deleted",
  same: "same",
  refresh: "same",
  read: "read",
  "read-replacement": "read",
};

/** A resource as progress shows it. */
export interface Subject {
  urn: string;
  /** The component it belongs to: `tekton-pipelines`. */
  component: string;
  /** `Deployment tekton-pipelines/controller`. */
  title: string;
}

/** What an event of the engine says, as far as somebody waits to read it. */
export type Step =
  | { at: number; kind: "started"; subject: Subject; doing: string }
  | { at: number; kind: "finished"; subject: Subject; outcome: Outcome }
  | { at: number; kind: "says"; subject?: Subject; severity: "info" | "warning" | "error"; text: string }
  | { at: number; kind: "waits"; subject?: Subject; text: string };

const doing: Partial<Record<Outcome, string>> = {
  created: "creating",
  updated: "updating",
  replaced: "replacing",
  deleted: "deleting",
  dropped: "dropping",
  read: "reading",
};

/** Translates an event of the engine. */
export function translate(event: EngineEvent): Step | undefined {
  const { timestamp: at, resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent } = event;
  if (diagnosticEvent) {
    const { urn, message, severity, ephemeral } = diagnosticEvent;
    if ((severity as string) === "debug") return undefined;
    const text = plain(message);
    const subject = urn && !isStack(urn) ? subjectOf(urn) : undefined;
    if (text === "" || isNoise(text)) return undefined;
    if ((severity as string) === "info#err" && isTrace(text)) return undefined;
    if (ephemeral) return { at, kind: "waits", subject, text };
    return { at, kind: "says", subject, text, severity: severity === "info#err" ? "info" : severity };
  }
  const metadata = (resourcePreEvent ?? resOutputsEvent ?? resOpFailedEvent)?.metadata;
  const outcome = metadata && (resOpFailedEvent ? "failed" : outcomeOf(metadata));
  if (!outcome || isStack(metadata.urn)) return undefined;
  const subject = subjectOf(metadata.urn, (metadata.new ?? metadata.old)?.parent);
  if (!resourcePreEvent) return { at, kind: "finished", subject, outcome };
  return doing[outcome] ? { at, kind: "started", subject, doing: doing[outcome] } : undefined;
}

/** What is to stay when it is deleted is dropped from the state alone; the SDK's types do not know that the engine says so. */
function outcomeOf({ op, old }: StepEventMetadata): Outcome | undefined {
  const outcome = outcomes[op];
  const { retainOnDelete } = (old ?? {}) as { retainOnDelete?: boolean };
  return outcome === "deleted" && retainOnDelete ? "dropped" : outcome;
}

function subjectOf(urn: string, parent?: string): Subject {
  const type = /([^:$]+)::[^:]*$/.exec(urn)?.[1] ?? urn;
  return { urn, component: nameOf(parent && !isStack(parent) ? parent : urn), title: `${type} ${nameOf(urn)}` };
}

function isStack(urn: string): boolean {
  return urn.includes("::pulumi:pulumi:Stack::");
}

/** The part of a URN after its type. */
function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** Without the engine's colour tags. */
function plain(text: string): string {
  return text.replace(/<\{%.*?%\}>/g, "").trim();
}

/** What Node prints, line by line, of an error that the engine tells as one sentence as well. */
function isTrace(text: string): boolean {
  return /^UserError: |^at .+:\d+:\d+\)?$/.test(text);
}

/** What the commands say better themselves, and stack traces of plugins: those are for the log. */
function isNoise(text: string): boolean {
  return /using pulumi-\S+ from \$PATH|pending operations from previous deployment|^\w*Error: .*: \w*Error: |^at .*:\d+:\d+\)?$/.test(
    text,
  );
}
