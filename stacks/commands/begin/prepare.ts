import { UserError } from "../../../components/errors";
import { folders } from "../../environment";
import { LAB } from "../../tools/collect";
import type { Decision } from "../../tools/decide";
import { downloadArchive } from "../../tools/archive";
import { download } from "../../tools/download";
import { kind, pulumi } from "../../tools/pins";
import { runVisibly } from "../../tools/run";
import { useTools } from "../../tools/search";

/** Does what was decided. @throws UserError; exit code 3 where the registries refused something */
export async function prepare({ offline, download: tools, packages, build, startEngine }: Decision): Promise<void> {
  if (offline) process.env.OKD_STREAMS_OFFLINE = offline;
  if (packages.length > 0) await lab("deps");
  if (build) await lab("build");
  if (startEngine) await lab("engine");
  const { cache } = folders();
  if (tools.includes("kind")) await download("kind", kind, `${cache}/bin`);
  if (tools.includes("pulumi")) await downloadArchive(pulumi, `${cache}/bin`);
  useTools(offline);
}

async function lab(verb: string): Promise<void> {
  const exitCode = await runVisibly("bash", [LAB, verb]);
  if (exitCode === 0) return;
  throw new UserError(`npm run lab -- ${verb} ended with ${exitCode}: it says above why.`, exitCode === 3 ? 3 : 1);
}
