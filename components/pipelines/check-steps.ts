import { overContext, rightsBeyond, type SecurityContext } from "../kubernetes/security-context";
import { type Finding, finding } from "./finding";
import type { Path, Source } from "./source";
import type { Sidecar, Step, Task } from "./tekton";

/** Steps that may be privileged: Task → step → the reason why. Kept in `pipelines/privileged.yaml`. */
export type Privileged = Record<string, Record<string, string>>;

/** Whether a Task's containers say what they need, take no more rights than granted, and fail loudly. */
export function checkSteps(source: Source<Task>, privileged: Privileged): Finding[] {
  const containers = containersOf(source);
  const granted = privileged[source.object.metadata.name] ?? {};
  return [
    ...containers.flatMap(({ container, path }) => [
      ...resourceFindings(source, container, path),
      ...privilegeFindings(source, container, path, granted),
      ...scriptFindings(source, container, path),
    ]),
    ...Object.keys(granted)
      .filter((name) => !containers.some(({ container }) => container.name === name && isPrivileged(source, container)))
      .map((name) =>
        finding(
          source,
          ["spec", "steps"],
          `pipelines/privileged.yaml grants rights to step ${name}, which does not take them; delete the entry.`,
        ),
      ),
  ];
}

type Container = Step | Sidecar;

function containersOf({ object: { spec } }: Source<Task>): { container: Container; path: Path }[] {
  return (["steps", "sidecars"] as const).flatMap((field) =>
    (spec[field] ?? []).map((container, index) => ({ container, path: ["spec", field, index] })),
  );
}

function resourceFindings(source: Source<Task>, container: Container, path: Path): Finding[] {
  // Tekton applies the template to steps only.
  const template = path[1] === "steps" ? source.object.spec.stepTemplate?.computeResources?.requests : undefined;
  const requests = { ...template, ...container.computeResources?.requests };
  const missing = ["cpu", "memory"].filter((resource) => !(resource in requests));
  return missing.length > 0
    ? [
        finding(
          source,
          path,
          `${container.name} does not say how much ${missing.join(" and ")} it needs; add it to computeResources.requests.`,
        ),
      ]
    : [];
}

function privilegeFindings(
  source: Source<Task>,
  container: Container,
  path: Path,
  granted: Record<string, string>,
): Finding[] {
  return isPrivileged(source, container) && !(container.name in granted)
    ? [
        finding(
          source,
          [...path, "securityContext"],
          `${container.name} takes rights that pipelines/privileged.yaml does not grant; drop them, or add it there with the reason.`,
        ),
      ]
    : [];
}

/** More than an unprivileged container may. */
function isPrivileged({ object }: Source<Task>, container: Container): boolean {
  const isStep = (object.spec.steps as Container[]).includes(container);
  const template: SecurityContext | undefined = isStep ? object.spec.stepTemplate?.securityContext : undefined;
  return rightsBeyond(overContext(template, container.securityContext)) !== undefined;
}

const STRICT: Record<string, string> = { bash: "set -euo pipefail", sh: "set -eu" };

function scriptFindings(source: Source<Task>, { name, script }: Container, path: Path): Finding[] {
  if (script === undefined) {
    return [];
  }
  const at = (message: string): Finding[] => [finding(source, [...path, "script"], message)];
  const [shebang, ...lines] = script.split("\n");
  const interpreter = /^#!\s*(?:\/usr\/bin\/env\s+)?(\S+)/.exec(shebang!)?.[1]?.split("/").at(-1);
  if (!interpreter) {
    return at(`the script of ${name} names no interpreter; begin it with #!/usr/bin/env bash.`);
  }
  const strict = STRICT[interpreter];
  const first = lines.map((line) => line.trim()).find((line) => line !== "" && !line.startsWith("#"));
  return strict && first !== strict
    ? at(`the script of ${name} goes on after errors; make \`${strict}\` its first command.`)
    : [];
}
