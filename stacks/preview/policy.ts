import { join } from "node:path";
import { loadPrivileged } from "../../components/pipelines/privileged";
import { withInner } from "../../components/policy/containers";
import { checkPolicy, type PolicyFinding } from "../../components/policy/policy";
import type { PolicyObject } from "../../components/policy/rule";
import { PROJECT_FOLDER } from "../environment";
import type { RecordedResource } from "./recorded";

/** What our rules find in what a stack makes; patches of what is not ours are none of it. */
export function policyFindings(stack: string, resources: Pick<RecordedResource, "type" | "inputs">[]): PolicyFinding[] {
  const objects = resources
    .filter(({ type }) => type.startsWith("kubernetes:") && !type.endsWith("Patch"))
    .map(({ inputs }) => inputs as unknown as PolicyObject);
  const privileged = loadPrivileged(join(PROJECT_FOLDER, "pipelines/privileged.yaml"));
  return checkPolicy(withInner(objects), { privileged, stack });
}

/** A finding on one line: `pinned-images: Task a/b spec.steps[c]: … …` */
export function policyLine({ rule, object, path, found, fix }: PolicyFinding): string {
  return `${rule}: ${object}${path ? ` ${path}` : ""}: ${found}. ${fix}`;
}
