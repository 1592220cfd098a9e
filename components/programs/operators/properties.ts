import { canonical } from "../payload/record";
import type { Bundle, Csv, Document } from "./entry";

/** Fields of a ClusterServiceVersion that catalogs show, as `opm render --migrate-level=bundle-object-to-csv-metadata` has them → its names for them. */
const SHOWN: Record<string, string> = {
  ...{ apiservicedefinitions: "apiServiceDefinitions", customresourcedefinitions: "crdDescriptions" },
  ...Object.fromEntries(
    ["description", "displayName", "installModes", "keywords", "links", "maintainers", "maturity"].map((it) => [
      it,
      it,
    ]),
  ),
  ...{ minKubeVersion: "minKubeVersion", nativeAPIs: "nativeAPIs", provider: "provider" },
};
/** Those that are there even where they are empty. */
const ALWAYS = { apiServiceDefinitions: {}, crdDescriptions: {}, provider: {} };

/** A CustomResourceDefinition, as far as it is used. */
interface Crd {
  spec: { group: string; names: { kind: string }; versions?: { name: string }[] };
}

/** What a catalog says of a bundle: package, APIs that it has and needs, and what it shows. */
export function propertiesOf({
  package: packageName,
  version,
  csv,
  documents,
}: {
  package: string;
  version: string;
  csv: Csv;
  documents: Document[];
}): Bundle["properties"] {
  const crds = documents.filter(({ kind }) => kind === "CustomResourceDefinition") as unknown as Crd[];
  const provided = crds.flatMap(({ spec: { group, names, versions = [] } }) =>
    versions.map((it) => ({ group, kind: names.kind, version: it.name })),
  );
  const required = (csv.spec.customresourcedefinitions?.required ?? []).map(({ name, kind, version: needed }) => ({
    group: name.slice(name.indexOf(".") + 1),
    kind,
    version: needed,
  }));
  const { annotations, labels } = csv.metadata;
  const shown = Object.entries(SHOWN).map(([field, called]) => [called, csv.spec[field]] as const);
  const metadata = {
    ...ALWAYS,
    ...(annotations && { annotations }),
    ...(labels && { labels }),
    ...Object.fromEntries(shown.filter(([, value]) => value !== undefined)),
  };
  const properties = [
    { type: "olm.package", value: { packageName, version } },
    ...provided.map((value) => ({ type: "olm.gvk", value })),
    ...required.map((value) => ({ type: "olm.gvk.required", value })),
    { type: "olm.csv.metadata", value: metadata },
    ...(JSON.parse(annotations?.["olm.properties"] ?? "[]") as Bundle["properties"]),
  ];
  return properties.sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1));
}
