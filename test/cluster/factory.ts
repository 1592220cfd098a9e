import * as assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { overlay } from "../../stacks/configuration/overlay";

type Settings = Record<string, unknown>;

/** What kubectl says of a request that a busy API server never took. */
const NOT_TAKEN = /TLS handshake timeout|connection refused|Unable to connect to the server: net\/http/;

const PROJECT_FOLDER = path.resolve(__dirname, "../..");

export interface Finished {
  exitCode: number;
  stdout: string;
  /** Both streams, in the order in which they were written. */
  text: string;
}

/**
 * A home of its own for the commands of this project, with the real cache and an offline folder like the one given but
 * for some settings: what a test does leaves no trace in the user's own stacks.
 */
export class Factory {
  readonly home = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-test-"));
  readonly offline = path.join(this.home, "offline");
  readonly environment: NodeJS.ProcessEnv;
  private readonly given: Settings;
  private readonly forwards: ChildProcess[] = [];

  constructor(offlineFolder: string, settings: Settings) {
    fs.mkdirSync(this.offline);
    for (const entry of ["bin", "manifests", "images"]) {
      fs.symlinkSync(path.join(offlineFolder, entry), path.join(this.offline, entry));
    }
    const file = path.join(offlineFolder, "settings.yaml");
    this.given = overlay(fs.existsSync(file) ? (parse(fs.readFileSync(file, "utf8")) as Settings) : {}, settings);
    this.settings({});
    const { XDG_CACHE_HOME = path.join(os.homedir(), ".cache") } = process.env;
    this.environment = {
      ...process.env,
      HOME: this.home,
      XDG_CACHE_HOME,
      XDG_CONFIG_HOME: path.join(this.home, "config"),
      XDG_DATA_HOME: path.join(this.home, "data"),
      XDG_STATE_HOME: path.join(this.home, "state"),
      OKD_STREAMS_OFFLINE: this.offline,
      PATH: `${path.join(this.offline, "bin")}:${process.env.PATH ?? ""}`,
    };
  }

  /** Lays settings over those that the factory was made with; what an earlier call said is forgotten. */
  settings(settings: Settings): void {
    fs.writeFileSync(path.join(this.offline, "settings.yaml"), stringify(overlay(this.given, settings)));
  }

  /** Runs one of the project's commands to its end, as `npm run VERB -- …` does; what it says is shown. */
  run(...args: string[]): Promise<Finished> {
    return this.exec(process.execPath, ["--import", "tsx", "stacks/commands/main.ts", ...args]);
  }

  /** The same of a command that has to end well. */
  async succeeds(...args: string[]): Promise<Finished> {
    const finished = await this.run(...args);
    assert.equal(finished.exitCode, 0, `${args.join(" ")}: exit code ${finished.exitCode}\n${finished.text}`);
    return finished;
  }

  /** Runs a tool of the offline folder or the machine. */
  exec(command: string, args: string[], cwd: string = PROJECT_FOLDER): Promise<Finished> {
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, { cwd, env: this.environment, stdio: ["ignore", "pipe", "pipe"] });
      let [stdout, text] = ["", ""];
      child.stdout.on("data", (chunk: Buffer) => {
        stdout += chunk.toString();
        text += chunk.toString();
      });
      child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
      child.on("error", reject);
      child.on("close", (code) => resolve({ exitCode: code ?? 1, stdout, text }));
    });
  }

  /** The stack's kubeconfig, as its commands wrote it down. */
  get kubeconfig(): string {
    return path.join(this.home, "data", "okd-streams", "kubeconfigs", "kind.yaml");
  }

  /** `kubectl` on the stack's cluster. @returns what it printed; it fails the test when kubectl fails */
  async kubectl(...args: string[]): Promise<string> {
    for (let tries = 1; ; tries++) {
      const { exitCode, stdout, text } = await this.exec("kubectl", ["--kubeconfig", this.kubeconfig, ...args]);
      if (exitCode === 0) return stdout;
      if (tries === 3 || !NOT_TAKEN.test(text)) throw new Error(`kubectl ${args.join(" ")}: ${text}`);
      await new Promise((next) => setTimeout(next, 2_000));
    }
  }

  /** Leads a port of this machine to one of a Service, until {@link endForwards}. @returns its URL, which ends in a slash */
  forwardTo(namespace: string, target: string, port: number): Promise<string> {
    const args = ["--kubeconfig", this.kubeconfig, "-n", namespace, "port-forward", target, `:${port}`];
    const forward = spawn("kubectl", args, { env: this.environment, stdio: ["ignore", "pipe", "inherit"] });
    this.forwards.push(forward);
    return new Promise((done, failed) => {
      forward.once("close", failed);
      forward.stdout.on("data", (chunk: Buffer) => {
        const [, address] = /Forwarding from (127\.0\.0\.1:\d+)/.exec(chunk.toString()) ?? [];
        if (address) done(`http://${address}/`);
      });
    });
  }

  endForwards(): void {
    for (const forward of this.forwards.splice(0)) forward.kill();
  }

  /** Removes the home. */
  close(): void {
    fs.rmSync(this.home, { recursive: true, force: true });
  }
}
