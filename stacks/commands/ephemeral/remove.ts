import * as fs from "node:fs";
import { kindSettings } from "../../../components/clusters/kind/schema";
import { UserError } from "../../../components/errors";
import { kind } from "../../clusters/kind";
import { workspaceFolder } from "../../environment";
import { useTools } from "../../tools/search";
import { openEngine } from "../deploy";
import { NotDeployed } from "../engine/engine";
import { StartedEngines } from "../engine/identity";
import { kubeconfigFile } from "../engine/workspace";
import { Interrupted } from "../failure";
import { defaultOptions, type EngineOptions } from "../options";
import { destroyStack } from "../destroy";
import { readStack } from "../stack";
import { listEphemeral, readRecord, standingOf } from "./record";

type Tell = (line: string) => void;

/** Removes an ephemeral stack: as any other, or else with everything that is its own. */
export async function removeStack(stack: string, options: EngineOptions, tell: Tell): Promise<void> {
  try {
    await destroyStack(stack, options);
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    tell(`${(error as Error).message} Its cluster is removed with everything in it.`);
    await removeAtOnce(stack, tell);
  }
}

/**
 * Removes what an ephemeral stack is known to be made of, whatever its state says: engines that outlived their command, cluster,
 * registry and network, then the state. Nobody else has anything in them.
 */
export async function removeAtOnce(stack: string, tell: Tell): Promise<void> {
  const folder = workspaceFolder(stack);
  const kubeconfig = kubeconfigFile(stack);
  const { cluster } = readRecord(stack);
  await new StartedEngines(folder).endAll();
  const context = readStack(stack);
  useTools(context.environment.offlineFolder);
  await kind.sweep!(kindSettings.parse({ type: "kind", ...cluster }), { stack, kubeconfig, tell });
  try {
    const engine = await openEngine("sweep", context, { ...defaultOptions(), create: false });
    try {
      await engine.forget();
    } finally {
      engine.close();
    }
  } catch (error) {
    if (!(error instanceof NotDeployed)) throw error;
  }
  fs.rmSync(kubeconfig, { force: true });
  fs.rmSync(folder, { recursive: true, force: true });
}

/**
 * Removes what ephemeral stacks left behind: those whose command has ended or that have outlived their time, and clusters that have,
 * whoever made them.
 *
 * @throws UserError that says what could not be removed; everything else was
 */
export async function sweepEphemeral(now: Date, tell: Tell): Promise<void> {
  const failures: string[] = [];
  for (const { stack, record } of listEphemeral()) {
    const standing = await standingOf(record, now);
    if (standing !== "leftover") {
      tell(`${stack} is ${standing}, until ${record.until} at the latest.`);
      continue;
    }
    try {
      await removeAtOnce(stack, tell);
      tell(`${stack} was left behind: it is removed.`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failures.push(`${stack}: ${error.message}`);
    }
  }
  const { sweepExpiredKind } = await import("../../clusters/kind-sweep");
  await sweepExpiredKind(now, tell);
  if (failures.length > 0) throw new UserError(`What could not be removed, run it again for it: ${failures.join(" ")}`);
}
