/** A resource as the program registered it. The fields are those of `newState` in `pulumi preview --json`. */
export interface RecordedResource {
  urn: string;
  /** Type token: `kubernetes:core/v1:ConfigMap`. */
  type: string;
  name: string;
  /** URN of the parent; absent on the stack itself. */
  parent?: string;
  /** A real resource; otherwise a component. */
  custom: boolean;
  /** In place of secrets {@link SECRET}, in place of what only an update can know {@link UNKNOWN}. */
  inputs: Record<string, unknown>;
  /** URNs, sorted. */
  dependencies: string[];
  /** URNs that it may have in a state, of before it was renamed, moved or given another type; absent where there are none. */
  aliases?: string[];
  /** Paths of inputs that others fill in, as `webhooks[*].rules`; absent where there are none. */
  ignored?: string[];
}

/** What a run of the program came to. */
export interface Recorded {
  stack: string;
  /** In the order of registration: parents before children. */
  resources: RecordedResource[];
  outputs: Record<string, unknown>;
  /** What the program warned of, once each. */
  warnings: string[];
}

/** As the engine prints a secret. */
export const SECRET = "[secret]";
/** As the engine prints what is not known before an update. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Pulumi's wire format marks a map of another meaning by this key. */
export const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** Values of Pulumi's wire format as the engine prints them: a secret, however deep, becomes {@link SECRET}. */
export function printable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(printable);
  if (typeof value !== "object" || value === null) return value;
  if ((value as Record<string, unknown>)[SIGNATURE] === SECRET_SIGNATURE) return SECRET;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, printable(inner)]));
}

/** Whether a value of the wire format holds something unknown. */
export function holdsUnknown(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === UNKNOWN;
  return Object.values(value).some(holdsUnknown);
}
