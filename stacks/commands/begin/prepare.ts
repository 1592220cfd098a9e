import { UserError } from "../../../components/errors";
import { folders, pulumiHome } from "../../environment";
import { LAB } from "../../tools/collect";
import type { Decision } from "../../tools/decide";
import type { Facts } from "../../tools/facts";
import { downloadArchive } from "../../tools/archive";
import { download, platformName } from "../../tools/download";
import { kind, kubernetesPlugin, pulumi } from "../../tools/pins";
import { run, runVisibly } from "../../tools/run";
import { useTools } from "../../tools/search";

/** Milliseconds that the plugin's download may take. */
const PLUGIN = 600_000;

/** Does what was decided. @throws UserError; exit code 3 where the registries refused something */
export async function prepare(
  { offline, download: tools, packages, build, startEngine }: Decision,
  facts: Facts,
): Promise<void> {
  if (offline) process.env.OKD_STREAMS_OFFLINE = offline;
  if (packages.length > 0) await lab("deps");
  if (build) await lab("build");
  if (startEngine) await lab("engine");
  const { cache } = folders();
  if (tools.includes("kind")) await download("kind", kind, `${cache}/bin`);
  if (tools.includes("pulumi")) await downloadArchive(pulumi, `${cache}/bin`);
  useTools(offline);
  // The engine would do it too, but only while the cluster is being made.
  if (!offline && !facts.kubernetesPlugin) await installPlugin();
}

async function installPlugin(): Promise<void> {
  const args = [
    "plugin",
    "install",
    "resource",
    "kubernetes",
    kubernetesPlugin.version,
    "--non-interactive",
    "--color=never",
  ];
  const env = {
    ...process.env,
    PULUMI_HOME: pulumiHome(),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // Plugins of Pulumi's own are on GitHub: its service is not asked where.
    PULUMI_DISABLE_REGISTRY_RESOLVE: "true",
  };
  const { code, stderr, stdout } = await run("pulumi", args, { env, timeout: PLUGIN });
  if (code === 0) return;
  const [, reason = `exit code ${code}`] = /error: (?:.* from ?: )?(.*)/.exec(stderr || stdout) ?? [];
  const [from, spare] = [kubernetesPlugin.url, kubernetesPlugin.spare].map((url) => url(platformName()));
  throw new UserError(`Pulumi's Kubernetes plugin could not be installed from ${from} or ${spare}: ${reason}.`);
}

async function lab(verb: string): Promise<void> {
  const exitCode = await runVisibly("bash", [LAB, verb]);
  if (exitCode === 0) return;
  throw new UserError(`npm run lab -- ${verb} ended with ${exitCode}: it says above why.`, exitCode === 3 ? 3 : 1);
}
