import { likelyMeant } from "../payload/checks";
import { type Substitution, substituted } from "../payload/inputs";
import type { Csv, Document, RelatedImage } from "./entry";

const DIGEST = /@sha256:[0-9a-f]{64}$/;
/** What an image's name looks like: host or path, and tag or digest. */
const REFERENCE = /^[\w.-]+(:\d+)?\/[\w./-]+[:@][\w.:-]+$/;

/** Images by the names of operators, operands and components → by digest. */
export type Images = Readonly<Record<string, string>>;

/**
 * Documents whose images are those that were built. An image is a value that is one from end to end, alone or after `--flag=`.
 * @returns the documents, what they name now by component, and what they name that nobody has: a sentence each
 */
export function replaceImages<T extends Document>(
  documents: T[],
  { patterns, images }: { patterns: Substitution[]; images: Images },
): { documents: T[]; used: Map<string, string>; faults: string[] } {
  const used = new Map<string, string>();
  const unknown = new Set<string>();
  function replaced(text: string): string {
    const [, flag = "", image = ""] = /^(--?[\w-]+=)?(.*)$/s.exec(text)!;
    const name = REFERENCE.test(image) ? substituted(image, patterns) : undefined;
    if (name === undefined) return text;
    const found = images[name];
    if (found === undefined) {
      unknown.add(
        `image ${image} means ${name}, which is neither built nor in the release, ${likelyMeant(name, Object.keys(images))}: name an operand ${name}, or mend the pattern`,
      );
      return text;
    }
    used.set(name, found);
    return `${flag}${found}`;
  }
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return replaced(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, walk(field)]));
  };
  return { documents: documents.map((document) => walk(document) as T), used, faults: [...unknown] };
}

/** Images that a ClusterServiceVersion names by something else than a digest and no pattern covers, where they are run: a sentence each. */
export function tagFaults({ spec }: Csv, patterns: Substitution[]): string[] {
  const named = [
    ...deploymentsOf(spec).flatMap(({ name, containers }) =>
      containers.flatMap((container) => [
        { where: `container ${container.name} of ${name}`, image: container.image },
        ...(container.env ?? [])
          .filter((variable) => /IMAGE/.test(variable.name) && REFERENCE.test(variable.value ?? ""))
          .map((variable) => ({ where: `variable ${variable.name} of ${name}`, image: variable.value! })),
      ]),
    ),
    ...(spec.relatedImages ?? []).map(({ name, image }) => ({ where: `related image ${name}`, image })),
  ];
  return named
    .filter(({ image }) => !DIGEST.test(image) && substituted(image, patterns) === undefined)
    .map(
      ({ where, image }) =>
        `${where} is ${image}, a tag where a digest is due, and no pattern covers it: name it by digest, or add a pattern to pipelines/operators/data/operators.yaml`,
    );
}

function deploymentsOf({ install }: Csv["spec"]) {
  return (install?.spec?.deployments ?? []).map(({ name, spec: { template } }) => ({
    name,
    containers: [...(template.spec.initContainers ?? []), ...(template.spec.containers ?? [])],
  }));
}

/** All images of a bundle by name, each once: what was built, and what its ClusterServiceVersion names by digest. */
export function relatedImages({ spec }: Csv, used: ReadonlyMap<string, string>): RelatedImage[] {
  const all = [...[...used].map(([name, image]) => ({ name, image })), ...(spec.relatedImages ?? [])];
  const first = all.filter(({ image }, index) => all.findIndex((other) => other.image === image) === index);
  return first.map(({ name, image }) => ({ name, image })).sort((a, b) => (a.name < b.name ? -1 : 1));
}
