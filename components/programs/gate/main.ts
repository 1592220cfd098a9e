import { readFileSync } from "node:fs";
import { logJson } from "../events/log";
import { serve } from "../serve";
import { startServer } from "./server";
import { settingsSchema } from "./settings";

// The gate as a program: `node gate.js settings.json`.

serve(async () => {
  const settings = settingsSchema.parse(JSON.parse(readFileSync(process.argv[2]!, "utf8")));
  const server = await startServer(settings, logJson);
  const { port, statusPort } = server;
  return {
    started: { port, statusPort, message: `judges ${settings.streams.length} streams` },
    end: () => void server.stop(),
  };
});
