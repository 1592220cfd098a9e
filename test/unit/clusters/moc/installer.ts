import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

const NAMES = ["PATH", "STAND_IN_LOG", "TMPDIR"];

/** The stand-in for openshift-install, alone on PATH with the system's own tools. To be made in `before`, ended in `after`. */
export class StandInInstaller {
  readonly folder = mkdtempSync(path.join(tmpdir(), "installer-test-"));
  private readonly former = NAMES.map((name) => [name, process.env[name]] as const);

  constructor() {
    process.env.PATH = [path.resolve(__dirname, "../../../lab/installer"), "/usr/bin", "/bin"].join(path.delimiter);
    process.env.STAND_IN_LOG = path.join(this.folder, "calls");
    process.env.TMPDIR = this.folder;
  }

  /** Its calls without the folder that they work in. */
  calls(): string[] {
    return readFileSync(process.env.STAND_IN_LOG!, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.replace(/ --dir .*/, ""));
  }

  end(): void {
    for (const [name, value] of this.former) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    rmSync(this.folder, { recursive: true });
  }
}
