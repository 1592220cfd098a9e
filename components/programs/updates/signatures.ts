import type { Reader } from "./release";

const ANSWER_MS = 60_000;

/** Signatures of a release, the first first, as Task sign-release leaves them; none where nobody signed it. @throws Unavailable */
export async function readSignatures(client: Reader, path: string, digest: string): Promise<Buffer[]> {
  const patience = () => AbortSignal.timeout(ANSWER_MS);
  const found = await client.manifest(path, `${digest.replace(":", "-")}.gpg`, patience());
  const { layers = [] } = (found?.body ?? {}) as { layers?: { digest: string }[] };
  const blobs = await Promise.all(layers.map((layer) => client.blob(path, layer.digest, patience())));
  return blobs.filter((blob) => blob !== undefined);
}
