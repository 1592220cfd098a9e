import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { UserError } from "../../errors";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The certificates in a file, without what else is in it.
 *
 * @param where the setting that names the file
 * @throws UserError where it is not there, or holds something that is no certificate
 */
export function readTrustBundle(file: string, where: string): string {
  if (!existsSync(file)) throw new UserError(`${where}: ${file} is not there.`);
  const found = readFileSync(file, "utf8").match(CERTIFICATE) ?? [];
  if (found.length === 0) throw new UserError(`${where}: ${file} holds no certificate in PEM form.`);
  for (const [index, text] of found.entries()) {
    if (!isCertificate(text)) {
      throw new UserError(`${where}: certificate ${String(index + 1)} of ${file} cannot be read: is it whole?`);
    }
  }
  return `${found.join("\n")}\n`;
}

function isCertificate(text: string): boolean {
  try {
    new X509Certificate(text);
    return true;
  } catch {
    return false;
  }
}
