import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { UserError } from "../../components/errors";
import { proxiedFetch } from "../../components/fetch";
import { imageArchitecture } from "../../components/images/architecture";
import type { Pin } from "./pins";

/** Milliseconds without a byte after which a download is given up. */
const SILENCE = 60_000;

/** The platform as Go names it: `linux-amd64`. */
export function platformName(os: string = process.platform, architecture?: string): string {
  return `${os}-${imageArchitecture(architecture)}`;
}

/**
 * Downloads a pinned program and makes it executable, or leaves nothing: the file gets its name only when its
 * checksum is the pinned one.
 * @returns its path
 * @throws UserError no pin for this platform, no answer, another checksum
 */
export async function download(name: string, pin: Pin, folder: string, platform = platformName()): Promise<string> {
  const expected = pin.sha256[platform];
  if (!expected) throw new UserError(`No ${name} is published for ${platform}: put one on PATH.`, 3);
  const target = path.join(folder, name);
  const partial = `${target}.${process.pid}.partial`;
  await fs.mkdir(folder, { recursive: true });
  try {
    const actual = await save(pin.url(platform), partial);
    if (actual !== expected) {
      throw new UserError(
        `${pin.url(platform)} has checksum ${actual} instead of the pinned ${expected}: nothing was installed.`,
      );
    }
    await fs.chmod(partial, 0o755);
    await fs.rename(partial, target);
    return target;
  } finally {
    await fs.rm(partial, { force: true });
  }
}

/**
 * Saves what is at an address.
 * @param ask @default as a stranger
 * @returns its SHA-256
 * @throws UserError for another answer than the file, or half of it
 */
export async function save(
  url: string,
  file: string,
  ask: (signal: AbortSignal) => Promise<Response> = (signal) => proxiedFetch(url, { signal }),
): Promise<string> {
  const stop = new AbortController();
  let timer = setTimeout(() => stop.abort(), SILENCE);
  const hash = createHash("sha256");
  const measure = new Transform({
    transform(chunk: Buffer, _, done) {
      clearTimeout(timer);
      timer = setTimeout(() => stop.abort(), SILENCE);
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    const response = await ask(stop.signal);
    if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
    await pipeline(response.body, measure, createWriteStream(file));
    return hash.digest("hex");
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? `${message}: ${cause.message}` : message;
    throw new UserError(`${url} could not be downloaded: ${reason}.`);
  } finally {
    clearTimeout(timer);
  }
}
