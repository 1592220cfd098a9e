import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { imageFaults, labelOf, nextName, unknownComponent } from "./checks";
import { compareReleases, type ReleaseContent, type Replacement } from "./compare";
import { type ImageConfig, type ImageStream, imagesOf, type ReleaseInfo } from "./entry";
import { Failure, filesIn, readJson } from "./files";
import { keyOf } from "./record";
import { cut, resultsLimit } from "./results";

/** What the release's metadata bears, so that it is known again. */
const KEY = "io.okd-streams.key";
/** Makes oc look for manifests in all layers of an image. */
const OVERRIDE = "io.openshift.release.override";
/** Files of an image's manifests that are none. */
const REFERENCES = "image-references";

/** Steps of the Task. */
const STEPS = 7;
/** Bytes for its other results. */
const OTHERS = 350;

interface Component {
  name: string;
  image: string;
  /** Folder of what was read. */
  folder: string;
  before: ImageConfig | undefined;
  after: ImageConfig;
}

/** Writes what `oc adm release new` is given, if it would be a sound release; or says that it is there. */
export function compose(env: NodeJS.ProcessEnv): void {
  const { BASE = "", VERSION = "", REPOSITORY = "", ARCHITECTURE = "", SCRATCH = "", MIRROR } = env;
  const base = readJson<ReleaseInfo>(join(SCRATCH, "base.json"));
  const components = componentsIn(SCRATCH);
  const added = readJson<string[]>(join(SCRATCH, "added.json"));
  const names = [...Object.keys(imagesOf(base)), ...added];
  const faults = components.flatMap((component) =>
    names.includes(component.name)
      ? [
          ...imageFaults(component.name, component.image, { ...component, architecture: ARCHITECTURE }),
          ...manifestFaults(component, names),
        ]
      : [unknownComponent(component.name, names)],
  );
  if (faults.length > 0) throw new Failure(faults);

  const sources = { ...imagesOf(base), ...Object.fromEntries(components.map(({ name, image }) => [name, image])) };
  const images = MIRROR === "true" ? movedTo(REPOSITORY, sources) : sources;
  const key = keyOf({ kind: "payload-release", version: VERSION, base: BASE.split("@")[1], images });
  const existing = join(SCRATCH, "existing.json");
  if (existsSync(existing)) {
    if (readJson<ReleaseInfo>(existing).metadata.metadata?.[KEY] !== key) {
      const next = nextName(VERSION, () => false);
      throw new Failure([
        `${REPOSITORY}:${VERSION} is there already, with other content, and a release is never overwritten: the next version is ${next}`,
      ]);
    }
    writeFileSync(join(SCRATCH, "kept"), "");
    writeFileSync(env.RESULT_RELEASE!, `${REPOSITORY}@${readFileSync(join(SCRATCH, "digest"), "utf8")}`);
    writeFileSync(env.RESULT_CHANGES!, "nothing: the release was there");
    writeFileSync(env.RESULT_OUTCOME!, "kept");
    console.log(`release ${VERSION} is kept: it was made of this base and these images`);
    return;
  }
  const replaced = new Map(components.map(({ name }) => [name, images[name]!]));
  const references = replaceImages(base.references, replaced);
  if (MIRROR === "true") {
    references.spec.tags = references.spec.tags.map((tag) => ({
      ...tag,
      from: { kind: "DockerImage", name: images[tag.name]! },
    }));
    const copies = Object.entries(sources).map(([name, image]) => `${name} ${image}\n`);
    writeFileSync(join(SCRATCH, "copies"), copies.join(""));
  }
  const { previous, metadata = {} } = base.metadata;
  const files = {
    "image-references": JSON.stringify(references),
    previous: [...new Set([...previous, base.metadata.version])].join(),
    metadata: JSON.stringify({ ...metadata, [KEY]: key }),
    names: names.join(),
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(SCRATCH, file), text);
}

/** Images by their digests in another repository. */
function movedTo(repository: string, images: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(images).map(([name, image]) => [name, `${repository}@${image.split("@")[1]}`]),
  );
}

/** The base's references with other images and further ones; oc finds their manifests in whatever layer they are. */
export function replaceImages(references: ImageStream, replaced: ReadonlyMap<string, string>): ImageStream {
  const own = (image: string) => ({ from: { kind: "DockerImage", name: image }, annotations: { [OVERRIDE]: "true" } });
  const before = references.spec.tags.map((tag) => {
    const image = replaced.get(tag.name);
    return image === undefined ? tag : { ...tag, ...own(image) };
  });
  const names = before.map(({ name }) => name);
  const added = [...replaced].filter(([name]) => !names.includes(name));
  const tags = [...before, ...added.map(([name, image]) => ({ name, ...own(image) }))];
  return { kind: "ImageStream", apiVersion: "image.openshift.io/v1", metadata: {}, spec: { ...references.spec, tags } };
}

/** Compares what was made with its base. */
export function compare(env: NodeJS.ProcessEnv): void {
  const { SCRATCH = "", REPOSITORY = "" } = env;
  if (existsSync(join(SCRATCH, "kept"))) return;
  const base = readJson<ReleaseInfo>(join(SCRATCH, "base.json"));
  const made = readJson<ReleaseInfo>(join(SCRATCH, "made.json"));
  const replacements = componentsIn(SCRATCH).map(({ name, folder, before, after }): Replacement => {
    const files = (config: ImageConfig | undefined, which: string) =>
      labelOf(config) === undefined ? [] : filesIn(join(folder, which)).filter((file) => file !== REFERENCES);
    return { name, before: files(before, "before"), after: files(after, "after") };
  });
  const before = content(base, join(SCRATCH, "base"));
  const mirrored = existsSync(join(SCRATCH, "copies"));
  const { faults, changes } = compareReleases(
    mirrored ? moved(before, movedTo(REPOSITORY, before.images)) : before,
    content(made, join(SCRATCH, "after")),
    replacements,
  );
  if (faults.length > 0) throw new Failure(faults);
  writeFileSync(env.RESULT_CHANGES!, cut("changes", changes, resultsLimit(STEPS) - OTHERS));
  console.log(changes.join("\n"));
}

/** A release as it is where its images are elsewhere. */
function moved({ version, images, manifests }: ReleaseContent, places: Record<string, string>): ReleaseContent {
  const place = (text: string) =>
    Object.entries(images).reduce((changed, [name, image]) => changed.replaceAll(image, places[name]!), text);
  return {
    version,
    images: places,
    manifests: Object.fromEntries(Object.entries(manifests).map(([file, text]) => [file, place(text)])),
  };
}

function content(info: ReleaseInfo, folder: string): ReleaseContent {
  const files = filesIn(folder).filter((file) => ![REFERENCES, "release-metadata"].includes(file));
  return {
    version: info.metadata.version,
    images: imagesOf(info),
    manifests: Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, file), "utf8")])),
  };
}

function componentsIn(scratch: string): Component[] {
  return readdirSync(join(scratch, "components"))
    .sort()
    .map((name) => {
      const folder = join(scratch, "components", name);
      return {
        ...{ name, folder },
        image: readFileSync(join(folder, "image"), "utf8"),
        before: beforeOf(folder),
        after: readJson<ImageConfig>(join(folder, "after.json")),
      };
    });
}

/** Of the base's image, as `oc image info` shows it. */
function beforeOf(folder: string): ImageConfig | undefined {
  const file = join(folder, "before.json");
  return existsSync(file) ? readJson<{ config: ImageConfig }>(file).config : undefined;
}

/** Manifests that would be lost, and images that nobody has. */
function manifestFaults({ name, image, folder, before, after }: Component, names: string[]): string[] {
  if (labelOf(after) === undefined) return [];
  const had = labelOf(before) === undefined ? [] : filesIn(join(folder, "before"));
  const has = filesIn(join(folder, "after"));
  if (has.length === 0 && had.length > 0) {
    return [
      `${name}: ${image} has nothing in /manifests, and the base's image has ${had.join(", ")}: they would be lost`,
    ];
  }
  if (!has.includes(REFERENCES)) return [];
  const { spec } = readJson<ImageStream>(join(folder, "after", REFERENCES));
  const unknown = spec.tags.filter((tag) => !names.includes(tag.name)).map((tag) => tag.name);
  return unknown.map(
    (wanted) =>
      `${name}: its image-references name ${wanted}, which the release has not${wanted.startsWith("rhel-coreos") ? ": build it with argument TAGS=scos" : ""}`,
  );
}
