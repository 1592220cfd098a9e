import * as fs from "node:fs";
import * as path from "node:path";
import type { OfflineFolder } from "./facts";

/** What a whole offline folder holds, see CONTRIBUTING. */
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
  return { folder, missing: contents.filter((file) => !fs.existsSync(path.join(folder, file))) };
}
