import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../../components/errors";
import { folders } from "../../environment";
import { LAB } from "../../tools/collect";
import type { Decision } from "../../tools/decide";
import { download } from "../../tools/download";
import { kind } from "../../tools/pins";
import { runVisibly } from "../../tools/run";
import { useTools } from "../../tools/search";

/** Milliseconds that Pulumi's installer may take. */
const INSTALLER = 600_000;

/** Does what was decided. @throws UserError; exit code 3 where the registries refused something */
export async function prepare({ offline, download: tools, packages, build, startEngine }: Decision): Promise<void> {
  if (offline) process.env.OKD_STREAMS_OFFLINE = offline;
  if (packages.length > 0) await lab("deps");
  if (build) await lab("build");
  if (startEngine) await lab("engine");
  const { cache } = folders();
  if (tools.includes("kind")) await download("kind", kind, `${cache}/bin`);
  if (tools.includes("pulumi")) await installPulumi(cache);
  useTools(offline);
}

async function lab(verb: string): Promise<void> {
  const exitCode = await runVisibly("bash", [LAB, verb]);
  if (exitCode === 0) return;
  throw new UserError(`npm run lab -- ${verb} ended with ${exitCode}: it says above why.`, exitCode === 3 ? 3 : 1);
}

async function installPulumi(root: string): Promise<void> {
  const { PulumiCommand } = await import("@pulumi/pulumi/automation");
  const late = sleep(INSTALLER, undefined, { ref: false }).then(() => {
    throw new Error(`not done within ${INSTALLER / 60_000} minutes`);
  });
  try {
    await Promise.race([PulumiCommand.install({ root }), late]);
  } catch (error) {
    const [reason] = (error as Error).message.trim().split("\n");
    throw new UserError(`Pulumi could not be installed from get.pulumi.com: ${reason}.`);
  }
}
