import { createHmac, timingSafeEqual } from "node:crypto";

/** Seconds that a signature holds, before and after its time. */
export const WINDOW_SECONDS = 300;

/** Bytes that a body of ours may have. */
export const BODY_LIMIT = 64 * 1024;

export const TIMESTAMP_HEADER = "Okd-Streams-Timestamp";
export const SIGNATURE_HEADER = "Okd-Streams-Signature";

/**
 * Headers that sign a body: HMAC-SHA256 over `<seconds since 1970>.<body>`. A retry signs anew.
 */
export function signEvent(body: string, key: string, now: Date): Record<string, string> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  return {
    [TIMESTAMP_HEADER]: timestamp,
    [SIGNATURE_HEADER]: `sha256=${hmac(key, timestamp, body).toString("hex")}`,
  };
}

/** Why an event is refused; a refusal never quotes what it refuses. */
export type Refusal = "unsigned" | "outside-window" | "wrongly-signed" | "oversized";

/**
 * Whether a body was signed by one of the keys within the last minutes; in constant time.
 *
 * @param headers by name in any case, as an EventListener hands them on
 * @returns nothing where it was
 */
export function refusalOf(
  body: string,
  headers: Readonly<Record<string, readonly string[]>>,
  keys: readonly string[],
  now: Date,
): Refusal | undefined {
  if (Buffer.byteLength(body) > BODY_LIMIT) return "oversized";
  const timestamp = headerOf(headers, TIMESTAMP_HEADER);
  const signature = headerOf(headers, SIGNATURE_HEADER);
  if (timestamp === undefined || signature === undefined) return "unsigned";
  const [, hex] = /^sha256=([0-9a-f]{64})$/.exec(signature) ?? [];
  if (hex === undefined || !/^\d{1,12}$/.test(timestamp)) return "wrongly-signed";
  const given = Buffer.from(hex, "hex");
  // Every key is tried, so that the time tells nothing of which one fits.
  const fits = keys.filter((key) => timingSafeEqual(hmac(key, timestamp, body), given));
  if (fits.length === 0) return "wrongly-signed";
  const distance = Math.abs(now.getTime() / 1000 - Number(timestamp));
  return distance <= WINDOW_SECONDS ? undefined : "outside-window";
}

function hmac(key: string, timestamp: string, body: string): Buffer {
  return createHmac("sha256", key).update(`${timestamp}.${body}`).digest();
}

/** The value of a header that is there exactly once. */
function headerOf(headers: Readonly<Record<string, readonly string[]>>, name: string): string | undefined {
  const values = Object.entries(headers).flatMap(([key, found]) =>
    key.toLowerCase() === name.toLowerCase() ? found : [],
  );
  return values.length === 1 ? values[0] : undefined;
}
