// What a version manager calls python3 is a script that looks for it each time, ten times as long as Python takes to start:
// stand-ins and steps call it by the thousand, and the system's own will do.
const { existsSync, mkdtempSync, rmSync, symlinkSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { delimiter, join } = require("node:path");
const process = require("node:process");

const SYSTEM = "/usr/bin/python3";

if (existsSync(SYSTEM)) {
  const folder = mkdtempSync(join(tmpdir(), "okd-streams-python-"));
  symlinkSync(SYSTEM, join(folder, "python3"));
  process.env.PATH = [folder, process.env.PATH].join(delimiter);
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
}
