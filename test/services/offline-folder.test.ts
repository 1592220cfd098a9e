import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { Library } from "../../components/pipelines/library";
import { loadConfiguration, PROJECT } from "../../stacks/configuration/load";
import { readEnvironment } from "../../stacks/environment";
import { runProgram } from "../../stacks/preview/run";
import { program } from "../../stacks/program";
import { pulledImages } from "../../stacks/tools/bundle/wanted";
import { offlineFolder } from "../cluster/needs";

/** No package registry has it: releases are made in the cluster's tests, by a stand-in that they bring. */
const LACKING = ["openshift-cli"];

describe("the lab's folder", () => {
  it("has every image that stack `kind` pulls with it, but for one that is known", async function () {
    const lab = offlineFolder();
    const index = path.join(lab, "images/index.txt");
    if (!fs.existsSync(index)) {
      console.log(`      skipped: ${lab} has no images/index.txt`);
      this.skip();
    }
    const held = new Set(
      fs
        .readFileSync(index, "utf8")
        .split("\n")
        .map((line) => line.split(" ")[0]!),
    );
    const environment = { ...readEnvironment("kind", { preview: true }), offlineFolder: lab, whole: true };
    const configuration = loadConfiguration(environment.projectFolder, "kind", lab);
    const { images, imageMirror, platform } = configuration;
    const { resources } = await runProgram(() => program(configuration, environment), {
      project: PROJECT,
      stack: "kind",
    });
    const library = new Library({ folder: "pipelines", images, imageMirror });
    const pulled = pulledImages(resources, library, platform);
    assert.ok(pulled.length > 15, pulled.join(" "));
    const lacking = pulled.filter((reference) => !held.has(reference));
    assert.deepEqual(
      lacking,
      LACKING.map((name) => library.images[name]),
    );
  });
});
