import { posix } from "node:path";
import { z } from "zod";
import { UserError } from "../../errors";
import { substituted } from "../../programs/payload/inputs";
import type { Row, Table } from "./table";

/** What a table's row says at most, but for what is written by hand; `arguments` are those beside the ones of all. */
export type UpstreamRow = Omit<Row, "name" | "self" | "rpms" | "network" | "unbuildable">;

const parent = z.looseObject({
  member: z.string().optional(),
  stream: z.string().optional(),
  image: z.string().optional(),
});
const source = z.looseObject({
  dockerfile: z.string().optional(),
  path: z.string().optional(),
  git: z.looseObject({ web: z.string(), branch: z.looseObject({ target: z.string() }) }).optional(),
  okd_alignment: z
    .looseObject({
      tag_name: z.string().optional(),
      resolve_as: z.looseObject({ stream: z.string() }).optional(),
      build_args: z.array(z.looseObject({ name: z.string(), value: z.string() })).optional(),
    })
    .optional(),
});
const image = z.looseObject({
  mode: z.string().optional(),
  name: z.string(),
  payload_name: z.string().optional(),
  for_payload: z.boolean().default(false),
  content: z.looseObject({ source: source.optional() }).optional(),
  from: parent.extend({ builder: z.array(parent).default([]) }).optional(),
});
type UpstreamImage = z.output<typeof image>;

/** What of a checkout of ocp-build-data is read, as YAML has it. */
export interface Upstream {
  /** `vars` of `group.yml`. */
  group: unknown;
  streams: unknown;
  /** Files of `images/`, without their ending → content. */
  images: Record<string, unknown>;
}

const groupFile = z.looseObject({ vars: z.record(z.string(), z.union([z.string(), z.number()])) });
const streamsFile = z.record(
  z.string(),
  z.looseObject({ image: z.string().optional(), upstream_image: z.string().optional() }),
);

/**
 * Rows of a version by its own table, ocp-build-data in variant okd: what is in the payload, and what that stands on.
 * @throws UserError for a checkout of another version, a file that is not as rules have it, two rows of one output, an unknown input
 */
export function upstreamRows(
  upstream: Upstream,
  version: string,
  substitutions: Table["substitutions"],
): Record<string, UpstreamRow> {
  const { vars } = read(groupFile, upstream.group, "group.yml");
  const there = `${vars.MAJOR}.${vars.MINOR}`;
  if (there !== version) {
    throw new UserError(`The checkout is of ${there}, not of ${version}: check out branch openshift-${version} in it.`);
  }
  const words = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => String(vars[name] ?? `{${name}}`));
  const streams = read(streamsFile, upstream.streams, "streams.yml");
  const images = new Map<string, UpstreamImage>();
  for (const [key, value] of Object.entries(upstream.images).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const merged = read(image, laidOver(value), `images/${key}.yml`);
    images.set(key, merged);
  }

  const streamOf = (name: string, user: string): string => {
    const { upstream_image: known, image: own } = streams[name] ?? {};
    const reference = known ?? own;
    if (reference === undefined)
      throw new UserError(`images/${user}.yml stands on stream ${name}, which streams.yml has not.`);
    return substituted(words(reference), substitutions) ?? words(reference);
  };
  const inputOf = ({ member, stream, image: own }: z.output<typeof parent>, user: string): { row: string } | string => {
    if (stream !== undefined) return streamOf(stream, user);
    if (member === undefined) return words(own ?? "scratch");
    const needed = images.get(member);
    if (!needed) throw new UserError(`images/${user}.yml stands on ${member}, and there is no such image.`);
    const resolved = needed.content?.source?.okd_alignment?.resolve_as;
    return resolved ? streamOf(resolved.stream, user) : { row: member };
  };

  const rows: Record<string, UpstreamRow> = {};
  const keys: Record<string, string> = {};
  const wanted = [...images]
    .filter(([, { mode, for_payload: payload }]) => payload && mode !== "disabled")
    .map(([key]) => key);
  for (const key of wanted) {
    const member = images.get(key)!;
    const name = nameOf(member);
    const inputs = [...(member.from?.builder ?? []), member.from ?? {}].map((input) => {
      const found = inputOf(input, key);
      if (typeof found === "string") return found;
      if (!wanted.includes(found.row)) wanted.push(found.row);
      return nameOf(images.get(found.row)!);
    });
    const before = keys[name];
    if (before !== undefined) {
      // Flavours of one parent are one in OKD.
      if (!member.for_payload) continue;
      throw new UserError(`images/${before}.yml and images/${key}.yml are both ${name}: two rows of one output.`);
    }
    keys[name] = key;
    rows[name] = rowOf(member, { key, inputs, version });
  }
  return rows;
}

/** Block `okd` over an image: merged deep, but for `from`, which is taken whole. */
function laidOver(value: unknown): unknown {
  const { okd, ...base } = value as Record<string, unknown>;
  if (!isMap(okd)) return base;
  return { ...merged(base, okd), ...(okd.from !== undefined && { from: okd.from }) };
}

function merged(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const result = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const before = base[name];
    result[name] = isMap(before) && isMap(value) ? merged(before, value) : value;
  }
  return result;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOf({ payload_name: name, name: path, content }: UpstreamImage): string {
  return name ?? content?.source?.okd_alignment?.tag_name ?? path.split("/").at(-1)!.replace(/^ose-/, "");
}

function rowOf(
  { content, for_payload: payload }: UpstreamImage,
  { key, inputs, version }: { key: string; inputs: string[]; version: string },
): UpstreamRow {
  const { git, dockerfile = "Dockerfile", path = ".", okd_alignment: own } = content?.source ?? {};
  if (!git) throw new UserError(`images/${key}.yml names no repository (content.source.git).`);
  const branch = git.branch.target.replace("{MAJOR}.{MINOR}", "VERSION").replace(version, "VERSION");
  const values = own?.build_args?.map(({ name, value }) => [name, value]) ?? [];
  return {
    repository: git.web.replace(/\.git$|\/$/, ""),
    branch,
    dockerfile: posix.normalize(dockerfile).replace(/^\/+/, ""),
    context: posix.normalize(path).replace(/^\/+|\/+$/g, "") || ".",
    from: inputs.at(-1)!,
    stages: [...new Set(inputs.slice(0, -1))].sort(),
    arguments: Object.fromEntries(values) as Record<string, string>,
    parent: !payload,
  };
}

function read<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new UserError(`${file}: ${path.join(".")}: ${message}.`);
}
