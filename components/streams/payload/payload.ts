import { createHash } from "node:crypto";
import { parse } from "semver";
import { likelyMeant } from "../../programs/payload/checks";
import type { Entry, SourceRow } from "../../programs/payload/entry";
import { canonical } from "../../programs/payload/record";
import { UserError } from "../../errors";
import type { Images } from "../../pipelines/images";
import type { BuildSettings } from "../settings";
import { type ComponentSource, inputsFor, mergedRow } from "./source";
import type { Row, Table } from "./table";

/** A key that releases are signed with: RSA, since clusters read nothing else. */
export interface Signing {
  /** Secret with the private key, `private.key`. */
  secret: string;
  /** Its id. @default the only one in the Secret */
  key?: string;
  /** URL of the folder with the signatures, as clusters reach it: the release tells them of it and the key. @default it tells what the base does */
  store?: string;
}

/** A release of OKD with some components replaced. */
export interface Payload {
  /** Its name in the stack: part of the names of its runs. */
  name: string;
  /** Release to start from, by digest. */
  from: string;
  /** The release's own version, newer than the base's: `4.22.0-okd-scos.7.mine.1`. */
  version: string;
  /** Components by their names in the base release. */
  replace: Record<string, ComponentSource>;
  /** Components that the base lacks. @default none */
  add?: Record<string, ComponentSource>;
  /** Whether all other components are copied, too: the release stands alone then. @default false */
  mirror?: boolean;
  /** Whether all components of the table are built, parents too, but for those that `replace` has an image of. @default false */
  all?: boolean;
  /** Whether those are built too that nobody can build of what is public. @default false: the base has them */
  strict?: boolean;
  /** Registry and path of components and releases. @default path `okd` of the stack's registry */
  repository?: string;
  /** Secret to pull and push with (`.dockerconfigjson`). @default that of the stack's registry */
  pushSecret?: string;
  /** What signs the release where clusters look. @default it is not signed */
  signing?: Signing;
  /** Architecture, as Kubernetes names it. @default the cluster's first */
  architecture?: string;
  /** Ended runs that stay. @default as the stack says */
  keep?: { runs?: number };
}

/** What a payload's runs are given, `entry.json`: all that does not change from run to run. */
export function renderEntry(
  payload: Payload,
  {
    table,
    images,
    target,
    recipe,
    mirrored,
  }: { table: Table; images: Images; target: string; recipe: string; mirrored(image: string): string },
): Entry {
  const { name, version } = payload;
  const minor = minorOf(payload);
  const { replace, left } = replacedBy(payload, table);
  return {
    ...{ name, minor, recipe },
    release: { repository: releaseOf(payload, target).repository, version },
    ...(payload.add && { added: Object.keys(payload.add) }),
    components: Object.fromEntries(
      Object.entries({ ...replace, ...payload.add }).map(([component, source]) => [
        component,
        source.image === undefined
          ? sourceRow(component, source, payload, { table, mirrored })
          : { image: source.image },
      ]),
    ),
    ...(payload.all && { all: { left } }),
    ...inputsFor(table, { images, minor, mirrored }),
  };
}

/** What an entry replaces, and of a whole table what it leaves as the base has it → why. */
function replacedBy(
  { replace, all = false, strict = false }: Payload,
  { rows }: Table,
): { replace: Payload["replace"]; left: Record<string, string> } {
  if (!all) return { replace, left: {} };
  const stays = rows.filter(({ name, unbuildable }) => unbuildable !== undefined && !strict && !(name in replace));
  const built = rows.filter((row) => !stays.includes(row)).map(({ name }) => [name, {}] as const);
  return {
    replace: { ...Object.fromEntries(built), ...replace },
    left: Object.fromEntries(stays.map(({ name, unbuildable }) => [name, unbuildable!])),
  };
}

/** `4.22` of `4.22.0-mine.1`. @throws UserError for a version that is none */
export function minorOf({ name, version }: Pick<Payload, "name" | "version">): string {
  const parsed = parse(version);
  if (!parsed)
    throw new UserError(
      `payloads: version ${version} of ${name} is no semantic version: write one such as 4.22.0-mine.1.`,
    );
  return `${parsed.major}.${parsed.minor}`;
}

/** @throws UserError for a component that neither the table nor the entry says enough of, and for a branch of another version */
function sourceRow(
  component: string,
  source: ComponentSource,
  payload: Payload,
  { table: { rows }, mirrored }: { table: Table; mirrored(image: string): string },
): SourceRow {
  const minor = minorOf(payload);
  const at = `payloads: ${component} of ${payload.name}`;
  const row: Partial<Row> = rows.find(({ name }) => name === component) ?? {};
  if (row.parent && !payload.all)
    throw new UserError(`${at} is a parent that no release has: name a component of the release.`);
  if (row.unbuildable !== undefined && !payload.strict && Object.keys(source).length === 0) {
    throw new UserError(
      `${at} cannot be built of what is public: ${row.unbuildable}. Leave it out and the base's image stays, or name an image or a source that needs no such thing.`,
    );
  }
  const merged = mergedRow(row, source, { at, minor, mirrored });
  if (merged) return { ...merged, ...(row.parent && { parent: true }) };
  const names = rows.filter(({ parent }) => !parent).map(({ name }) => name);
  throw new UserError(
    `payloads: component ${component} is not in the table, ${likelyMeant(component, names)}: mend the name, or say its repository and ref, of ${payload.name}.`,
  );
}

/** The release that a payload comes to, by the tag that it gets. */
export function releaseOf(
  { version }: Pick<Payload, "version">,
  target: string,
): { repository: string; image: string } {
  const repository = `${target}/okd-payload`;
  return { repository, image: `${repository}:${version}` };
}

/** Secrets that nobody but runs of payloads may see. */
export function signingSecrets(payloads: Pick<Payload, "signing">[]): string[] {
  return payloads.flatMap(({ signing }) => signing?.secret ?? []);
}

/** Those of a stack's Secrets that runs of payloads use. */
export function payloadSecrets<T>(
  secrets: Record<string, T>,
  payloads: Pick<Payload, "pushSecret" | "signing">[],
  { registry, matrix }: Pick<BuildSettings, "registry" | "matrix">,
): Record<string, T> {
  const push = payloads.map(({ pushSecret }) => pushSecret);
  const used = new Set([...push, ...signingSecrets(payloads), registry?.credentialsSecret, matrix?.secret]);
  return Object.fromEntries(Object.entries(secrets).filter(([name]) => used.has(name)));
}

/** Checksum of how components are built: the Task, with its scripts and images. */
export function recipeOf(task: object): string {
  return createHash("sha256").update(canonical(task)).digest("hex");
}

/** A payload in words, a sentence each. */
export function payloadLines(payload: Payload, entry: Entry, table: Table): string[] {
  const { name, from, version, replace, add = {}, mirror, signing } = payload;
  const said = Object.entries(entry.components).filter(([component]) => component in replace || component in add);
  const sources = said.map(([component, source]) =>
    "image" in source
      ? `${component} is ${source.image}`
      : `${component} is built of ${source.repository}, ${source.ref}${source.network ? ", with network" : ""}`,
  );
  const others = said.length === 1 ? "all others are" : "what is not named is";
  const built = Object.values(entry.components).filter((source) => !("image" in source)).length;
  return [
    entry.all
      ? `${version} on ${from}: ${built} components are built, the base has the rest, by digest`
      : `${version} on ${from}: ${others} the base's, by digest`,
    ...sources,
    ...Object.keys(add).map((component) => `${component} is one that the base lacks`),
    ...(mirror ? ["all components are copied beside the release"] : []),
    ...Object.entries(entry.all?.left ?? {}).map(([component, reason]) => `${component} is the base's: ${reason}`),
    ...(table.version === entry.minor ? [] : [`rows are those of ${table.version}, branches of ${entry.minor}`]),
    ...(signing?.store === undefined ? [] : [`clusters that run it believe that key, and look at ${signing.store}`]),
    `pushed to ${entry.release!.repository}, ${signing ? `signed by the key of Secret ${signing.secret}` : "not signed (signing is not set)"}`,
  ].map((text) => `payload ${name}: ${text}`);
}
