import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { offlineFolder } from "../../cluster/needs";
import type { Shape } from "./operate";
import { environmentIn, type Finished, start } from "./program";
import { Proxy } from "./proxy";
import type { Site } from "./site";

const MARK = "OKD_STREAMS_TEST_RUN";

/** A stack of the real engine on a site of the lab, whose calls all go through a proxy. */
export class Stack {
  private readonly home = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-test-"));
  private readonly file = path.join(this.home, "shape.json");
  private readonly mark = randomUUID();
  shape: Shape;

  private constructor(
    readonly site: Site,
    readonly proxy: Proxy,
    account: string,
    shape: Partial<Shape>,
  ) {
    const entry = site.account(account);
    const clouds = { lab: { ...entry, auth: { ...entry.auth, auth_url: proxy.authUrl } } };
    fs.writeFileSync(path.join(this.home, "clouds.yaml"), stringify({ clouds }), { mode: 0o600 });
    this.shape = {
      mark: site.name,
      cloud: "lab",
      leases: [],
      network: site.network,
      source: { image: "http://127.0.0.1:9/image.qcow2", checksum: "0".repeat(64) },
      logFile: path.join(this.home, "log"),
      ...shape,
    };
  }

  /** @param nodes how many nodes of the site it claims */
  static async open(site: Site, nodes: number, shape: Partial<Shape> = {}, account = "lessee"): Promise<Stack> {
    const leases = Array.from({ length: nodes }, () => ({ offer: { resourceClass: site.name }, hours: 2 }));
    return new Stack(site, await Proxy.start(site.keystone), account, { leases, ...shape });
  }

  /** Runs it to its end, or until it is killed. */
  run(verb: "up" | "destroy"): Promise<Finished> {
    fs.writeFileSync(this.file, JSON.stringify(this.shape));
    return start([path.join(__dirname, "operate.ts"), verb, this.file], { env: this.environment }).ended;
  }

  /** Ends at once whatever a run has started: the command, the engine, the dynamic providers. */
  kill(): void {
    for (let left = true; left;) {
      left = false;
      for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        if (!environmentOf(pid).includes(`${MARK}=${this.mark}\0`)) continue;
        process.kill(Number(pid), "SIGKILL");
        left = true;
      }
    }
  }

  async close(): Promise<void> {
    this.kill();
    await this.proxy.stop();
    fs.rmSync(this.home, { recursive: true, force: true });
  }

  private get environment(): NodeJS.ProcessEnv {
    const environment = environmentIn(this.home);
    return {
      ...environment,
      OS_CLIENT_CONFIG_FILE: path.join(this.home, "clouds.yaml"),
      PATH: `${path.join(offlineFolder(), "bin")}:${environment.PATH ?? ""}`,
      [MARK]: this.mark,
    };
  }
}

/** Empty for a process that ended. */
function environmentOf(pid: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return "";
  }
}
