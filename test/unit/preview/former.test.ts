import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hideSecretValues } from "../../../stacks/configuration/engine";
import { loadConfiguration, PROJECT } from "../../../stacks/configuration/load";
import { PROJECT_FOLDER } from "../../../stacks/environment";
import { runProgram } from "../../../stacks/preview/run";
import { program } from "../../../stacks/program";

const FORMER = join(__dirname, "former");

/** What stacks of before December 2026 have and those of today have not, by the ends of their URNs. */
const GONE: string[] = [];

describe("a stack that an earlier version of this project deployed", () => {
  const folder = mkdtempSync(join(tmpdir(), "okd-streams-former-"));
  after(() => rmSync(folder, { recursive: true }));

  it("keeps every resource, but for those that are named here: a URN that is no more is an object deleted", async () => {
    mkdirSync(join(folder, "stacks"));
    for (const part of ["manifests", "images"]) mkdirSync(join(folder, "offline", part), { recursive: true });
    writeFileSync(join(folder, "offline/images/index.txt"), "");
    cpSync(join(FORMER, "stack.yaml"), join(folder, "stacks/Pulumi.everything.yaml"));
    const configuration = loadConfiguration(folder, "everything");
    const { resources } = await runProgram(
      () => {
        hideSecretValues(configuration);
        return program(configuration, {
          ...{ stack: "everything", preview: true, hostHasKvm: true, kubeconfigs: [] },
          ...{
            projectFolder: PROJECT_FOLDER,
            cacheFolder: join(folder, "cache"),
            offlineFolder: join(folder, "offline"),
          },
        });
      },
      { project: PROJECT, stack: "everything" },
    );
    const urns = new Set(resources.map(({ urn }) => urn.replace(`urn:pulumi:everything::${PROJECT}::`, "")));
    const former = readFileSync(join(FORMER, "urns.txt"), "utf8").trim().split("\n");
    assert.deepEqual(
      former.filter((urn) => !urns.has(urn)).map((urn) => urn.split("$").at(-1)),
      GONE,
    );
  });
});
