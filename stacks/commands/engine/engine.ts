import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import {
  ConcurrentUpdateError,
  LocalWorkspace,
  PulumiCommand,
  StackNotFoundError,
  type EngineEvent,
  type OutputMap,
  type PulumiFn,
  type Stack,
} from "@pulumi/pulumi/automation";
import { UserError } from "../../../components/errors";
import { find } from "../../tools/search";
import { adopt, forget, unfinished, type Deployment } from "./adopt";
import { explain } from "./explain";
import { endMarked, type EngineIdentity, hasEnded, StartedEngines } from "./identity";
import { type Holder, holders } from "./lock";
import { EngineProcess } from "./process";
import { Progress, sum } from "./progress";
import { View } from "./view";
import { Watch, type Limits } from "./watch";
import { Interrupted } from "../failure";
import { TALK_DIRECTLY, type Workspace } from "./workspace";

export interface EngineArgs {
  stack: string;
  workspace: Workspace;
  program: PulumiFn;
  limits: Limits;
  /** Operations on resources at the same time. */
  parallel: number;
  /** Where everything is written down. */
  logFile: string;
  /** Whatever a killed engine made is found without the state: by the next `up`, and by `destroy`. */
  recoverable: boolean;
  /** Make the stack where it does not exist. @default true */
  create?: boolean;
  /** Seconds that it usually takes. @default nothing is said of what is left */
  usual?: number;
}

/** The stack does not exist. */
export class NotDeployed extends UserError {}

/** Pulumi's engine at work on one stack: every operation is shown, watched over, and converges when it is run again. */
export class Engine {
  private readonly progress = new Progress();
  private readonly view: View;
  private process!: EngineProcess;
  private stack!: Stack;
  private programError?: unknown;
  private readonly started: StartedEngines;

  private constructor(private readonly args: EngineArgs) {
    this.started = new StartedEngines(args.workspace.folder);
    this.view = new View(args.logFile, (now) => this.status(now), args.usual);
  }

  /** Opens the stack. @throws UserError where it does not exist and is not to be made */
  static async open(args: EngineArgs): Promise<Engine> {
    const engine = new Engine(args);
    const found = find("pulumi");
    if (!found) throw new UserError("Pulumi is not there: npm start gets it, npm run doctor says more.", 3);
    const { version } = await PulumiCommand.get();
    engine.process = new EngineProcess(engine.started, found.path, version, (text) => engine.view.record(text));
    const program: PulumiFn = () =>
      args.program().catch((error: unknown) => {
        engine.programError = error;
        throw error;
      });
    const { stack: stackName, workspace, create = true } = args;
    // The program runs in this process.
    Object.assign(process.env, TALK_DIRECTLY);
    const open = create ? LocalWorkspace.createOrSelectStack : LocalWorkspace.selectStack;
    engine.stack = await engine.guarded(() =>
      open.call(
        LocalWorkspace,
        { stackName, projectName: "okd-streams", program },
        {
          workDir: workspace.folder,
          pulumiCommand: engine.process.asCommand,
          envVars: workspace.variables,
          secretsProvider: workspace.secretsProvider,
        },
      ),
    );
    return engine;
  }

  /** Creates and updates. @returns the stack's outputs */
  async up(expectNoChanges = false): Promise<OutputMap> {
    return this.operate("deployed", async (watch) => {
      const before = await this.exportState();
      if (this.args.recoverable) this.skipCheckpoints();
      const { outputs } = await this.stack.up({ ...this.options(watch), expectNoChanges });
      // Whatever was being created when an engine was killed has been created now.
      if (unfinished(before).length > 0) await this.importState(forget(await this.exportState()));
      return outputs;
    });
  }

  /** Removes every resource, then the stack. */
  async destroy(): Promise<void> {
    await this.operate("removed", async (watch) => {
      const state = await this.exportState();
      if (unfinished(state).length > 0) await this.importState(adopt(state));
      // What is gone already is no error when it is removed again.
      this.skipCheckpoints();
      await this.stack.destroy(this.options(watch));
      await this.pulumi("stack", "rm", "--yes", "--remove-backups");
    });
  }

  /** Removes the stack's state alone, whoever holds its lock: what it was of is gone. */
  async forget(): Promise<void> {
    await this.stack.cancel().catch(() => undefined);
    await this.guarded(() => this.pulumi("stack", "rm", "--yes", "--force", "--remove-backups"));
  }

  /** Takes a state over, with its secrets as they are encrypted. */
  async restore(state: Deployment): Promise<void> {
    await this.guarded(() => this.unlocked(() => this.importState(state)));
  }

  /** Outputs of the last `up`. */
  outputs(): Promise<OutputMap> {
    return this.guarded(() => this.stack.outputs());
  }

  close(): void {
    this.view.close();
  }

  /**
   * The engine writes the whole state before and after every step: with 3.7 MB for 160 objects, that is most of what it
   * does. Where whatever was done is found again after a kill, the end is enough.
   */
  private skipCheckpoints(): void {
    Object.assign(this.stack.workspace.envVars, { PULUMI_SKIP_CHECKPOINTS: "true" });
  }

  private options(watch: Watch) {
    return {
      parallel: this.args.parallel,
      color: "never" as const,
      suppressOutputs: true,
      suppressProgress: true,
      userAgent: "okd-streams",
      signal: watch.signal,
      onEvent: (event: EngineEvent) => {
        watch.progress();
        for (const line of this.progress.accept(event)) this.view.show(line);
      },
    };
  }

  /** One operation from its start to its summary. */
  private async operate<T>(done: string, operation: (watch: Watch) => Promise<T>): Promise<T> {
    const { stack, limits } = this.args;
    const watch = new Watch(
      limits,
      () => this.process.kill(),
      () => this.progress.waitingFor(Date.now() / 1000),
      (text) => this.view.show({ tone: "warning", text }),
    );
    const result = await this.guarded(() => watch.over(() => this.unlocked(() => operation(watch))));
    for (const [component, counts] of this.progress.byComponent) {
      if (sum(counts) !== sum({ same: counts.same })) this.view.record(`${component}: ${sum(counts)}\n`);
    }
    this.view.show({ tone: "good", text: `Stack ${stack} ${done}: ${sum(this.progress.counts)}` });
    return result;
  }

  /** Releases the lock of an engine that was killed: one that this workspace started, and that is proven to have ended. */
  private async unlocked<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof ConcurrentUpdateError)) throw error;
      const found = holders(error.message);
      const { stack } = this.args;
      const ended = await this.killedEngines(found);
      if (!ended) {
        const who = found.map(({ user, host, pid, since }) => `process ${pid} of ${user} on ${host} since ${since}`);
        const by = who.join(", ") || "somebody";
        throw new UserError(
          `Stack ${stack} is being worked on by ${by}: wait for it, or release the lock with ` +
            `eval "$(npm run -s env -- ${stack})" && pulumi cancel.`,
        );
      }
      this.view.show({ tone: "warning", text: "An earlier run was killed: its lock is released." });
      for (const { pid, mark } of ended) {
        await endMarked(mark);
        this.started.forget(pid);
      }
      await this.stack.cancel();
      return operation();
    }
  }

  /** The engines that hold a lock, if each is one of this workspace's that was killed; a shared backend's lock is never ours to take. */
  private async killedEngines(found: Holder[]): Promise<EngineIdentity[] | undefined> {
    if (!this.args.workspace.variables.PULUMI_BACKEND_URL?.startsWith("file:")) return undefined;
    const engines = found.flatMap(({ host, pid }) => (host === os.hostname() && this.started.find(pid)) || []);
    if (engines.length === 0 || engines.length < found.length) return undefined;
    const ended = await Promise.all(engines.map(hasEnded));
    return ended.every(Boolean) ? engines : undefined;
  }

  /** Turns what went wrong into one sentence, where its cause is known. */
  private async guarded<T>(work: () => Promise<T>): Promise<T> {
    const { stack, logFile } = this.args;
    try {
      return await work();
    } catch (error) {
      if (error instanceof Interrupted || (error instanceof UserError && this.process.wasKilled)) {
        if (this.process.wasKilled) await this.stack.cancel().catch(() => undefined);
        throw error;
      }
      if (error instanceof UserError) throw error;
      if (error instanceof StackNotFoundError) {
        throw new NotDeployed(`Stack ${stack} is not deployed: npm run up -- ${stack}.`);
      }
      if (this.programError) throw this.programError as Error;
      const text = [...this.progress.errors, (error as Error).message].join("\n");
      this.view.record(`${(error as Error).stack ?? text}\n`);
      const known = explain(text, stack);
      if (known) throw known;
      const [first] = this.progress.errors;
      if (!first) throw error;
      const more = this.progress.errors.length > 1 ? ` (and ${this.progress.errors.length - 1} more, above)` : "";
      throw new UserError(
        `${first.replace(/\.$/, "")}${more}. Everything is in ${logFile}; the same command again goes on from here.`,
      );
    }
  }

  private status(now: number): string | undefined {
    const waiting = this.progress.waitingFor(now);
    return waiting && `${this.progress.done} done, ${waiting}`;
  }

  /** The state with its secrets encrypted as they are. */
  state(): Promise<Deployment> {
    return this.guarded(() => this.exportState());
  }

  private async exportState(): Promise<Deployment> {
    const { stdout } = await this.pulumi("stack", "export");
    return ((JSON.parse(stdout) as { deployment?: Deployment }).deployment ?? {}) satisfies Deployment;
  }

  private async importState(deployment: Deployment): Promise<void> {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), "okd-streams-"));
    try {
      const file = path.join(folder, "state.json");
      await fs.writeFile(file, JSON.stringify({ version: 3, deployment }), { mode: 0o600 });
      await this.pulumi("stack", "import", "--file", file);
    } finally {
      await fs.rm(folder, { recursive: true, force: true });
    }
  }

  private pulumi(...args: string[]) {
    const { folder, variables } = this.args.workspace;
    return this.process.run([...args, "--stack", this.args.stack], folder, variables);
  }
}
