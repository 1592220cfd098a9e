import { readFileSync } from "node:fs";
import { logJson } from "../events/log";
import { startServer } from "./server";
import { settingsSchema } from "./settings";

// The gate as a program: `node gate.js settings.json`.

async function main(): Promise<void> {
  const settings = settingsSchema.parse(JSON.parse(readFileSync(process.argv[2]!, "utf8")));
  const server = await startServer(settings, logJson);
  const { port, statusPort } = server;
  logJson("info", { event: "started", port, statusPort, message: `judges ${settings.streams.length} streams` });
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => void server.stop());
  }
}

main().catch((error: unknown) => {
  logJson("error", { event: "failure", message: (error as Error).message });
  process.exitCode = 1;
});
