import * as pulumi from "@pulumi/pulumi";
import { engineConfiguration } from "./configuration/engine";
import { readEnvironment, type Environment } from "./environment";
import { program } from "./program";

/**
 * The program as Pulumi's engine runs it, by plain `pulumi up` and by our commands alike: the stack is the engine's, its
 * configuration what the engine hands over.
 *
 * @param asked what a command wants otherwise
 */
export = async (asked: Pick<Environment, "switching"> = {}): Promise<Record<string, unknown>> => {
  const environment = { ...readEnvironment(pulumi.getStack()), ...asked };
  return program(engineConfiguration(environment), environment);
};
