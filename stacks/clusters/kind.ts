import { isNodeOf, isOfStack, registryOf, type Container } from "../../components/clusters/kind/containers";
import { kindSettings, type KindSettings } from "../../components/clusters/kind/schema";
import type { Problem } from "../configuration/rule";
import type { WantedHere } from "../tools/collect-local";
import { localClusterFindings } from "../tools/diagnose-local";
import type { ClusterKind } from "./cluster-kind";
import type * as creation from "./kind-cluster";
import type * as sweep from "./kind-sweep";
import { load } from "./load";

/** A KinD cluster on this machine. */
export const kind: ClusterKind<typeof kindSettings> = {
  schema: kindSettings,
  rules: [portsAreUnique, mountsAreUnique],

  create: (settings, context) => (load("./kind-cluster") as typeof creation).create(settings, context),

  startsEmpty: true,
  here,
  findings: (facts) => localClusterFindings(facts),
  takesStandIn: true,
  recoverable: true,
  exportsKubeconfig: true,

  sweep: (settings, context) => (load("./kind-sweep") as typeof sweep).sweepKind(settings, context),
};

function here({ name, registryPort, ports, controlPlanes, workers, network }: KindSettings, stack: string): WantedHere {
  const isRegistry = (container: Container) =>
    container.name === registryOf({ network }) && container.ports["5000/tcp"] === registryPort;
  const isNode = (container: Container) => isNodeOf(container, name) && isOfStack(container, stack);
  return {
    nodes: { cluster: name, controlPlanes, workers },
    ports: [
      { port: registryPort, protocol: "TCP", use: "the registry (cluster.registryPort)", mayHold: isRegistry },
      ...ports.map(({ host, protocol }, index) => ({
        port: host,
        protocol,
        use: `cluster.ports[${index}].host`,
        mayHold: isNode,
      })),
    ],
  };
}

function portsAreUnique({ ports, registryPort }: KindSettings): (Problem | false)[] {
  return ports.map(({ host, protocol }, index) => {
    const first = ports.findIndex((port) => port.host === host && port.protocol === protocol);
    const path = ["cluster", "ports", index, "host"];
    if (protocol === "TCP" && host === registryPort) {
      return { path, sentence: `is ${host}, where the registry is (cluster.registryPort)` };
    }
    return first < index && { path, sentence: `is ${host} again, as in cluster.ports[${first}]` };
  });
}

function mountsAreUnique({ mounts }: KindSettings): (Problem | false)[] {
  return mounts.map(({ containerPath }, index) => {
    const first = mounts.findIndex((mount) => mount.containerPath === containerPath);
    return (
      first < index && {
        path: ["cluster", "mounts", index, "containerPath"],
        sentence: `is ${containerPath} again, as in cluster.mounts[${first}]`,
      }
    );
  });
}
