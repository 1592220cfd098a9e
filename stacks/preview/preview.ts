import { hideSecretValues } from "../configuration/engine";
import { loadConfiguration, offlineNotice, PROJECT } from "../configuration/load";
import { readEnvironment } from "../environment";
import type { Recorded } from "./recorded";
import { runProgram } from "./run";

/**
 * Runs a stack's program in this process: no CLI, cluster, network or passphrase.
 * @param whole a part of the platform that cannot be had is an error; otherwise it is left out with a warning
 * @throws UserError for settings that are not allowed, and as the program does
 */
export async function previewStack(stack: string, { whole = false }: { whole?: boolean } = {}): Promise<Recorded> {
  const environment = { ...readEnvironment(stack, { preview: true }), whole };
  const configuration = loadConfiguration(environment.projectFolder, stack, environment.offlineFolder);
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
