import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { UserError } from "../errors";
import type { Privileged } from "./check-steps";

const schema = z.record(z.string(), z.record(z.string(), z.string().min(1)));

/** Reads `pipelines/privileged.yaml`. @throws UserError where it is no map of Tasks to steps to reasons */
export function loadPrivileged(file: string): Privileged {
  const parsed = schema.safeParse(parse(readFileSync(file, "utf8")) ?? {});
  if (!parsed.success) {
    throw new UserError(
      `${file}: ${parsed.error.issues[0]!.path.join(".")} has to be a Task, then a step, then the reason in words.`,
    );
  }
  return parsed.data;
}
