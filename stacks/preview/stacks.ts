import { UserError } from "../../components/errors";
import { listStacks } from "../configuration/load";
import { PROJECT_FOLDER } from "../environment";
import type { Preview } from "./json";
import { previewStack } from "./preview";
import type { Recorded } from "./recorded";

/** A stack that cannot be previewed, and why in one sentence. */
export interface Failed {
  stack: string;
  failure: string;
  warnings: string[];
}

/** An entry of what `npm run preview -- --all --json` prints. */
export type StackPreview = (Preview & { failure?: undefined; warnings: string[] }) | Failed;

/** Every stack of this project, one after the other in this process: what they share is loaded and read once. */
export async function previewStacks(): Promise<(Recorded | Failed)[]> {
  const all: (Recorded | Failed)[] = [];
  for (const stack of listStacks(PROJECT_FOLDER)) {
    all.push(await previewStack(stack, { machine: { patient: true } }).catch((error: unknown) => failed(stack, error)));
  }
  return all;
}

/** @throws the error that is none of the user's */
export function failed(stack: string, error: unknown): Failed {
  if (!(error instanceof UserError)) throw error;
  return { stack, failure: error.message, warnings: [] };
}
