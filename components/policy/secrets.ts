import { containersOf } from "./containers";
import type { PolicyObject, Violation } from "./rule";

/** As previews print a secret. */
const HIDDEN = "[secret]";

const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const CREDENTIALS_IN_URL = /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@$"']*:[^\s/@$"'{}]+@/i;
/** Variables that hold a secret itself, not its name or file. */
const TELLING = /(^|_)(PASSWORD|PASSWD|TOKEN|CLIENT_SECRET|SECRET_KEY|API_KEY|ACCESS_KEY|PRIVATE_KEY)$/;

/** What in an object is a secret in plain text. */
export function literalSecrets(object: PolicyObject): Violation[] {
  return [...ofSecret(object), ...ofEnvironment(object), ...ofTexts(object)];
}

function ofSecret(object: PolicyObject): Violation[] {
  if (object.kind !== "Secret" || object.apiVersion !== "v1") return [];
  const fields = (["data", "stringData"] as const).filter((field) => {
    const values: unknown = object[field];
    return typeof values === "object" && values !== null && Object.values(values).some((it) => it && it !== HIDDEN);
  });
  return fields.map((path) => ({ object, path, found: "its values stand in it" }));
}

function ofEnvironment(object: PolicyObject): Violation[] {
  return containersOf(object).flatMap(({ path, container: { env = [] } }) =>
    env
      .filter(({ name, value }) => value && TELLING.test(name) && !value.includes("$(") && value !== HIDDEN)
      .map(({ name }) => ({ object, path: `${path}.env[${name}]`, found: "its value stands in it" })),
  );
}

function ofTexts(object: PolicyObject): Violation[] {
  if (object.kind === "Secret") return [];
  return textsOf(object, "").flatMap(({ path, text }) => {
    if (PRIVATE_KEY.test(text)) return [{ object, path, found: "it holds a private key" }];
    return CREDENTIALS_IN_URL.test(text) ? [{ object, path, found: "it holds an address with a password" }] : [];
  });
}

function textsOf(value: unknown, path: string): { path: string; text: string }[] {
  if (typeof value === "string") return [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((entry, index) => textsOf(entry, `${path}[${index}]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsOf(inner, path ? `${path}.${key}` : key));
}
