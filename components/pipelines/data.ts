import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { z } from "zod";
import { UserError } from "../errors";

/** A table in a set's folder `data`. @throws UserError as {@link parseData} */
export function readData<T>(file: string, schema: z.ZodType<T>): T {
  return parseData(readFileSync(file, "utf8"), file, schema);
}

/** The text of a table. @throws UserError that names file and row: text that is not YAML, a key that is there twice, a wrong or unknown column */
export function parseData<T>(text: string, file: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new UserError(`${file}: ${(error as Error).message.split("\n")[0]}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new UserError(`${file}: ${path.join(".")}: ${message}.`);
}
