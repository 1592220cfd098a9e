import { UserError } from "../../components/errors";
import { kindOf } from "../clusters/kinds";
import type { Configuration } from "../configuration/schema";
import { collect, kubernetesPlugin } from "../tools/collect";
import { diagnose } from "../tools/diagnose";
import type { Facts } from "../tools/facts";
import type { Finding } from "../tools/finding";
import type { StackContext } from "./stack";

/** What this machine is and has, as far as it matters to a stack. */
export function collectFor({
  configuration: { cluster },
  environment: { stack, offlineFolder },
}: StackContext): Promise<Facts> {
  return collect({ offline: offlineFolder, wanted: kindOf(cluster).here?.(cluster, stack) });
}

/** What a stack needs of this machine, judged. */
export function findingsFor(facts: Facts, { cluster }: Pick<Configuration, "cluster">): Finding[] {
  const { findings } = kindOf(cluster);
  return diagnose(facts, findings && ((known) => findings(known, cluster)));
}

/**
 * Checks what a stack needs of this machine, before anything is touched.
 * @throws UserError (exit code 3) that names what is missing and what to do
 */
export async function preflight(context: StackContext): Promise<Facts> {
  const { configuration, environment } = context;
  const facts = await collectFor(context);
  const obstacles = findObstacles(facts, configuration);
  if (obstacles.length > 0) {
    throw new UserError(`Stack ${environment.stack} cannot be deployed from this machine: ${obstacles.join("; ")}.`, 3);
  }
  return facts;
}

/** What stands in the way, as parts of a sentence. */
export function findObstacles(facts: Facts, configuration: Pick<Configuration, "cluster">): string[] {
  const missing = findingsFor(facts, configuration).filter(
    ({ state, found }) => state === "missing" || (state === "fetched" && found === "none"),
  );
  return [
    ...missing.map(({ name, found, remedy }) => {
      const what = found === "none" ? `there is no ${name}` : `${name}: ${found}`;
      return remedy ? `${what} (${remedy})` : what;
    }),
    ...(!kindOf(configuration.cluster).takesStandIn && facts.kubernetesPlugin?.standIn
      ? [standInRefusal(facts.kubernetesPlugin.path)]
      : []),
  ];
}

/** Which Kubernetes plugin works, where it is not the published one. */
export function pluginNotice(offline?: string): string | undefined {
  const plugin = kubernetesPlugin(offline);
  return plugin?.standIn
    ? `Kubernetes plugin: the project's stand-in (${plugin.path}), not the published one`
    : undefined;
}

function standInRefusal(path: string): string {
  return `the published Kubernetes plugin is needed, as the stand-in ${path} serves stack kind only (take it off PATH)`;
}
