import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hideSecretValues } from "../../../stacks/configuration/engine";
import { loadConfiguration, PROJECT } from "../../../stacks/configuration/load";
import { PROJECT_FOLDER } from "../../../stacks/environment";
import type { Recorded } from "../../../stacks/preview/recorded";
import { runProgram } from "../../../stacks/preview/run";
import { program } from "../../../stacks/program";

/** What a stack comes to whose file is somewhere else, on a machine with KVM and without any of the platform's manifests. */
export async function recordedOf(file: string): Promise<Recorded> {
  const folder = mkdtempSync(join(tmpdir(), "okd-streams-everything-"));
  try {
    mkdirSync(join(folder, "stacks"));
    for (const part of ["manifests", "images"]) mkdirSync(join(folder, "offline", part), { recursive: true });
    writeFileSync(join(folder, "offline/images/index.txt"), "");
    cpSync(file, join(folder, "stacks/Pulumi.everything.yaml"));
    const configuration = loadConfiguration(folder, "everything");
    return await runProgram(
      () => {
        hideSecretValues(configuration);
        return program(configuration, {
          ...{ stack: "everything", preview: true, hostHasKvm: true, architecture: "amd64", kubeconfigs: [] },
          ...{
            projectFolder: PROJECT_FOLDER,
            cacheFolder: join(folder, "cache"),
            offlineFolder: join(folder, "offline"),
          },
        });
      },
      { project: PROJECT, stack: "everything" },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
