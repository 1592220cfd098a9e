import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { bundle } from "../../../components/programs/bundle";
import type { SettingsInput } from "../../../components/programs/gate/settings";

/** The gate as it runs in a pod. */
export interface GateProcess {
  port: number;
  statusPort: number;
  /** Resolves when the process is gone. */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
}

/** Writes the bundled program and its settings, as the ConfigMap has them. */
export function writeGate(folder: string, settings: Omit<SettingsInput, "port" | "statusPort">): void {
  writeFileSync(join(folder, "gate.js"), bundle("gate"));
  writeFileSync(join(folder, "settings.json"), JSON.stringify({ ...settings, port: 0, statusPort: 0 }));
}

/** Starts what {@link writeGate} wrote in a process of its own; it listens when this resolves. */
export async function spawnGate(folder: string): Promise<GateProcess> {
  const child = spawn(process.execPath, [join(folder, "gate.js"), join(folder, "settings.json")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((done) => {
    child.once("close", () => {
      done();
    });
  });
  return new Promise((started, failed) => {
    child.once("close", () => {
      failed(new Error("the gate did not start"));
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { event, port, statusPort } = JSON.parse(line) as { event: string; port: number; statusPort: number };
      if (event !== "started") return;
      const end = (signal: "SIGKILL" | "SIGTERM"): Promise<void> => {
        child.kill(signal);
        return ended;
      };
      started({ port, statusPort, end });
    });
  });
}
