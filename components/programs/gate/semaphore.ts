/** Lets a number of callers work at a time; the others wait in their order, and no longer than their signal allows. */
export class Semaphore {
  private readonly waiting: (() => void)[] = [];
  private inside = 0;

  constructor(private readonly width: number) {}

  /** @throws the signal's reason where time is up before it is the caller's turn */
  async pass<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.enter(signal);
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.inside -= 1;
    }
  }

  private enter(signal: AbortSignal): Promise<void> | undefined {
    signal.throwIfAborted();
    if (this.inside < this.width) {
      this.inside += 1;
      return undefined;
    }
    return new Promise((enter, leave) => {
      const turn = () => {
        signal.removeEventListener("abort", giveUp);
        enter();
      };
      const giveUp = () => {
        this.waiting.splice(this.waiting.indexOf(turn), 1);
        leave(signal.reason as Error);
      };
      this.waiting.push(turn);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }
}
