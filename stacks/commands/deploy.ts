import { UserError } from "../../components/errors";
import { kindOf } from "../clusters/kinds";
import { offlineNotice } from "../configuration/load";
import type { Configuration } from "../configuration/schema";
import type { Environment } from "../environment";
import { refuseToSwitch } from "./delivery/owner";
import { requireNoSwitch } from "./delivery/record";
import type { Deployment } from "./engine/adopt";
import { Engine, NotDeployed } from "./engine/engine";
import { writePrivate } from "./engine/files";
import { kubeconfigFile, logFile, prepareWorkspace } from "./engine/workspace";
import type { EngineOptions } from "./options";
import { readOutputs, renderOutcome, type Outputs } from "./outcome";
import { pluginNotice, preflight } from "./preflight";
import { readStack, type StackContext } from "./stack";

interface OpenOptions extends EngineOptions {
  create?: boolean;
  usual?: number;
  /** What the program is asked for otherwise, looked at whenever it runs. @default nothing */
  asked?: Pick<Environment, "switching">;
  /** Variables of the engine and its plugins besides. @default none */
  variables?: Record<string, string>;
}

/** The engine on a stack, for one verb. */
export async function openEngine(
  verb: string,
  { configuration, environment }: StackContext,
  options: OpenOptions,
): Promise<Engine> {
  const { stack } = environment;
  const { parallel, create, usual, asked, variables, ...limits } = options;
  const workspace = prepareWorkspace(configuration, environment);
  return Engine.open({
    stack,
    parallel,
    create,
    usual,
    limits,
    workspace: {
      ...workspace,
      variables: { ...workspace.variables, ...(await cloudVariables(configuration)), ...variables },
    },
    recoverable: kindOf(configuration.cluster).recoverable ?? false,
    // Plain `pulumi` runs the same module.
    program: async () => (await import("../index")).default(asked),
    logFile: logFile(stack, verb),
  });
}

/**
 * The account of a stack on OpenStack as variables, for Pulumi's plugin, which knows fewer places and spellings than OpenStack's
 * own tools: what it does not find itself it takes from there. They are the engine's alone, and written down nowhere.
 */
async function cloudVariables({ cluster }: Configuration): Promise<Record<string, string>> {
  const cloud = kindOf(cluster).cloud?.(cluster);
  if (cloud === undefined) return {};
  const [{ readCredentials }, { variablesOf }] = await Promise.all([
    import("../../components/openstack/credentials"),
    import("../../components/openstack/variables"),
  ]);
  try {
    return variablesOf(readCredentials(cloud, process.env));
  } catch (error) {
    // Not every command needs an account; those that do say what is missing.
    if (error instanceof UserError) return {};
    throw error;
  }
}

/** `up`: deploys a stack, writes its kubeconfig down and says what to do next. */
export async function deploy(
  stack: string,
  { expectNoChanges, ...options }: EngineOptions & { expectNoChanges?: boolean; usual?: number },
): Promise<Outputs> {
  const context = readStack(stack);
  requireNoSwitch(stack);
  const { projectFolder, offlineFolder, ephemeral } = context.environment;
  await preflight(context);
  const notices = [pluginNotice(offlineFolder), offlineNotice(projectFolder, ephemeral?.of ?? stack, offlineFolder)];
  for (const notice of notices) if (notice) process.stderr.write(`${notice}\n`);
  const engine = await openEngine("up", context, options);
  try {
    await requireSameAccount(context, engine);
    refuseToSwitch(stack, context.configuration.delivery, await engine.state());
    const outputs = readOutputs(await engine.up(expectNoChanges));
    const file = kubeconfigFile(stack);
    writePrivate(file, outputs.kubeconfig);
    process.stdout.write(`${renderOutcome(stack, file, outputs).join("\n")}\n`);
    return outputs;
  } finally {
    engine.close();
  }
}

/** @throws UserError where the state of a stack on OpenStack is another account's */
export async function requireSameAccount(
  { configuration: { cluster }, environment: { stack } }: StackContext,
  engine: Engine,
): Promise<void> {
  const cloud = kindOf(cluster).cloud?.(cluster);
  if (cloud === undefined) return;
  const [{ openStack }, { requireStacksOwner }] = await Promise.all([
    import("../../components/openstack/client"),
    import("./owner"),
  ]);
  await requireStacksOwner(stack, openStack(cloud, process.env), await engine.state());
}

/** Outputs of a stack that is deployed. @throws UserError where it is not */
export function deployedOutputs(verb: string, stack: string, options: EngineOptions): Promise<Outputs> {
  return fromDeployed(verb, stack, options, (_, outputs) => Promise.resolve(outputs));
}

/** The same with what the stack's state knows. @throws UserError as {@link deployedOutputs} */
export function deployedStack(
  verb: string,
  stack: string,
  options: EngineOptions,
): Promise<{ outputs: Outputs; state: Deployment }> {
  return fromDeployed(verb, stack, options, async (engine, outputs) => ({ outputs, state: await engine.state() }));
}

async function fromDeployed<T>(
  verb: string,
  stack: string,
  options: EngineOptions,
  read: (engine: Engine, outputs: Outputs) => Promise<T>,
): Promise<T> {
  const engine = await openEngine(verb, readStack(stack), { ...options, create: false });
  try {
    const outputs = readOutputs(await engine.outputs());
    if (!outputs.kubeconfig) throw new UserError(`Stack ${stack} is not deployed: npm run up -- ${stack}.`);
    return await read(engine, outputs);
  } finally {
    engine.close();
  }
}

/** What the state of a stack knows; nothing, where there is no such stack. */
export async function knownState(verb: string, context: StackContext, options: EngineOptions): Promise<Deployment> {
  try {
    const engine = await openEngine(verb, context, { ...options, create: false });
    try {
      return await engine.state();
    } finally {
      engine.close();
    }
  } catch (error) {
    if (error instanceof NotDeployed) return {};
    throw error;
  }
}
