import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../../components/errors";
import { Interrupted } from "../failure";

export interface Limits {
  /** Minutes that an operation may take. */
  deadline: number;
  /** Minutes without anything happening after which it is given up. */
  patience: number;
}

/** Generous: a first `up` may pull a node image of 1 GB and a dozen others. */
export const DEFAULT_LIMITS: Limits = { deadline: 60, patience: 15 };

/** Seconds that an engine gets to end what is under way once it was asked to stop. */
const GRACE = 60;

/** Milliseconds within which a second ^C is the same. */
const ECHO = 300;

/** Watches over one operation: asks it to stop when it is interrupted, takes too long or gets nowhere, then makes it. */
export class Watch {
  private readonly abort = new AbortController();
  private readonly start = Date.now();
  private last = Date.now();
  private reason?: Error;
  private ended = false;

  /**
   * @param kill ends the operation at once
   * @param waitingFor what it waits for, for the sentence
   * @param tell gets sentences while it is being stopped
   */
  constructor(
    private readonly limits: Limits,
    private readonly kill: () => Promise<void>,
    private readonly waitingFor: () => string | undefined,
    private readonly tell: (text: string) => void,
  ) {}

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Something happened. */
  progress(): void {
    this.last = Date.now();
  }

  /** Runs the operation. @throws Interrupted, UserError when a limit was passed, or what the operation throws */
  async over<T>(operation: () => Promise<T>): Promise<T> {
    const signals: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
    let last = -Infinity;
    const interrupt = (signal: NodeJS.Signals) => {
      // npm passes on the ^C that the terminal has sent already.
      const again = signal === "SIGINT" && performance.now() - last < ECHO;
      last = performance.now();
      if (!again) this.stop(new Interrupted());
    };
    const timer = setInterval(() => this.check(), 1_000);
    for (const signal of signals) process.on(signal, interrupt);
    try {
      return await operation();
    } catch (error) {
      throw this.reason ?? error;
    } finally {
      this.ended = true;
      clearInterval(timer);
      for (const signal of signals) process.off(signal, interrupt);
    }
  }

  private check(): void {
    const { deadline, patience } = this.limits;
    const waiting = this.waitingFor();
    const last = waiting ? `; it was ${waiting}` : "";
    const minutes = (since: number) => (Date.now() - since) / 60_000;
    if (minutes(this.start) > deadline) {
      this.stop(
        new UserError(`Given up after ${deadline} minutes${last}: look there, then run the same command again.`),
      );
    } else if (minutes(this.last) > patience) {
      this.stop(
        new UserError(`Nothing happened for ${patience} minutes${last}: look there, then run the same command again.`),
      );
    }
  }

  private stop(reason: Error): void {
    if (this.reason) {
      if (reason instanceof Interrupted) void this.kill();
      return;
    }
    this.reason = reason;
    const again = reason instanceof Interrupted ? " (once more ends it at once)" : "";
    this.tell(`Stopping: the engine ends what is under way${again}.`);
    this.abort.abort();
    void sleep(GRACE * 1000, undefined, { ref: false }).then(() => (this.ended ? undefined : this.kill()));
  }
}
