import type { Reference } from "./references";
import type { ParamSpec } from "./tekton";

type Declared = Pick<ParamSpec, "name" | "type" | "properties" | "default">;

/** Why `$(params.x)` cannot be resolved from what is declared, with what to do; undefined if it can. */
export function paramFault(reference: Reference, declared: Declared[]): string | undefined {
  const [, name, ...keys] = reference.parts;
  const param = declared.find((candidate) => candidate.name === name);
  if (!param) {
    return `${reference.text} refers to no declared parameter; declare ${name ?? "it"} under params, or mend the name.`;
  }
  return typeFault(reference, param, keys);
}

/** Why a reference does not fit the type of the parameter or result that it names. */
export function typeFault(reference: Reference, declared: Declared, keys: string[]): string | undefined {
  const { text, index } = reference;
  const type = declared.type ?? (Array.isArray(declared.default) ? "array" : "string");
  if (type === "string") {
    return keys.length > 0 || index !== undefined
      ? `${text} looks into ${declared.name}, which is a string; drop what follows its name.`
      : undefined;
  }
  if (type === "array") {
    if (keys.length > 0 || index === undefined) {
      return `${text} takes the array ${declared.name} as a string; write [*] or [0] behind its name.`;
    }
    return index === "*" ? aloneFault(reference) : undefined;
  }
  if (keys.length === 1 && index === undefined) {
    return Object.keys(declared.properties ?? {}).includes(keys[0]!)
      ? undefined
      : `${text} names a key that the object ${declared.name} does not declare; add it to its properties, or mend the name.`;
  }
  return keys.length === 0 && index === "*"
    ? aloneFault(reference)
    : `${text} takes the object ${declared.name} as a string; name one of its keys.`;
}

function aloneFault({ text, alone }: Reference): string | undefined {
  return alone ? undefined : `${text} is a list and has to stand alone in its string.`;
}

const RUN_CONTEXT = ["name", "namespace", "uid"];

/** What `$(context.…)` may say in a Task. */
export const TASK_CONTEXT = [...RUN_CONTEXT.map((field) => `taskRun.${field}`), "task.name", "task.retry-count"];

/** What `$(context.…)` may say in a Pipeline. */
export const PIPELINE_CONTEXT = [
  ...RUN_CONTEXT.map((field) => `pipelineRun.${field}`),
  "pipeline.name",
  "pipelineTask.retries",
];

export function contextFault({ text, parts }: Reference, allowed: string[]): string | undefined {
  return allowed.includes(parts.slice(1).join("."))
    ? undefined
    : `${text} is not known here; Tekton offers ${allowed.map((field) => `context.${field}`).join(", ")}.`;
}
