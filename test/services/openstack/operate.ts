import { readFileSync } from "node:fs";
import { Lease, MediaEjection, NodeAttachment, NodeDeployment } from "../../../components/openstack/nodes";
import type { NodeSource } from "../../../components/openstack/deployment";
import type { LeaseSource } from "../../../components/openstack/lease-provider";
import { Engine } from "../../../stacks/commands/engine/engine";
import { prepareWorkspace } from "../../../stacks/commands/engine/workspace";
import { report } from "../../../stacks/commands/failure";
import { DEFAULT_PARALLEL } from "../../../stacks/commands/options";
import type { Configuration } from "../../../stacks/configuration/schema";
import { PROJECT_FOLDER } from "../../../stacks/environment";
import { offlineFolder } from "../../cluster/needs";

/** A stack that the project has: the engine's workspace is made of its file. */
const STACK = "moc-test";

/** A stack of nodes that are leased, connected and deployed. */
export interface Shape {
  /** Name that everything is marked with. */
  mark: string;
  cloud: string;
  leases: LeaseSource[];
  network: string;
  source: NodeSource;
  /** The ISO is taken out again. */
  eject?: boolean;
  logFile: string;
}

function program({ mark, cloud, leases, network, source, eject }: Shape): Promise<void> {
  for (const [index, from] of leases.entries()) {
    const name = `node-${String(index)}`;
    const common = { cloud, stack: mark, name };
    const { node, ports } = new Lease(name, { ...common, source: from, purpose: "a test of OKD Streams" });
    const port = ports.apply(([first]) => first!.uuid);
    const connection = new NodeAttachment(name, { ...common, node, network, port });
    const { id } = new NodeDeployment(name, { ...common, node, source, attachments: [connection.id] });
    if (eject) new MediaEjection(name, { cloud, node, deployment: id });
  }
  return Promise.resolve();
}

/** `operate.ts up|destroy FILE`: what the project's own commands do with a stack, as a process that a test can kill. */
async function main([verb, file]: string[]): Promise<number> {
  const shape = JSON.parse(readFileSync(file!, "utf8")) as Shape;
  const configuration = { secretsProvider: "passphrase", backend: "local" } as Configuration;
  const environment = { stack: STACK, projectFolder: PROJECT_FOLDER, offlineFolder: offlineFolder() };
  let engine: Engine | undefined;
  try {
    engine = await Engine.open({
      stack: STACK,
      workspace: prepareWorkspace(configuration, environment as Parameters<typeof prepareWorkspace>[1]),
      program: () => program(shape),
      limits: { deadline: 30, patience: 15 },
      parallel: DEFAULT_PARALLEL,
      recoverable: false,
      logFile: shape.logFile,
    });
    await (verb === "up" ? engine.up() : engine.destroy());
    return 0;
  } catch (error) {
    return report(error);
  } finally {
    engine?.close();
  }
}

if (require.main === module) void main(process.argv.slice(2)).then((code) => process.exit(code));
