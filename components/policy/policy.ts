import { STACK } from "../kubernetes/marks";
import { nameOf, type PolicyContext, type PolicyObject, type PolicyRule } from "./rule";
import { RULES } from "./rules";

/** A violation, with all that whoever wrote the object needs to know. */
export interface PolicyFinding {
  rule: string;
  /** `Task okd-coreos/build` */
  object: string;
  path: string;
  found: string;
  fix: string;
  /** The object itself. */
  subject: PolicyObject;
}

/**
 * What the rules find in objects.
 * @param objects those that others hold among them, as {@link withInner} gives them
 * @param rules @default all
 */
export function checkPolicy(
  objects: PolicyObject[],
  context: PolicyContext = {},
  rules: PolicyRule[] = RULES,
): PolicyFinding[] {
  // Of what others publish, the annotation alone names the stack: its labels are as published.
  const own = objects.filter(({ metadata = {} }) => !(metadata.annotations?.[STACK] && !metadata.labels?.[STACK]));
  return rules.flatMap(({ name, fix, ofOthers, check }) =>
    check(ofOthers ? objects : own, context).map(({ object, path, found }) => {
      return { rule: name, object: nameOf(object), path, found, fix, subject: object };
    }),
  );
}
