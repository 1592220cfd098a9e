import { UserError } from "../../errors";

/** Whether a text is a public SSH key as those who take it check: what follows its type says the same type. */
export function isSshKey(text: string): boolean {
  const [type = "", blob = ""] = text.split(/\s+/);
  const bytes = Buffer.from(blob, "base64");
  if (!/^(ssh|ecdsa|sk)-/.test(type) || bytes.length < 4) return false;
  const end = 4 + bytes.readUInt32BE(0);
  return bytes.length > end && bytes.subarray(4, end).toString() === type;
}

/**
 * Holds a pull secret against what OKD's installer takes.
 *
 * @param where the setting that it is of
 * @throws UserError that shows nothing of it
 */
export function requirePullSecret(text: string, where: string): void {
  const fault = faultOf(text);
  if (fault) throw new UserError(`${where} ${fault}: take it whole, as {"auths": {"HOST": {"auth": "…"}}}.`);
}

function faultOf(text: string): string | undefined {
  const content = parsed(text);
  if (content === undefined) return "is not JSON";
  const { auths } = content as { auths?: Record<string, { auth?: unknown; credsStore?: unknown } | null> };
  const entries = Object.entries(auths ?? {});
  if (entries.length === 0) return "has no auths";
  const wrong = entries.find(([, entry]) => !entry?.credsStore && !isAuth(entry?.auth));
  return wrong && `has no user with a password for ${wrong[0]}`;
}

/** As `docker login` writes it: user and password in base64. */
function isAuth(auth: unknown): boolean {
  return typeof auth === "string" && Buffer.from(auth, "base64").toString().includes(":");
}

function parsed(text: string): object | undefined {
  try {
    const content: unknown = JSON.parse(text);
    return typeof content === "object" && content !== null ? content : undefined;
  } catch {
    return undefined;
  }
}
