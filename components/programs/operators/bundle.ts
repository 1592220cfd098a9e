import { parse as parseVersion } from "semver";
import { NotYaml, readDocuments, writeYaml } from "../../kubernetes/yaml";
import { Failure } from "../payload/files";
import type { Substitution } from "../payload/inputs";
import type { Bundle, Csv, Document, Operator } from "./entry";
import { type Images, relatedImages, replaceImages, tagFaults } from "./images";
import { propertiesOf } from "./properties";

const LABEL = "operators.operatorframework.io.bundle";
const SKIP_RANGE = "olm.skipRange";

/** A bundle as its repository has it: manifests by file, and `annotations.yaml`. */
export interface BundleSource {
  manifests: Record<string, string>;
  annotations?: string;
}

/** A bundle as it goes into an image. */
export interface MadeBundle {
  bundle: Bundle;
  manifests: Record<string, string>;
  /** Of the image, and what `annotations.yaml` says. */
  labels: Record<string, string>;
}

/**
 * An operator's bundle with the images that were built, under its version, without what it says of other versions: that is the catalog's.
 * @throws Failure with all that is wrong with it
 */
export function makeBundle(
  operator: string,
  source: BundleSource,
  { entry, images, patterns }: { entry: Operator; images: Images; patterns: Substitution[] },
): MadeBundle {
  const parsed = Object.entries(source.manifests).flatMap(([file, text]) =>
    documentsOf(operator, file, text).map((document) => ({ file, document })),
  );
  const csvs = parsed.filter(({ document }) => document.kind === "ClusterServiceVersion");
  if (csvs.length !== 1) {
    const found = csvs.length === 0 ? "none" : csvs.map(({ file }) => file).join(" and ");
    throw new Failure([
      `${operator}: a bundle has one ClusterServiceVersion, and ${entry.manifests.join(" and ")} have ${found}`,
    ]);
  }
  const given = csvs[0]!.document as Csv;
  const version = entry.version ?? given.spec.version ?? "";
  const { documents, used, faults } = replaceImages(
    parsed.map(({ document }) => (document === given ? versioned(given, version) : document)),
    { patterns, images },
  );
  const csv = documents[parsed.findIndex(({ document }) => document === given)] as Csv;
  const annotations = annotationsOf(operator, source);
  const name = entry.package ?? annotations[`${LABEL}.package.v1`] ?? "";
  const all = [
    ...faults,
    ...tagFaults(csv, patterns),
    parseVersion(version) === null &&
      `version ${version || "none"} is no semantic version: say one (version), such as 4.22.0`,
    name === "" && "its bundle has no package name: annotations.yaml says none, and neither does its row (package)",
  ].filter((fault) => typeof fault === "string");
  if (all.length > 0) throw new Failure(all.map((fault) => `${operator}: ${fault}`));

  csv.spec.relatedImages = relatedImages(csv, used);
  const channels = entry.channels ?? (annotations[`${LABEL}.channels.v1`] ?? "stable").split(",");
  const defaultChannel = entry.channels ? entry.channels[0] : annotations[`${LABEL}.channel.default.v1`];
  const [, skipsFrom] = />=\s*(\S+)/.exec(given.metadata.annotations?.[SKIP_RANGE] ?? "") ?? [];
  const icon = csv.spec.icon?.[0];
  return {
    bundle: {
      ...{ operator, name: csv.metadata.name, package: name, version, channels },
      ...(defaultChannel !== undefined && { defaultChannel }),
      ...(skipsFrom !== undefined && { skipsFrom }),
      ...(icon && { icon: { base64data: icon.base64data, mediatype: icon.mediatype } }),
      properties: propertiesOf({ package: name, version, csv, documents }),
      relatedImages: csv.spec.relatedImages,
    },
    manifests: filesOf(documents.map((document, index) => ({ file: parsed[index]!.file, document }))),
    labels: {
      ...annotations,
      [`${LABEL}.mediatype.v1`]: "registry+v1",
      [`${LABEL}.manifests.v1`]: "manifests/",
      [`${LABEL}.metadata.v1`]: "metadata/",
      [`${LABEL}.package.v1`]: name,
      [`${LABEL}.channels.v1`]: channels.join(),
      ...(defaultChannel !== undefined && { [`${LABEL}.channel.default.v1`]: defaultChannel }),
    },
  };
}

/** A ClusterServiceVersion of a version: its name follows, wherever it stands, and what it says of others is gone. */
function versioned(csv: Csv, version: string): Csv {
  const { name } = csv.metadata;
  const own = `${name.replace(/\.v\d.*$/, "")}.v${version}`;
  const { replaces: _, skips: __, ...spec } = csv.spec;
  const { [SKIP_RANGE]: ___, ...annotations } = csv.metadata.annotations ?? {};
  const text = JSON.stringify({ ...csv, metadata: { ...csv.metadata, annotations }, spec: { ...spec, version } });
  return JSON.parse(text.replaceAll(JSON.stringify(name), JSON.stringify(own))) as Csv;
}

function documentsOf(operator: string, file: string, text: string): Document[] {
  try {
    return readDocuments(text, file).map(({ value }) => value as Document);
  } catch (error) {
    if (error instanceof NotYaml) throw new Failure([`${operator}: ${error.message}`]);
    throw error;
  }
}

function annotationsOf(operator: string, { annotations }: BundleSource): Record<string, string> {
  if (annotations === undefined) return {};
  const [parsed] = documentsOf(operator, "annotations.yaml", annotations) as { annotations?: Record<string, string> }[];
  if (parsed?.annotations === undefined) throw new Failure([`${operator}: its annotations.yaml has no annotations`]);
  // What is tested with is not in the bundle.
  return Object.fromEntries(Object.entries(parsed.annotations).filter(([key]) => !key.includes(".test.")));
}

function filesOf(documents: { file: string; document: Document }[]): Record<string, string> {
  const files: Record<string, string> = {};
  for (const { file, document } of documents) {
    const text = writeYaml(document);
    files[file] = files[file] === undefined ? text : `${files[file]}---\n${text}`;
  }
  return files;
}
