import type { Fields } from "../../../components/kubernetes/client";

// How Pulumi's engine marks values on the wire: sdk/go/common/resource/sig/sig.go and plugin/rpc.go of pulumi/pulumi.
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const UNKNOWNS = new Set<unknown>([
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9", // string, and whatever the Node SDK does not know
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // bool
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isSecret = (value: unknown): boolean => isFields(value) && value[SIGNATURE] === SECRET;
const secret = (value: unknown): unknown => (isSecret(value) ? value : { [SIGNATURE]: SECRET, value });
const children = (value: unknown): unknown[] =>
  typeof value === "object" && value !== null ? Object.values(value) : [];
const holdsSecret = (value: unknown): boolean => isSecret(value) || children(value).some(holdsSecret);

/** Something in the value is known only when the program runs for real. */
export const holdsUnknown = (value: unknown): boolean => UNKNOWNS.has(value) || children(value).some(holdsUnknown);

function rebuild(value: unknown, spell: (key: string) => string): unknown {
  if (isSecret(value)) return rebuild((value as Fields).value, spell);
  if (Array.isArray(value)) return value.map((item) => rebuild(item, spell));
  if (!isFields(value)) return value;
  const kept = Object.entries(value).filter(([, field]) => field !== null && field !== undefined);
  return Object.fromEntries(kept.map(([key, field]) => [spell(key), rebuild(field, spell)]));
}

/** The value as the API server takes it: no secret marks, no nulls, `x_kubernetes_…` keys in their real spelling. */
export const reveal = <T extends Fields = Fields>(value: Fields): T =>
  rebuild(value, (key) => (key.startsWith("x_kubernetes_") ? key.replaceAll("_", "-") : key)) as T;

/** The reverse for what comes from the API server: the SDK knows extension keys by their underscored names. */
export const respell = (value: Fields): Fields =>
  rebuild(value, (key) => (key.startsWith("x-kubernetes-") ? key.replaceAll("-", "_") : key)) as Fields;

/** The fields but those. */
export const without = <T extends Fields>(value: T, ...keys: string[]): T =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key))) as T;

/** Marks as secret what `inputs` marks so, and the values of any Secret; within lists, the whole list. */
export function protect<T>(value: T, inputs?: unknown): T {
  if (!isFields(value) || isSecret(value) || isSecret(inputs)) {
    return (holdsSecret(inputs) ? secret(value) : value) as T;
  }
  const always = value.kind === "Secret" ? ["data", "stringData"] : [];
  const given = isFields(inputs) ? inputs : {};
  const marked = (key: string): unknown =>
    always.includes(key) ? secret(value[key]) : protect(value[key] as unknown, given[key]);
  return Object.fromEntries(Object.keys(value).map((key) => [key, marked(key)])) as T;
}

/** The part of `live` that has the shape of `inputs`: what the program set, as it stands now. */
export function prune(live: unknown, inputs: unknown): unknown {
  if (Array.isArray(live) && Array.isArray(inputs) && live.length === inputs.length) {
    return live.map((item, index) => prune(item, inputs[index]));
  }
  if (!isFields(live) || !isFields(inputs)) return live;
  const kept = Object.keys(inputs).filter((key) => live[key] !== undefined);
  return Object.fromEntries(kept.map((key) => [key, prune(live[key], inputs[key])]));
}

export type Change = "ADD" | "DELETE" | "UPDATE";

const step = (key: string): string => (/^[A-Za-z_$][\w$-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`);

/** Every path at which two values differ, in Pulumi's syntax: `spec.containers[0].image`, `metadata.labels["a.b/c"]`. */
export function* differences(before: unknown, after: unknown, path = ""): Generator<[string, Change]> {
  if (isFields(before) && isFields(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      yield* differences(before[key], after[key], (path + step(key)).replace(/^\./, ""));
    }
  } else if (Array.isArray(before) && Array.isArray(after)) {
    for (let index = 0; index < Math.max(before.length, after.length); index++) {
      yield* differences(before[index], after[index], `${path}[${String(index)}]`);
    }
  } else if (before !== after) {
    yield [path, before === undefined ? "ADD" : after === undefined ? "DELETE" : "UPDATE"];
  }
}
