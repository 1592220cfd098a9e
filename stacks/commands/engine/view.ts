import * as fs from "node:fs";
import * as path from "node:path";
import pc from "picocolors";
import { makePrivateFolder } from "./files";
import { clock, timeLeft, type Line } from "./progress";

const paint: Record<Line["tone"], (text: string) => string> = {
  plain: (text) => text,
  good: pc.green,
  bad: pc.red,
  warning: pc.yellow,
};

/** Seconds of silence after which a log without a terminal gets a line that says what is waited for. */
const HEARTBEAT = 30;

/**
 * Shows lines as they come and, below them on a terminal, one line that is rewritten. Everything goes to stderr, so
 * that stdout holds results; everything but that one line goes to the log file too.
 */
export class View {
  private readonly start = Date.now();
  private readonly log?: fs.WriteStream;
  private timer?: NodeJS.Timeout;
  private lastLine = Date.now();

  /**
   * @param logFile absent: no log is kept
   * @param status what the rewritten line says, given the seconds since 1970
   * @param usual seconds that it usually takes, from which the line says what is left
   */
  constructor(
    readonly logFile: string | undefined,
    private readonly status: (now: number) => string | undefined,
    private readonly usual?: number,
    private readonly out: NodeJS.WriteStream = process.stderr,
  ) {
    if (logFile) {
      makePrivateFolder(path.dirname(logFile));
      this.log = fs.createWriteStream(logFile, { mode: 0o600 });
    }
    this.timer = setInterval(() => this.tick(), this.out.isTTY ? 250 : 1_000);
    this.timer.unref();
  }

  get elapsed(): string {
    return clock((Date.now() - this.start) / 1000);
  }

  show({ tone, text }: Line): void {
    this.clear();
    this.out.write(`${pc.dim(this.elapsed.padStart(5))}  ${paint[tone](text)}\n`);
    this.lastLine = Date.now();
    this.record(`${this.elapsed}  ${text}\n`);
  }

  /** Into the log only. */
  record(text: string): void {
    this.log?.write(text);
  }

  /** Ends the rewritten line and the log. */
  close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.clear();
    this.log?.end();
  }

  private tick(): void {
    const left = this.usual !== undefined && timeLeft((Date.now() - this.start) / 1000, this.usual);
    const status = [left, this.status(Date.now() / 1000)].filter(Boolean).join("; ");
    if (!status) return;
    if (this.out.isTTY) {
      const line = `${this.elapsed.padStart(5)}  ${status}`.slice(0, Math.max(20, this.out.columns - 1));
      this.out.write(`\r\x1b[K${pc.dim(line)}`);
    } else if (Date.now() - this.lastLine >= HEARTBEAT * 1000) {
      this.show({ tone: "plain", text: status });
    }
  }

  private clear(): void {
    if (this.out.isTTY) this.out.write("\r\x1b[K");
  }
}
