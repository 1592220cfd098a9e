import { type ChildProcess, spawn } from "node:child_process";
import { fail } from "node:assert/strict";
import type { Factory } from "./factory";

export const NAMESPACE = "okd-coreos";

/** A cluster with events: what its tests share. */
export class EventsLab {
  private readonly forwards: ChildProcess[] = [];

  constructor(readonly factory: Factory) {}

  /** `kubectl` in the namespace of builds. */
  readonly kubectl = (...args: string[]): Promise<string> => this.factory.kubectl("-n", NAMESPACE, ...args);

  /** Names of all objects of a kind, sorted. */
  async names(resource: string, ...args: string[]): Promise<string[]> {
    const lines = (await this.kubectl("get", resource, "-o", "name", ...args)).split("\n");
    return lines.flatMap((line) => line.split("/")[1] ?? []).sort();
  }

  /** Leads a port of this machine to one of a Service. @returns its URL, which ends in a slash */
  forwardTo(target: string, port: number): Promise<string> {
    const { kubeconfig, environment: env } = this.factory;
    const args = ["--kubeconfig", kubeconfig, "-n", NAMESPACE, "port-forward", target, `:${port}`];
    const forward = spawn("kubectl", args, { env, stdio: ["ignore", "pipe", "inherit"] });
    this.forwards.push(forward);
    return new Promise((done, failed) => {
      forward.once("close", failed);
      forward.stdout.on("data", (chunk: Buffer) => {
        const [, address] = /Forwarding from (127\.0\.0\.1:\d+)/.exec(chunk.toString()) ?? [];
        if (address) done(`http://${address}/`);
      });
    });
  }

  async until(condition: () => Promise<boolean>, seconds: number, what: string): Promise<void> {
    for (const end = Date.now() + seconds * 1000; !(await condition());) {
      if (Date.now() > end) fail(`${what}: not after ${seconds} s`);
      await new Promise((next) => setTimeout(next, 1_000));
    }
  }

  /** Whether a run has ended well. */
  async succeeded(run: string): Promise<boolean> {
    const path = "jsonpath={.status.conditions[0].status}";
    return (await this.kubectl("get", "pipelinerun", run, "--ignore-not-found", "-o", path)) === "True";
  }

  close(): void {
    for (const forward of this.forwards) forward.kill();
  }
}
