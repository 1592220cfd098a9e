import { UserError } from "../../components/errors";
import { imageName, Repository } from "../../components/images/repository";

/** What a registry has under a tag. */
export interface Found {
  /** Of the list of all architectures, or of the only image. */
  digest: string;
  architectures: string[];
}

interface Platform {
  platform?: { architecture?: string; os?: string };
}

/**
 * Asks a public registry, as a stranger, what is under a tag.
 * @param reference `registry/repository:tag`
 * @throws UserError no answer, no such tag, an answer that is none
 */
export async function resolveTag(reference: string): Promise<Found> {
  const repository = new Repository(reference);
  const { digest, body } = await repository.manifest(imageName(reference).tag!);
  if (Array.isArray(body.manifests)) {
    const architectures = (body.manifests as Platform[]).flatMap(({ platform: { architecture = "", os } = {} }) =>
      os === "linux" ? [architecture] : [],
    );
    return { digest, architectures: [...new Set(architectures)].sort() };
  }
  const { config } = body as { config?: { digest?: string } };
  if (config?.digest === undefined) {
    throw new UserError(`${reference}: ${new URL(repository.url("")).host} answers no manifest`);
  }
  const { architecture } = (await repository.json(config.digest)).body;
  return { digest, architectures: typeof architecture === "string" ? [architecture] : [] };
}
