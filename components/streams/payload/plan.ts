import { keyOf } from "../../programs/payload/record";
import { wavesOf } from "../../programs/payload/waves";
import { inputsOf, publishedImage, type Row, type Table } from "./table";

/** A row of the table in its wave. */
export interface PlannedRow {
  name: string;
  /** Rows that it stands on. */
  inputs: string[];
  /** Checksum of all that decides it, but for what a run alone knows: commits, and digests of images from outside. */
  key: string;
  /** Why it is built, or why not. */
  reason: string;
}

/** The whole table as it is built. */
export interface TablePlan {
  waves: PlannedRow[][];
  /** Rows that the base release gives. */
  unbuildable: { name: string; reason: string }[];
}

/**
 * What a payload of all components builds, wave by wave.
 *
 * @param version OKD's, for branches and published parents
 * @param images by the names that builders have in `images.yaml`
 * @param recipe checksum of the Task that builds
 * @param before an earlier plan, which reasons compare with. @default none: nothing was ever built
 * @throws Disorder for an input that is no row, and for a cycle
 */
export function planTable(
  table: Table,
  {
    version,
    images,
    recipe,
    before,
  }: { version: string; images: Record<string, string>; recipe: string; before?: TablePlan },
): TablePlan {
  const inputs = inputsOf(table);
  const rows = new Map(table.rows.map((row) => [row.name, row]));
  const earlier = new Map(before?.waves.flat().map((row) => [row.name, row]));
  const keys: Record<string, string> = {};
  const waves = wavesOf(inputs).map((wave) =>
    wave.map((name): PlannedRow => {
      const row = rows.get(name)!;
      const needed = inputs.get(name)!;
      const key = rowKey(row, { keys, table, version, images, recipe });
      keys[name] = key;
      return { name, inputs: needed, key, reason: reasonOf(row, needed, { earlier, keys }) };
    }),
  );
  const unbuildable = table.rows.flatMap(({ name, unbuildable: reason }) =>
    reason === undefined ? [] : [{ name, reason }],
  );
  return { waves, unbuildable };
}

function rowKey(
  { name, branch, stages, from, unbuildable: _, rpms, network, self, ...row }: Row,
  {
    keys,
    table,
    version,
    images,
    recipe,
  }: { keys: Record<string, string>; table: Table } & Record<"version" | "recipe", string> & {
      images: Record<string, string>;
    },
): string {
  const outside = (input: string) => {
    const builder = table.builders[input];
    return builder === undefined ? input : images[builder]!;
  };
  const inputs = [...new Set([...stages, from])].filter((input) => input !== name);
  return keyOf({
    ...{ kind: "payload-row", name, ...row },
    ref: branch.replace("VERSION", version),
    network: rpms || network,
    inputs: Object.fromEntries(inputs.map((input) => [input, keys[input] ?? outside(input)])),
    ...(row.parent && { published: publishedImage(name, version, table) }),
    ...(self !== undefined && { self }),
    recipe,
  });
}

function reasonOf(
  { name, unbuildable }: Row,
  inputs: string[],
  { earlier, keys }: { earlier: ReadonlyMap<string, PlannedRow>; keys: Record<string, string> },
): string {
  if (unbuildable !== undefined) return `not built: ${unbuildable}`;
  const previous = earlier.get(name);
  if (!previous) return "never built";
  if (previous.key === keys[name]) return "kept";
  const changed = inputs.filter((input) => earlier.get(input)?.key !== keys[input]);
  return changed.length > 0 ? `input ${changed.join(", ")}` : "row, or the Task and images that build it";
}
