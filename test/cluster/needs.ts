import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** The offline folder that tests take everything from: the one that is named, else the one that the lab makes. */
export function offlineFolder(): string {
  const { OKD_STREAMS_OFFLINE, XDG_CACHE_HOME = path.join(os.homedir(), ".cache") } = process.env;
  return path.resolve(OKD_STREAMS_OFFLINE || path.join(XDG_CACHE_HOME, "okd-streams", "lab"));
}

/** What of the given files and programs a cluster test lacks on this machine; a sentence, or nothing. */
export function lacking(needs: { bin?: string[]; manifests?: string[]; images?: string[] }): string | undefined {
  const folder = offlineFolder();
  const files = [
    ...(needs.bin ?? []).map((name) => path.join("bin", name)),
    ...(needs.manifests ?? []).map((name) => path.join("manifests", `${name}.yaml`)),
    ...(needs.images ?? []).map((name) => path.join("images", name)),
  ];
  const missing = files.filter((file) => !fs.existsSync(path.join(folder, file)));
  if (missing.length > 0) return `${folder} has no ${missing.join(", ")}`;
  return engineAnswers() ? undefined : "no container engine answers";
}

function engineAnswers(): boolean {
  try {
    execFileSync("docker", ["info"], { stdio: "ignore", timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}

/** Skips a suite, and says why. */
export function skipUnless(context: Mocha.Context, needs: Parameters<typeof lacking>[0]): void {
  const reason = lacking(needs);
  if (reason === undefined) return;
  console.log(`      skipped: ${reason}`);
  context.skip();
}

/** This machine's address as KinD's nodes and pods see it. */
export function gateway(): string {
  const networks = JSON.parse(execFileSync("docker", ["network", "inspect", "kind"], { encoding: "utf8" })) as {
    IPAM: { Config: { Subnet: string; Gateway?: string }[] };
  }[];
  const address = networks[0]!.IPAM.Config.map(({ Gateway }) => Gateway).find((it) => it && !it.includes(":"));
  assert.ok(address, "network kind has a gateway");
  return address;
}
