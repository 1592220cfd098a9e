import { UserError } from "../../components/errors";
import type { ClusterKind } from "../clusters/cluster-kind";
import { kindOf } from "../clusters/kinds";
import type { Configuration } from "../configuration/schema";
import { collect, kubernetesPlugin, type WantedPort } from "../tools/collect";
import { diagnose } from "../tools/diagnose";
import type { Facts } from "../tools/facts";

/** Ports of this machine that a stack publishes. */
export function wantedPorts({ cluster }: Pick<Configuration, "cluster">): WantedPort[] {
  return kindOf(cluster).ports?.(cluster) ?? [];
}

/**
 * Checks what a stack needs of this machine, before anything is touched.
 * @throws UserError (exit code 3) that names what is missing and what to do
 */
export async function preflight(configuration: Configuration, offline?: string): Promise<Facts> {
  const facts = await collect({ offline, ports: wantedPorts(configuration) });
  const obstacles = findObstacles(facts, kindOf(configuration.cluster));
  if (obstacles.length > 0) throw new UserError(`This machine lacks: ${obstacles.join(". ")}.`, 3);
  return facts;
}

export function findObstacles(facts: Facts, kind: Pick<ClusterKind, "findings" | "takesStandIn">): string[] {
  const missing = diagnose(facts, kind.findings).filter(
    ({ state, found }) => state === "missing" || (state === "fetched" && found === "none"),
  );
  return [
    ...missing.map(({ name, found, remedy }) => `${name}, ${found} (${remedy})`),
    ...(!kind.takesStandIn && facts.kubernetesPlugin?.standIn ? [standInRefusal(facts.kubernetesPlugin.path)] : []),
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
  return `the published Kubernetes plugin, as the stand-in ${path} serves stack kind only (take it off PATH)`;
}
