import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { PROJECT_FOLDER } from "../../../stacks/environment";
import { offlineFolder } from "../../cluster/needs";
import { NAME_SERVER } from "./moc-installation";
import { environmentIn, type Finished, start } from "./program";
import type { Site } from "./site";

/** Settings of the stack's cluster: one node on a network that exists, if nothing else is said. @param ironicProject its id */
export function settingsFor(
  site: Site,
  ironicProject: string,
  { nodes, network }: { nodes?: object; network?: object } = {},
): object {
  return {
    lifetime: "2h",
    nodes: { controlPlanes: 1, resourceClass: site.name, ...nodes },
    network: {
      ...{ existing: site.network, cidr: "10.7.0.0/24", allocationPool: null, external: null },
      nameservers: [NAME_SERVER],
      ...network,
    },
    okd: { ironicProject },
  };
}

/** Stack `moc-test` with settings of a test's, in a home of its own, with the stand-in for openshift-install. */
export class MocStack {
  readonly home = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-moc-"));
  private readonly offline = path.join(this.home, "offline");
  private running?: number;
  private kubeconfig?: string;

  /** @param clouds clouds.yaml of the lab's accounts @param head what the installer's ISO begins with. @default what boots nothing */
  constructor(
    private readonly clouds: string,
    cluster: object,
    head?: Buffer,
  ) {
    if (head) fs.writeFileSync(this.head, head);
    const bin = path.join(this.offline, "bin");
    fs.mkdirSync(bin, { recursive: true });
    const installer = path.join(PROJECT_FOLDER, "test/lab/installer");
    for (const folder of [path.join(offlineFolder(), "bin"), installer]) {
      for (const name of fs.readdirSync(folder)) fs.symlinkSync(path.join(folder, name), path.join(bin, name));
    }
    const none = { mode: "none" };
    const settings = {
      cluster: { type: "moc", cloud: "lessee", ...cluster },
      platform: {
        ...{ tektonPipelines: none, tektonTriggers: none, argoCd: none, storage: none },
        registry: { mode: "external", address: "registry.example.org" },
        kvmDevicePlugin: "none",
        nodeConfiguration: "none",
      },
      streams: [],
    };
    fs.writeFileSync(path.join(this.offline, "settings.yaml"), stringify(settings));
  }

  /** Runs a command on it to its end, or until it is killed: the project's own, but for `up`. */
  run(verb: "up" | "up-again" | "destroy" | "sweep", ...options: string[]): Promise<Finished> {
    const args = verb.startsWith("up")
      ? [path.join(__dirname, "moc-operate.ts"), verb]
      : [path.join(PROJECT_FOLDER, "stacks/commands/main.ts"), verb, "moc-test", ...options];
    const { pid, ended } = start(args, { env: this.environment, detached: true });
    this.running = pid;
    return ended.finally(() => (this.running = undefined));
  }

  /** Gives the installer the kubeconfig of the cluster that its ISO makes. */
  installs(kubeconfig: string): void {
    this.kubeconfig = path.join(this.home, "kubeconfig");
    fs.writeFileSync(this.kubeconfig, kubeconfig, { mode: 0o600 });
  }

  private get head(): string {
    return path.join(this.home, "head.iso");
  }

  /** The state file. */
  get stateFile(): string {
    return path.join(this.home, "data/okd-streams/pulumi/.pulumi/stacks/okd-streams/moc-test.json");
  }

  /** What the installer was called with. */
  installerCalls(): string[] {
    const file = path.join(this.home, "installer");
    return fs.existsSync(file) ? fs.readFileSync(file, "utf8").trim().split("\n") : [];
  }

  /** Ends at once whatever a run has started: the command's process group. */
  kill(): void {
    if (this.running !== undefined) process.kill(-this.running, "SIGKILL");
  }

  close(): void {
    fs.rmSync(this.home, { recursive: true, force: true });
  }

  private get environment(): NodeJS.ProcessEnv {
    return {
      ...environmentIn(this.home),
      OS_CLIENT_CONFIG_FILE: this.clouds,
      OKD_STREAMS_OFFLINE: this.offline,
      STAND_IN_LOG: path.join(this.home, "installer"),
      ...(fs.existsSync(this.head) && { STAND_IN_HEAD: this.head }),
      ...(this.kubeconfig && { STAND_IN_KUBECONFIG: this.kubeconfig }),
    };
  }
}
