import { UserError } from "../../components/errors";
import type { Configuration } from "../configuration/schema";
import { collect, kubernetesPlugin, type WantedPort } from "../tools/collect";
import { diagnose } from "../tools/diagnose";
import type { Facts } from "../tools/facts";

/** Ports of this machine that a stack publishes. */
export function wantedPorts({ cluster }: Configuration): WantedPort[] {
  if (cluster.type !== "kind") return [];
  const containers = new RegExp(`^(kind-registry|${cluster.name}-(control-plane|worker)\\d*)$`);
  return [
    { port: cluster.registryPort, use: "the registry (cluster.registryPort)", containers },
    ...cluster.ports.map(({ host }, index) => ({ port: host, use: `cluster.ports[${index}].host`, containers })),
  ];
}

/**
 * Checks what a stack needs of this machine, before anything is touched.
 * @throws UserError (exit code 3) that names what is missing and what to do
 */
export async function preflight(configuration: Configuration, offline?: string): Promise<Facts> {
  const facts = await collect({ offline, ports: wantedPorts(configuration) });
  const obstacles = findObstacles(facts, configuration.cluster.type);
  if (obstacles.length > 0) throw new UserError(`This machine lacks: ${obstacles.join(". ")}.`, 3);
  return facts;
}

/** What a cluster that is not ours does not need of this machine. */
const forKindOnly = /^(container engine|kind|port .*)$/;

export function findObstacles(facts: Facts, cluster: Configuration["cluster"]["type"]): string[] {
  const missing = diagnose(facts).filter(
    ({ name, state, found }) =>
      (state === "missing" || (state === "fetched" && found === "none")) &&
      (cluster === "kind" || !forKindOnly.test(name)),
  );
  return [
    ...missing.map(({ name, found, remedy }) => `${name}, ${found} (${remedy})`),
    ...(cluster !== "kind" && facts.kubernetesPlugin?.standIn ? [standInRefusal(facts.kubernetesPlugin.path)] : []),
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
