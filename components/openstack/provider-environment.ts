import type { Variables } from "./credentials";

/**
 * The environment variables of a dynamic provider. Pulumi starts it in a process of its own, with the engine's environment,
 * which stacks/ made: nothing of stacks/ runs there that could hand them in. Nothing else here reads the environment.
 */
export function providerVariables(): Variables {
  return process.env;
}
