// The stacks that this machine's user has are none of a test's business: what the commands remember is kept elsewhere.
const { mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const process = require("node:process");

const folder = mkdtempSync(join(tmpdir(), "okd-streams-data-"));
process.env.XDG_DATA_HOME = folder;
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
