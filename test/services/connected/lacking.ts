import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { offlineFolder } from "../../cluster/needs";

/**
 * What is missing for the connected way to be walked on this machine; nothing, where it can be.
 * @param more files of the lab that are needed besides
 */
export function lacking(more: string[]): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64" || process.getuid!() !== 0)
    return "it needs root on Linux, x86_64";
  const files = [
    "bin/kind",
    "bin/pulumi",
    "bin/pulumi-resource-kubernetes",
    "manifests/tekton-pipelines.yaml",
    "manifests/argo-cd.yaml",
    ...more,
  ];
  const missing = files.filter((file) => !fs.existsSync(path.join(offlineFolder(), file)));
  if (missing.length > 0) return `${offlineFolder()} has no ${missing.join(", ")}`;
  try {
    execFileSync("unshare", ["--mount", "--net", "ip", "link", "set", "lo", "up"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "this machine makes no network namespaces";
  }
}
