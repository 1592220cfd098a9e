import { readFileSync } from "node:fs";
import { z } from "zod";
import { UserError } from "../errors";
import type { Privileged } from "./check-steps";
import { readSource } from "./source";

const schema = z.record(z.string(), z.record(z.string(), z.string().min(1)));

/** Reads `pipelines/privileged.yaml`. @throws UserError where it is no map of Tasks to steps to reasons */
export function loadPrivileged(file: string): Privileged {
  const parsed = schema.safeParse(readSource(readFileSync(file, "utf8"), file)[0]?.value ?? {});
  if (!parsed.success) {
    throw new UserError(
      `${file}: ${parsed.error.issues[0]!.path.join(".")} has to be a Task, then a step, then the reason in words.`,
    );
  }
  return parsed.data;
}
