import { kindSettings, type KindSettings } from "../../components/clusters/kind/schema";
import type { Problem } from "../configuration/rule";
import type { WantedPort } from "../tools/collect";
import { localClusterFindings } from "../tools/diagnose-local";
import type { ClusterKind } from "./cluster-kind";
import type * as creation from "./kind-cluster";
import type * as sweep from "./kind-sweep";
import { load } from "./load";

/** A KinD cluster on this machine. */
export const kind: ClusterKind<typeof kindSettings> = {
  schema: kindSettings,
  rules: [portsAreUnique],

  create: (settings, context) => (load("./kind-cluster") as typeof creation).create(settings, context),

  ports: publishedPorts,
  findings: localClusterFindings,
  takesStandIn: true,
  recoverable: true,
  exportsKubeconfig: true,

  sweep: (settings, context) => (load("./kind-sweep") as typeof sweep).sweepKind(settings, context),
};

function publishedPorts({ name, registryPort, ports }: KindSettings): WantedPort[] {
  const containers = new RegExp(`^(kind-registry|${name}-(control-plane|worker)\\d*)$`);
  return [
    { port: registryPort, use: "the registry (cluster.registryPort)", containers },
    ...ports.map(({ host }, index) => ({ port: host, use: `cluster.ports[${index}].host`, containers })),
  ];
}

function portsAreUnique({ ports }: KindSettings): (Problem | false)[] {
  return ports.map(({ host, protocol }, index) => {
    const first = ports.findIndex((port) => port.host === host && port.protocol === protocol);
    return (
      first < index && {
        path: ["cluster", "ports", index, "host"],
        sentence: `is ${host} again, as in cluster.ports[${first}]`,
      }
    );
  });
}
