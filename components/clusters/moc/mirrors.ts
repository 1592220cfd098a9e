/** Where OKD's releases and what is in them are published. */
const PUBLISHED = "quay.io/okd";

/**
 * What an installation pulls from a mirror instead.
 *
 * @param mirrored where an image is had from; itself where it is not mirrored
 * @param releaseImage release that is installed. @default one of OKD's own
 */
export function mirrorsOf(
  mirrored: (reference: string) => string,
  releaseImage?: string,
): { source: string; mirror: string }[] {
  const sources = [PUBLISHED, ...(releaseImage ? [folderOf(releaseImage)] : [])];
  return [...new Set(sources)]
    .map((source) => ({ source, mirror: mirrored(source) }))
    .filter(({ source, mirror }) => mirror !== source);
}

/** `quay.io/okd` of `quay.io/okd/scos-release:4.21`: what is in a release lies beside it. A host alone is no repository. */
function folderOf(image: string): string {
  const repository = image.replace(/(@[^/]*)$/, "").replace(/:[^/:]*$/, "");
  const parts = repository.split("/");
  return parts.length > 2 ? parts.slice(0, -1).join("/") : repository;
}
