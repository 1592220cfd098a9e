import { spawn, type ChildProcess } from "node:child_process";
import type * as automation from "@pulumi/pulumi/automation";
import * as errors from "@pulumi/pulumi/automation/errors";
import { UserError } from "../../../components/errors";
import { endMarked, MARK, newMark, type StartedEngines } from "./identity";

/** Stands for an exit code where a signal ended the engine. */
const KILLED = -1;

interface Result {
  stdout: string;
  stderr: string;
  code: number;
  err?: Error;
  toString(): string;
}

// Marked internal by the SDK, whose version is pinned; its own `createOrSelectStack` tells errors apart by these classes.
const { createCommandError } = errors as unknown as { createCommandError: (result: Result) => Error };

/**
 * The engine as processes of their own group. The SDK's own way leaves the engine in ours, where a terminal's ^C would
 * reach it beside our request to stop: it takes the second one as the order to drop everything.
 */
export class EngineProcess {
  /** It was ended at once, so it left its lock behind. */
  wasKilled = false;
  private child?: ChildProcess;
  private readonly mark = newMark();

  /**
   * @param started where engines are remembered until they have ended by themselves
   * @param command path of `pulumi`
   * @param version what it says of itself
   * @param tell gets everything that the engine prints
   */
  constructor(
    private readonly started: StartedEngines,
    readonly command: string,
    readonly version: automation.PulumiCommand["version"],
    private readonly tell: (text: string) => void,
  ) {}

  /** This, as the SDK's types want it. */
  get asCommand(): automation.PulumiCommand {
    return this as unknown as automation.PulumiCommand;
  }

  /** Called by the SDK for every command. An abort asks the engine to cancel; it then ends what is under way. */
  async run(
    args: string[],
    cwd: string,
    variables: Record<string, string>,
    onOutput?: (text: string) => void,
    onError?: (text: string) => void,
    signal?: AbortSignal,
  ): Promise<Result> {
    const child = spawn(this.command, args.includes("--non-interactive") ? args : [...args, "--non-interactive"], {
      cwd,
      env: { ...process.env, ...variables, PULUMI_AUTOMATION_API: "true", [MARK]: this.mark },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.child = child;
    const { pid } = child;
    const cancel = () => child.kill("SIGINT");
    signal?.addEventListener("abort", cancel);
    this.tell(`$ pulumi ${args.join(" ")}\n`);
    try {
      // What `stack output` and `stack export` print is data, secrets among it.
      const stdout = gather(child.stdout, args[0] === "stack" ? onOutput : both(this.tell, onOutput));
      const stderr = gather(child.stderr, both(this.tell, onError));
      const end = ended(child);
      if (pid !== undefined) await this.started.remember(pid, this.mark);
      const code = await end;
      if (code === KILLED && !this.wasKilled) {
        await endMarked(this.mark);
        throw new UserError(
          "The engine was killed in the middle of its work: the same command again goes on from there.",
        );
      }
      if (code !== KILLED) this.started.forget(pid!);
      const [out, err] = [stdout.text, stderr.text];
      const result = {
        stdout: out,
        stderr: err,
        code,
        toString: () => err.trim() || out.trim() || `exit code ${code}`,
      };
      if (code !== 0) throw createCommandError(result);
      return result;
    } finally {
      signal?.removeEventListener("abort", cancel);
      this.child = undefined;
    }
  }

  /** Ends the engine and everything it started, at once. */
  async kill(): Promise<void> {
    if (this.child?.pid === undefined) return;
    this.wasKilled = true;
    await endMarked(this.mark);
  }
}

function both(first: (text: string) => void, second?: (text: string) => void): (text: string) => void {
  return (text) => {
    first(text);
    second?.(text);
  };
}

function gather(stream: NodeJS.ReadableStream, tell?: (text: string) => void): { text: string } {
  const gathered = { text: "" };
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    gathered.text += chunk;
    tell?.(chunk);
  });
  return gathered;
}

/** Waits for the end of the program and of its output, which a plugin that outlives the engine may hold open. */
function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      const finish = () => resolve(signal ? KILLED : (code ?? KILLED));
      const grace = setTimeout(finish, 2_000);
      child.on("close", () => {
        clearTimeout(grace);
        finish();
      });
    });
  });
}
