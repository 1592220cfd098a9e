import { validRange } from "semver";
import { z } from "zod";
import type { Substitution } from "../../programs/payload/inputs";
import { defaultRow, type Row, rowColumns, substitution, values } from "../payload/table";

/** A row of an image that an operator is or runs. */
export interface ImageRow extends Row {
  /** Files of `data/patches`. */
  patches: string[];
}

/** An operator: its own row, those of its operands, and where its bundle is. */
export interface OperatorRow extends ImageRow {
  /** Versions of OKD that it is for. */
  okd: string;
  operands: ImageRow[];
  manifests: string[];
  metadata?: string;
  package?: string;
  channels?: string[];
}

export interface OperatorTable {
  /** Images that Dockerfiles name, before those of components. */
  substitutions: Substitution[];
  /** Images that bundles name. */
  images: Substitution[];
  operators: OperatorRow[];
}

const name = z.string().regex(/^[a-z0-9][-a-z0-9]*$/);
const imageColumns = rowColumns
  .omit({ parent: true, self: true, unread: true })
  .extend({ patches: z.array(z.string().regex(/^[\w.-]+\.patch$/)).optional() });
const operatorColumns = imageColumns.extend({
  okd: z.string().refine((range) => validRange(range) !== null, "a range of versions, such as >=4.22"),
  manifests: z.array(z.string()).min(1),
  metadata: z.string().optional(),
  package: z.string().optional(),
  channels: z.array(z.string()).min(1).optional(),
  operands: z.record(name, imageColumns).default({}),
});

/** The file of the table: common values, and by operator what differs. */
export const operatorTable = z
  .strictObject({
    arguments: values,
    substitutions: z.array(substitution),
    images: z.array(substitution),
    operators: z.record(name, operatorColumns),
  })
  .transform(({ arguments: common, operators, ...rest }): OperatorTable => {
    const row = <T extends z.output<typeof imageColumns>>(called: string, columns: T) => ({
      ...defaultRow(called),
      ...columns,
      name: called,
      patches: columns.patches ?? [],
      arguments: { ...common, ...columns.arguments },
    });
    const rows = Object.entries(operators).map(([called, { operands, ...columns }]) => ({
      ...row(called, columns),
      operands: Object.entries(operands).map(([operand, own]) => row(operand, own)),
    }));
    return { ...rest, operators: rows };
  });

/** Rows of all images. */
export function imageRows({ operators }: Pick<OperatorTable, "operators">): ImageRow[] {
  return operators.flatMap((operator) => [operator, ...operator.operands]);
}
