import { coerce, satisfies } from "semver";
import { UserError } from "../../errors";
import type { Images } from "../../pipelines/images";
import type { Operators as OperatorsFile } from "../../programs/operators/entry";
import { likelyMeant } from "../../programs/payload/checks";
import type { Entry, SourceRow } from "../../programs/payload/entry";
import { canonical } from "../../programs/payload/record";
import { type ComponentSource, inputsFor, mergedRow } from "../payload/source";
import type { Table } from "../payload/table";
import type { OperatorSource, Operators } from "./schema";
import type { ImageRow, OperatorRow, OperatorTable } from "./table";

/** What runs of an entry are given: `entry.json` says what is built, `operators.json` what is made of it. */
export interface OperatorsFiles {
  entry: Entry;
  operators: OperatorsFile;
}

export interface OperatorsContext {
  table: OperatorTable;
  /** Components of OKD: what their Dockerfiles name, operators' do too. */
  components: Table;
  images: Images;
  recipe: string;
  mirrored(image: string): string;
  /** Text of a file of `data/patches`. */
  patch(file: string): string;
}

/** @throws UserError for operators and operands that neither the table nor the entry says enough of, and for those of another OKD */
export function renderOperatorsFiles(settings: Operators, context: OperatorsContext): OperatorsFiles {
  const { table, components, images, recipe, mirrored } = context;
  const { name, okd: minor } = settings;
  const rows: Entry["components"] = {};
  const owners: Record<string, string> = {};
  const add = (image: string, row: Entry["components"][string], operator: string) => {
    const before = rows[image];
    if (before && canonical(before) !== canonical(row)) {
      throw new UserError(
        `operators: image ${image} of ${name} is of ${owners[image]} and of ${operator}, and not the same: rename one, or say the same of both.`,
      );
    }
    rows[image] = row;
    owners[image] = operator;
  };
  const operators: OperatorsFile["operators"] = {};
  for (const [operator, source] of Object.entries(settings.operators)) {
    const row = table.operators.find((candidate) => candidate.name === operator);
    const { manifests = row?.manifests, operands = {}, version } = source;
    if (row) requireFor(row, settings);
    add(operator, sourceRow(operator, source, row, settings, context, Object.keys(byName(table.operators))), operator);
    if (manifests === undefined) {
      throw new UserError(
        `operators: ${operator} of ${name} is not in the table: say in which folders of its repository its bundle is (manifests, metadata).`,
      );
    }
    const { metadata = row?.metadata, package: packageName = row?.package, channels = row?.channels } = source;
    operators[operator] = {
      manifests,
      ...(metadata !== undefined && { metadata }),
      ...(packageName !== undefined && { package: packageName }),
      ...(channels !== undefined && { channels }),
      ...(version !== undefined && { version }),
    };
    const known = byName(row?.operands ?? []);
    for (const operand of new Set([...Object.keys(known), ...Object.keys(operands)])) {
      const said = operands[operand] ?? {};
      const image =
        said.image === undefined
          ? sourceRow(operand, said, known[operand], settings, context, Object.keys(known))
          : { image: said.image };
      add(operand, image, operator);
    }
  }
  const inputs = inputsFor(components, { images, minor, mirrored });
  return {
    entry: {
      ...{ name, minor, recipe, components: rows },
      ...{ ...inputs, substitutions: [...table.substitutions, ...inputs.substitutions] },
    },
    operators: { images: table.images, operators },
  };
}

function byName<T extends ImageRow>(rows: T[]): Record<string, T> {
  return Object.fromEntries(rows.map((row) => [row.name, row]));
}

function requireFor({ name: operator, okd }: OperatorRow, { name, okd: minor }: Operators): void {
  if (satisfies(coerce(minor)!, okd)) return;
  throw new UserError(
    `operators: ${operator} of ${name} is for OKD ${okd}, and okd is ${minor}: leave it out, or build for another version.`,
  );
}

function sourceRow(
  image: string,
  source: ComponentSource | OperatorSource,
  row: ImageRow | undefined,
  { name, okd: minor }: Operators,
  { mirrored, patch }: OperatorsContext,
  known: string[],
): SourceRow {
  const at = `operators: ${image} of ${name}`;
  const { repository, ref, dockerfile, context, arguments: values, network } = source;
  const own = { repository, ref, dockerfile, context, arguments: values, network };
  if (row?.unbuildable !== undefined && Object.values(own).every((value) => value === undefined)) {
    throw new UserError(
      `${at} cannot be built of what is public: ${row.unbuildable}. Leave it out, or name an image or a source that needs no such thing.`,
    );
  }
  const merged = mergedRow(row ?? {}, own, { at, minor, mirrored });
  if (!merged) {
    throw new UserError(
      `${at} is not in the table, ${likelyMeant(image, known)}: mend the name, or say its repository and ref.`,
    );
  }
  // Another source has its own changes in it.
  const patches = repository === undefined ? (row?.patches ?? []).map((file) => patch(file)) : [];
  // No release has it.
  return { ...merged, ...(patches.length > 0 && { patches }), parent: true };
}

/** Operators in words, a sentence each. */
export function operatorsLines(
  { name, from, okd }: Operators,
  { entry, operators }: OperatorsFiles,
  catalog: string,
): string[] {
  const sources = Object.entries(entry.components).map(([image, source]) =>
    "image" in source
      ? `${image} is ${source.image}`
      : `${image} is built of ${source.repository}, ${source.ref}${source.patches ? ", patched" : ""}${source.network ? ", with network" : ""}`,
  );
  return [
    `${Object.keys(operators.operators).join(", ")} for OKD ${okd}, on ${from}`,
    ...sources,
    `bundles go into catalog ${catalog}`,
  ].map((text) => `operators ${name}: ${text}`);
}
