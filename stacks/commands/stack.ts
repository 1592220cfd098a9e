import { loadConfiguration } from "../configuration/load";
import type { Configuration } from "../configuration/schema";
import { readEnvironment, type Environment } from "../environment";
import { useTools } from "../tools/search";

/** What every command on a stack begins with. */
export interface StackContext {
  configuration: Configuration;
  environment: Environment;
}

/**
 * Reads a stack, and puts the tools that it was deployed with in front.
 * @throws UserError for an unknown stack and settings that are not allowed
 */
export function readStack(stack: string): StackContext {
  const environment = readEnvironment(stack);
  const { projectFolder, offlineFolder, ephemeral } = environment;
  useTools(offlineFolder);
  return { environment, configuration: loadConfiguration(projectFolder, stack, offlineFolder, ephemeral) };
}
