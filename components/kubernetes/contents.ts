import { createHash } from "node:crypto";

/** An annotation of pods with the files that they run from: other contents are other pods. */
export function contentsOf(...files: string[]): Record<string, string> {
  const digest = createHash("sha256").update(files.join("")).digest("hex").slice(0, 16);
  return { "okd-streams.io/contents": digest };
}
