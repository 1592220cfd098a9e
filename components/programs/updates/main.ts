import { readFileSync } from "node:fs";
import { logJson } from "../events/log";
import { startUpdateServer } from "./server";
import type { Settings } from "./settings";
import { Updates } from "./updates";

// Serves update graphs and signatures of a stack's releases: `node updates.js updates.json`, with PORT in the environment.

async function main(): Promise<void> {
  const settings = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as Settings;
  const server = await startUpdateServer({
    port: Number(process.env.PORT),
    updates: new Updates(settings),
    warn: (message) => {
      logJson("warn", { event: "look", message });
    },
  });
  const channels = settings.channels.map(({ name }) => name).join(", ");
  logJson("info", { event: "started", message: `serves updates of ${channels}` });
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      server.close();
      server.closeIdleConnections();
    });
  }
}

main().catch((error: unknown) => {
  logJson("error", { event: "failure", message: (error as Error).message });
  process.exitCode = 1;
});
