import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The program of a registry of ours, for the shell of an image that has distribution's registry, 2.8 or newer: it serves on port 5000 what is
 * in /var/lib/registry, and sweeps that once a day.
 */
export const REGISTRY_SERVER = readFileSync(join(__dirname, "registry-server.sh"), "utf8");

/** By which containers of the program are told from those of an earlier one. */
export const REGISTRY_SERVER_DIGEST = createHash("sha256").update(REGISTRY_SERVER).digest("hex").slice(0, 16);
