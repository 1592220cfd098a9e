import { homedir } from "node:os";
import { NO_HOME } from "./machine-failure";

// Loaded before everything else, as modules of others ask for the home when they are loaded.
try {
  homedir();
} catch {
  process.stderr.write(`${NO_HOME}\n`);
  process.exit(3);
}
