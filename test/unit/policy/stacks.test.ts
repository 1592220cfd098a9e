import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hideSecretValues } from "../../../stacks/configuration/engine";
import { listStacks, loadConfiguration, PROJECT } from "../../../stacks/configuration/load";
import { PROJECT_FOLDER } from "../../../stacks/environment";
import { policyFindings, policyLine } from "../../../stacks/preview/policy";
import { runProgram } from "../../../stacks/preview/run";
import { program } from "../../../stacks/program";

describe("our own rules", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "policy-"));
    for (const part of ["manifests", "images"]) mkdirSync(join(folder, part));
    writeFileSync(join(folder, "images/index.txt"), "");
  });
  after(() => rmSync(folder, { recursive: true }));

  const findings = async (stack: string, projectFolder = PROJECT_FOLDER) => {
    const configuration = loadConfiguration(projectFolder, stack);
    const places = { projectFolder: PROJECT_FOLDER, cacheFolder: join(folder, "cache"), offlineFolder: folder };
    const { resources } = await runProgram(
      () => {
        hideSecretValues(configuration);
        return program(configuration, {
          stack,
          preview: true,
          hostHasKvm: true,
          architecture: "amd64",
          kubeconfigs: [],
          ...places,
        });
      },
      { project: PROJECT, stack },
    );
    return policyFindings(stack, resources).map(policyLine);
  };

  for (const stack of listStacks(PROJECT_FOLDER)) {
    it(`stack ${stack} keeps them`, async () => assert.deepEqual(await findings(stack), []));
  }

  it("stacks with everything that there is, and that there was, keep them", async () => {
    mkdirSync(join(folder, "stacks"));
    for (const kind of ["privileges", "former"]) {
      const file = join(PROJECT_FOLDER, "test/unit/preview", kind, "stack.yaml");
      cpSync(file, join(folder, "stacks/Pulumi.everything.yaml"));
      assert.deepEqual(await findings("everything", folder), []);
    }
  });
});
