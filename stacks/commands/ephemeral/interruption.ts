import { Interrupted } from "../failure";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What ends a run before its time: somebody, or the time that it has. Signals never end this process itself meanwhile. */
export class Interruption {
  private readonly controller = new AbortController();
  private readonly interrupt = () => this.controller.abort(new Interrupted());
  private readonly timer: NodeJS.Timeout;

  /** @param late what is thrown when the time is over */
  constructor(until: Date, late: Error) {
    for (const signal of SIGNALS) process.on(signal, this.interrupt);
    this.timer = setTimeout(() => this.controller.abort(late), Math.max(0, until.getTime() - Date.now()));
    this.timer.unref();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  end(): void {
    clearTimeout(this.timer);
    for (const signal of SIGNALS) process.off(signal, this.interrupt);
  }
}
