import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { PROJECT_FOLDER } from "../../../stacks/environment";
import { offlineFolder } from "../../cluster/needs";

/** What a lab's site is like: the newest services as they come, or as the MOC's own repositories describe it (test/lab/README.md). */
export type Profile = "newest" | "site";

/** Which lab a suite needs. */
interface Wanted {
  /** @default newest */
  profile?: Profile;
  /** Seconds that deploying or undeploying a fake node waits at least, twice each. @default none */
  delay?: number;
}

/**
 * The lab's OpenStack: the one that runs, or one that is brought up for this test and left for the next (`.ci/run` ends it).
 *
 * @returns why there is none, or the clouds.yaml of its accounts
 */
function openStackLab({ profile = "newest", delay = 0 }: Wanted): { skipped: string } | { clouds: string } {
  const bin = path.join(offlineFolder(), "bin");
  const missing = ["pulumi", "pulumi-resource-pulumi-nodejs"].filter((name) => !fs.existsSync(path.join(bin, name)));
  if (missing.length > 0) return { skipped: `${bin} has no ${missing.join(", ")}: \`npm run lab -- build pulumi\`` };
  if (process.getuid?.() !== 0) return { skipped: "the OpenStack lab needs root" };
  const lab = (...args: string[]) => runLab(args, { FAKE_DELAY: String(delay), OPENSTACK_PROFILE: profile });
  const skipped = lacking("deps");
  if (skipped) return { skipped };
  const { status, stderr, stdout } = lab("up");
  if (status !== 0) throw new Error(`the OpenStack lab does not come up: ${stderr || stdout}`);
  const exported = execFileSync("bash", ["-c", `${lab("env").stdout}\nprintf %s "$OS_CLIENT_CONFIG_FILE"`], {
    encoding: "utf8",
  });
  return { clouds: exported };
}

/** Skips a suite, and says why, where no machine can be made that runs what it boots. */
export function requireMachine(context: Mocha.Context): void {
  const skipped = lacking("deps", "machine");
  if (!skipped) return;
  console.log(`      skipped: ${skipped}`);
  context.skip();
}

function runLab(args: string[], environment: NodeJS.ProcessEnv = {}) {
  return spawnSync("bash", [path.join(PROJECT_FOLDER, "test/lab/lab"), "openstack", ...args], {
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
}

/** Which Debian packages are missing, and what adds them; undefined where none is. */
function lacking(...verb: string[]): string | undefined {
  const missing = runLab([...verb, "--list"])
    .stdout.trim()
    .replace(/\s+/g, " ");
  return missing
    ? `Debian packages are missing (${missing}): \`npm run lab -- openstack ${verb.join(" ")}\``
    : undefined;
}

/** The same for a suite, which is skipped, and says why, where there is none. */
export function labFor(context: Mocha.Context, wanted: Wanted = {}): string {
  const lab = openStackLab(wanted);
  if ("clouds" in lab) return lab.clouds;
  console.log(`      skipped: ${lab.skipped}`);
  return context.skip();
}
