import { Environment } from "@marcbachmann/cel-js";
import { isDeepStrictEqual } from "node:util";
import type { Manifest } from "../../../components/kubernetes/object";

interface Policy {
  matchConditions: { expression: string }[];
  variables: { name: string; expression: string }[];
  validations: { expression: string; message: string }[];
}

/** An object that an account creates, as Kubernetes hands it to policies. */
export interface Request {
  username: string;
  object: object;
}

/**
 * The verdict of a ValidatingAdmissionPolicy on a request: its expressions are checked and evaluated by an implementation of CEL,
 * with Kubernetes' types.
 *
 * @returns the message of the refusal; nothing where it passes, or does not concern the policy
 */
export function refusalBy(policy: Manifest, { username, object }: Request): string | undefined {
  const { matchConditions, variables, validations } = policy.spec as Policy;
  const environment = new Environment({ limits: { maxListElements: 10_000 } })
    .registerVariable("object", "dyn")
    .registerVariable("request", "dyn")
    .registerVariable("variables", "dyn");
  const given = { object: withIntegers(object), request: { userInfo: { username } }, variables: {} };
  const evaluate = (expression: string): unknown => {
    const { valid, error } = environment.check(expression);
    if (!valid) throw new Error(`${error?.message}: ${expression}`);
    return environment.evaluate(expression, given);
  };
  if (!matchConditions.every(({ expression }) => evaluate(expression) === true)) return undefined;
  for (const { name, expression } of variables) Object.assign(given.variables, { [name]: evaluate(expression) });
  return validations.find(({ expression }) => !isDeepStrictEqual(evaluate(expression), true))?.message;
}

/** JSON has one kind of numbers, CEL has two. */
function withIntegers(value: unknown): unknown {
  if (typeof value === "number") return BigInt(value);
  if (Array.isArray(value)) return value.map(withIntegers);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withIntegers(field)]));
}
