import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../../components/errors";
import { loadConfiguration } from "../../../stacks/configuration/load";
import type { Configuration } from "../../../stacks/configuration/schema";

/** One stream as a stack's file lists it under `config:`. */
export const STREAM = `
    - version: "4.20"
      variant: c9s
      base: { repository: https://example.org/base, branch: main }
      node: { repository: https://example.org/node, branch: release-4.20 }`;

/** A project with one stack, `try`, whose file a test writes. To be made in `before`, removed in `after`. */
export class SmallProject {
  readonly folder = mkdtempSync(join(tmpdir(), "configuration-"));

  constructor() {
    mkdirSync(join(this.folder, "stacks"));
  }

  /** Loads the stack with this text under `config:`. */
  load(config: string): Configuration {
    return this.loadText(`config:\n  ${config.trim()}\n`);
  }

  /** Loads the stack with this file, and with these settings of an offline folder. */
  loadText(text: string, settings?: string): Configuration {
    writeFileSync(join(this.folder, "stacks/Pulumi.try.yaml"), text);
    rmSync(join(this.folder, "settings.yaml"), { force: true });
    if (settings !== undefined) writeFileSync(join(this.folder, "settings.yaml"), settings);
    return loadConfiguration(this.folder, "try", this.folder);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** What the user is told. */
export function sentence(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.message;
  }
  throw new assert.AssertionError({ message: "nothing was refused" });
}
