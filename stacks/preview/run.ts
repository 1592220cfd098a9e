import { setImmediate } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { MOCKS, Recorder } from "./monitor";
import type { Recorded } from "./recorded";

/** What a stack deploys: creates resources, returns the stack's outputs. */
export type Program = () => Promise<Record<string, unknown>>;

/**
 * Runs a program on Pulumi's test runtime, as a preview of an empty stack: nothing is installed, contacted or changed. One program
 * at a time, as the runtime is global to the process.
 * @throws UserError as the program does; Error for anything else that goes wrong in it
 */
export async function runProgram(
  program: Program,
  { project, stack }: { project: string; stack: string },
): Promise<Recorded> {
  const recorder = new Recorder(project, stack);
  await pulumi.runtime.setMocks(MOCKS, project, stack, true);
  recorder.attach(pulumi.runtime.getMonitor()!);
  const warnings = await listening(() =>
    guarded(async () => {
      await pulumi.runtime.runInPulumiStack(program);
      await pulumi.runtime.disconnect();
      // Node tells what nobody waited for only now.
      await setImmediate();
    }),
  ).catch((error: unknown) => {
    throw recorder.refused ?? error;
  });
  const [root] = recorder.resources;
  return { stack, resources: recorder.resources, outputs: recorder.outputs.get(root!.urn) ?? {}, warnings };
}

/** The warnings while `act` runs. Pulumi's SDK logs to the console where no engine listens, but stdout is the caller's. */
async function listening(act: () => Promise<void>): Promise<string[]> {
  const warnings = new Set<string>();
  const { log, warn, error } = console;
  console.log = () => undefined;
  console.warn = (text: unknown) => warnings.add(String(text).replace(/^warning: \[runtime\] /, ""));
  console.error = (text: unknown) => warnings.add(String(text).replace(/^error: \[runtime\] /, ""));
  try {
    await act();
  } finally {
    Object.assign(console, { log, warn, error });
  }
  return [...warnings];
}

/** Awaits `act`, and fails for what it left behind: Pulumi's SDK throws some errors where nobody waits for them. */
async function guarded(act: () => Promise<void>): Promise<void> {
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  const stuck = () => fail(new Error("The program waits for something that never comes."));
  // Pulumi takes a stack trace for each resource, which is never shown here: to map them to lines takes a third of the time.
  const mapped = process.sourceMapsEnabled;
  process.setSourceMapsEnabled(false);
  process.on("unhandledRejection", fail).on("uncaughtException", fail).on("beforeExit", stuck);
  try {
    await Promise.race([act(), failed]);
  } finally {
    process.setSourceMapsEnabled(mapped);
    process.off("unhandledRejection", fail).off("uncaughtException", fail).off("beforeExit", stuck);
  }
}
