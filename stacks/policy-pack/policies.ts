import { join, resolve } from "node:path";
import type { StackValidationPolicy } from "@pulumi/policy";
import { withInner } from "../../components/policy/containers";
import { loadPrivileged } from "../../components/pipelines/privileged";
import { checkPolicy } from "../../components/policy/policy";
import type { PolicyObject } from "../../components/policy/rule";
import { RULES } from "../../components/policy/rules";

const PRIVILEGED = join(resolve(__dirname, "../.."), "pipelines/privileged.yaml");

/** Our rules as Pulumi's engine asks them of any stack: `pulumi preview --policy-pack stacks/policy-pack`. */
export function policies(): StackValidationPolicy[] {
  const privileged = loadPrivileged(PRIVILEGED);
  return RULES.map((rule): StackValidationPolicy => ({
    name: rule.name,
    description: `${rule.wants} ${rule.fix}`,
    enforcementLevel: "mandatory",
    validateStack: ({ resources }, report) => {
      const ours = resources.filter(({ type }) => type.startsWith("kubernetes:") && !type.endsWith("Patch"));
      const urns = new Map<PolicyObject, string>();
      for (const { props, urn } of ours) {
        for (const object of withInner([props as PolicyObject])) urns.set(object, urn);
      }
      for (const { subject, object, path, found } of checkPolicy([...urns.keys()], { privileged }, [rule])) {
        report(`${object}${path ? ` ${path}` : ""}: ${found}.`, urns.get(subject));
      }
    },
  }));
}
