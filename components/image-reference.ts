/**
 * An image's reference in full, as container runtimes read it: without a registry it is Docker Hub's, and there one of a
 * single word is in `library`. https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed
 */
export function normalized(reference: string): string {
  const [, domain, rest] = /^([^/]+)\/(.+)$/.exec(reference) ?? [];
  const named = domain !== undefined && (/[.:A-Z]/.test(domain) || domain === "localhost");
  const registry = !named || domain === "index.docker.io" ? "docker.io" : domain;
  const repository = named ? rest! : reference;
  return `${registry}/${registry === "docker.io" && !repository.includes("/") ? "library/" : ""}${repository}`;
}

/** A part of a repository's name, and a reference, as container runtimes take them. */
const PART = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const REFERENCE = new RegExp(
  `^(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::\\d+)?/)?${PART}(?:/${PART})*(?::\\w[\\w.-]{0,127})?(?:@[a-z0-9]+:[0-9a-f]+)?$`,
);

/** Whether a text can be a reference at all: no variable, no sentence, no name with capitals. */
export function isReference(text: string): boolean {
  return REFERENCE.test(text);
}

/**
 * A reference as the mirror has it: behind the mirror's address, with its own registry as a part of the path. One of a
 * registry with a port stays as it is, as no path can hold that; so does one that is the mirror's already.
 *
 * @param mirror host, port and path; none: everything stays as it is
 */
export function mirrored(reference: string, mirror: string | undefined): string {
  if (!mirror) return reference;
  const prefix = `${mirror.replace(/\/+$/, "")}/`;
  const full = normalized(reference);
  const hasPort = /^[^/]+:\d+\//.test(full) || full.startsWith("localhost/");
  return hasPort || reference.startsWith(prefix) ? reference : `${prefix}${full}`;
}
