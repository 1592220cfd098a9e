import { readFileSync } from "node:fs";
import { logJson } from "../events/log";
import { ending, serve } from "../serve";
import { startUpdateServer } from "./server";
import type { Settings } from "./settings";
import { Updates } from "./updates";

// Serves update graphs and signatures of a stack's releases: `node updates.js updates.json`, with PORT in the environment.

serve(async () => {
  const settings = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as Settings;
  const server = await startUpdateServer({
    port: Number(process.env.PORT),
    updates: new Updates(settings),
    warn: (message) => {
      logJson("warn", { event: "look", message });
    },
  });
  const channels = settings.channels.map(({ name }) => name).join(", ");
  return { started: { message: `serves updates of ${channels}` }, end: ending(server) };
});
