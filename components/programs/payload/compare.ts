/** A release as `oc adm release info --output json` and `extract` show it. */
export interface ReleaseContent {
  version: string;
  /** Component → image. */
  images: Record<string, string>;
  /** Name of a manifest's file → its text. */
  manifests: Record<string, string>;
}

/** A component that has another image in the new release. */
export interface Replacement {
  name: string;
  /** Names of manifests in the base's image and in the new one, as in the images; none where it is no operator. */
  before: string[];
  after: string[];
}

export interface Comparison {
  /** What must not be: a sentence each. */
  faults: string[];
  /** What is different, as it was meant: a sentence each. */
  changes: string[];
}

/**
 * What a new release has that its base has not, manifest by manifest. Meant are other images and manifests of replaced components,
 * the version's name in any manifest, and the references of replaced images.
 */
export function compareReleases(base: ReleaseContent, made: ReleaseContent, replaced: Replacement[]): Comparison {
  const names = replaced.map(({ name }) => name);
  const before = owners(replaced, "before");
  const after = owners(replaced, "after");
  const faults = imageFaults(base, made, names);
  const changes = names.map((name) =>
    name in base.images
      ? `${name}: ${made.images[name]} in place of ${base.images[name]}`
      : `${name}: ${made.images[name]} is new`,
  );
  const wanted = new Set([...Object.keys(base.manifests).filter((file) => !before.has(file)), ...after.keys()]);

  for (const file of Object.keys(made.manifests).sort()) {
    if (wanted.has(file)) continue;
    const first = file.replace(/_\d+(\.\w+)?$/, "$1");
    if (before.has(file)) faults.push(`manifest ${file} of the base's ${before.get(file)} is there still`);
    else if (first !== file && first in made.manifests) faults.push(`manifest ${first} is there twice, as ${file}`);
    else faults.push(`manifest ${file} is of no component that was replaced, and the base has none of this name`);
  }
  for (const file of [...wanted].sort()) {
    const text = made.manifests[file];
    const owner = after.get(file);
    if (text === undefined) {
      faults.push(`manifest ${file}${owner === undefined ? "" : ` of ${owner}`} is lost`);
    } else if (owner !== undefined) {
      if (!before.has(file)) changes.push(`manifest ${file} of ${owner} is new`);
      else if (text !== renamed(base.manifests[file] ?? "", base, made, names))
        changes.push(`manifest ${file} of ${owner} changed`);
    } else if (text !== renamed(base.manifests[file]!, base, made, names)) {
      faults.push(`manifest ${file} changed, and is of no component that was replaced`);
    }
  }
  for (const [file, owner] of before) {
    if (!after.has(file)) changes.push(`manifest ${file} of ${owner} is gone`);
  }
  return { faults, changes };
}

function imageFaults(base: ReleaseContent, made: ReleaseContent, replaced: string[]): string[] {
  const names = [...new Set([...Object.keys(base.images), ...Object.keys(made.images)])].sort();
  return names.flatMap((name) => {
    if (!(name in made.images)) return [`component ${name} is lost`];
    if (!(name in base.images))
      return replaced.includes(name) ? [] : [`component ${name} is one that the base has not`];
    return replaced.includes(name) || base.images[name] === made.images[name]
      ? []
      : [`component ${name} has another image, ${made.images[name]}, and was not replaced`];
  });
}

/** A manifest of the base as it is in a release of another name with other images. */
function renamed(text: string, base: ReleaseContent, made: ReleaseContent, replaced: string[]): string {
  return replaced.reduce(
    (changed, name) => (name in base.images ? changed.replaceAll(base.images[name]!, made.images[name]!) : changed),
    text.replaceAll(base.version, made.version),
  );
}

/** Files of a release by the replaced component that they are of. */
function owners(replaced: Replacement[], which: "before" | "after"): Map<string, string> {
  return new Map(
    replaced.flatMap(({ name, [which]: files }) => files.map((file) => [fileOf(name, file), name] as const)),
  );
}

/** Name of an image's manifest in a release, as oc gives it. */
function fileOf(component: string, file: string): string {
  return file.startsWith("0000_") ? file : `0000_50_${component}_${file}`;
}
