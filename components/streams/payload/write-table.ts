import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { UserError } from "../../errors";
import { parseData } from "../../pipelines/data";
import { defaultRow, type RowColumns, rowColumns, tableFile } from "./table";
import { type Upstream, upstreamRows } from "./upstream";

/** Columns in the order in which a row has them. */
const COLUMNS = Object.keys(rowColumns.shape) as (keyof RowColumns)[];
const START = "\ncomponents:\n";

/** A checkout of ocp-build-data. @throws UserError for a folder that is none, and for text that is not YAML */
export function readUpstream(folder: string): Upstream {
  const read = (file: string): unknown => {
    const path = join(folder, file);
    if (!existsSync(path)) {
      throw new UserError(`${folder} has no ${file}: name a checkout of github.com/openshift-eng/ocp-build-data.`);
    }
    try {
      return parse(readFileSync(path, "utf8"));
    } catch (error) {
      throw new UserError(`${path}: ${(error as Error).message.split("\n")[0]}`);
    }
  };
  const group = read("group.yml");
  const streams = read("streams.yml");
  const files = readdirSync(join(folder, "images")).filter((file) => file.endsWith(".yml"));
  const images = files.map((file) => [file.slice(0, -".yml".length), read(join("images", file))]);
  return { group, streams, images: Object.fromEntries(images) as Record<string, unknown> };
}

/**
 * The table as text: upstream's rows, and over them what is written by hand.
 *
 * @param byHand text of `by-hand.yaml`: a table's head, and of its components what no rule gives
 * @returns notes: sentences on what is written by hand of no component
 * @throws UserError as {@link upstreamRows}, and for columns that a table has not
 */
export function writeTable(byHand: string, upstream: Upstream, version: string): { text: string; notes: string[] } {
  const head = HEAD + byHand.slice(byHand.indexOf("#   "), byHand.indexOf(START));
  const { components, ...rest } = parseData(byHand, "by-hand.yaml", handFile);
  const table = parseData(`${head}${START}  {}\n`, "by-hand.yaml", tableFile);
  const rows = upstreamRows(upstream, version, table.substitutions);
  const blocks = Object.keys(rows)
    .sort()
    .map((name) => block(name, { ...rows[name], ...components[name] }, rest.arguments));
  return {
    text: `${head.replace(/^version: .*$/m, `version: ${JSON.stringify(version)}`)}${START}${blocks.join("")}`,
    notes: Object.keys(components)
      .filter((name) => !(name in rows))
      .map((name) => `by-hand.yaml says something of ${name}, which ${version} has not`),
  };
}

const handFile = z.looseObject({
  arguments: z.record(z.string(), z.string()),
  components: z.record(z.string(), rowColumns),
});

const HEAD = `# Components of OKD, a row each: where a component's source is and how it is built. Written by \`npm run payload:table\` of
# openshift-eng/ocp-build-data (variant okd) and by-hand.yaml; a row says only what differs:
`;

/** A row, with only what differs. */
function block(name: string, row: RowColumns, common: Record<string, string>): string {
  const usual: RowColumns = { ...defaultRow(name), unread: false, arguments: {} };
  const own = Object.fromEntries(Object.entries(row.arguments ?? {}).filter(([key, value]) => common[key] !== value));
  const said = { ...row, arguments: own };
  const lines = COLUMNS.filter(
    (column) => said[column] !== undefined && JSON.stringify(said[column]) !== JSON.stringify(usual[column]),
  ).map((column) => line(column, said[column]));
  return lines.length > 0 ? `  ${name}:\n${lines.join("")}` : `  ${name}: {}\n`;
}

/** As the formatter has it, which breaks long lists. */
function line(column: string, value: unknown): string {
  const text = `    ${column}: ${scalar(value)}\n`;
  if (text.length <= 121 || !Array.isArray(value)) return text;
  return `    ${column}:\n      [\n${value.map((item) => `        ${scalar(item)},\n`).join("")}      ]\n`;
}

function scalar(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(scalar).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).map(([key, field]) => `${key}: ${scalar(field)}`);
    return `{ ${fields.join(", ")} }`;
  }
  if (
    typeof value === "string" &&
    (!/^[A-Za-z][\w./-]*$/.test(value) || /^(true|false|null|yes|no|on|off)$/i.test(value))
  ) {
    return JSON.stringify(value);
  }
  return String(value);
}
