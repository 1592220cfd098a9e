import { hideSecretValues } from "../configuration/engine";
import { loadConfiguration, offlineNotice, PROJECT } from "../configuration/load";
import { readEnvironment, type Environment } from "../environment";
import type { Recorded } from "./recorded";
import { runProgram } from "./run";

/**
 * Runs a stack's program in this process: no CLI, cluster, network or passphrase.
 * @param machine what is said of this machine in place of what it is: for what has to be the same on every machine
 * @param whole a part of the platform that cannot be had is an error; otherwise it is left out with a warning
 * @param undivided all objects are Pulumi's, those too that the stack has Argo CD deliver
 * @throws UserError for settings that are not allowed, and as the program does
 */
export async function previewStack(
  stack: string,
  {
    whole = false,
    undivided = false,
    machine = {},
  }: { whole?: boolean; undivided?: boolean; machine?: Partial<Environment> } = {},
): Promise<Recorded> {
  const environment = { ...readEnvironment(stack, { preview: true }), ...machine, whole };
  const configuration = loadConfiguration(environment.projectFolder, stack, environment.offlineFolder);
  if (undivided) configuration.delivery.by = "pulumi";
  const { program } = await import("../program");
  const recorded = await runProgram(
    () => {
      hideSecretValues(configuration);
      return program(configuration, environment);
    },
    { project: PROJECT, stack },
  );
  const notice = offlineNotice(environment.projectFolder, stack, environment.offlineFolder);
  return { ...recorded, warnings: [...(notice ? [notice] : []), ...recorded.warnings] };
}
