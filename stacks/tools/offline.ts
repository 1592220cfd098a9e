import * as fs from "node:fs";
import * as path from "node:path";
import { BUNDLE, SUMS } from "./bundle/bundle";
import { filesOf } from "./bundle/sums";
import type { OfflineFolder } from "./facts";

/** What a whole offline folder of the lab holds. */
const contents = [
  "bin/kind",
  "bin/pulumi",
  "bin/pulumi-resource-kubernetes",
  "manifests/tekton-pipelines.yaml",
  "manifests/tekton-triggers.yaml",
  "manifests/tekton-interceptors.yaml",
  "manifests/argo-cd.yaml",
  "images/index.txt",
  "settings.yaml",
];

/** @returns absent where there is no such folder */
export function inspectOffline(folder: string): OfflineFolder | undefined {
  if (!fs.existsSync(folder)) return undefined;
  const wanted = fs.existsSync(path.join(folder, BUNDLE)) ? ofBundle(folder) : contents;
  return { folder, missing: wanted.filter((file) => !fs.existsSync(path.join(folder, file))) };
}

/** What a bundle holds, by its own account. */
function ofBundle(folder: string): string[] {
  const sums = path.join(folder, SUMS);
  return [SUMS, ...(fs.existsSync(sums) ? filesOf(fs.readFileSync(sums, "utf8").split("\n")) : [])];
}
