import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PipelineRun } from "../../../components/pipelines/tekton";
import { loadConfiguration, PROJECT } from "../../../stacks/configuration/load";
import { readEnvironment } from "../../../stacks/environment";
import { runProgram } from "../../../stacks/preview/run";
import { program } from "../../../stacks/program";

const VARIABLES = ["OKD_STREAMS_OFFLINE", "HOME", "XDG_CACHE_HOME"];

/** As `npm run preview` does it, in this process. */
function previewStack(stack: string) {
  const environment = readEnvironment(stack, { preview: true });
  const configuration = loadConfiguration(environment.projectFolder, stack, environment.offlineFolder);
  return runProgram(() => program(configuration, environment), { project: PROJECT, stack });
}

describe("stack kind on an arm64 machine", function () {
  this.timeout(120_000);
  const arch = Object.getOwnPropertyDescriptor(process, "arch")!;
  const environment = VARIABLES.map((name) => [name, process.env[name]] as const);
  let folder: string;

  // An offline folder with nothing in it: nothing is downloaded.
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "arm64-"));
    mkdirSync(join(folder, "images"));
    writeFileSync(join(folder, "images/index.txt"), "");
    Object.assign(process.env, { OKD_STREAMS_OFFLINE: folder, HOME: folder, XDG_CACHE_HOME: join(folder, "cache") });
    Object.defineProperty(process, "arch", { ...arch, value: "arm64" });
  });
  after(() => {
    Object.defineProperty(process, "arch", arch);
    for (const [name, value] of environment) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    rmSync(folder, { recursive: true });
  });

  it("renders runs for arm64 alone, and nothing in it is of another architecture", async () => {
    const { resources, outputs } = await previewStack("kind");
    const { streams, layers } = outputs as Record<"streams" | "layers", { runs: PipelineRun[]; images: string[] }[]>;
    for (const { runs, images } of [...streams, ...layers]) {
      assert.equal(runs.length, 1);
      const { podTemplate } = runs[0]!.spec.taskRunTemplate;
      assert.deepEqual(podTemplate!.nodeSelector, { "kubernetes.io/arch": "arm64" });
      assert.ok(
        images.every((image) => /:5\.0-aarch64$/.test(image)),
        images.join(),
      );
    }
    const { releases } = outputs as { releases: { plan: string[]; run?: PipelineRun }[] };
    assert.equal(releases[0]!.run, undefined);
    assert.match(
      releases[0]!.plan.at(-1)!,
      /^release next: left out: .* exists for amd64 alone, and the nodes are arm64/,
    );
    // Tasks ask the machine that they run on, and compare
    const others = resources
      .filter(({ type }) => !/:(Task|Pipeline|ConfigMap|CustomResourceDefinition)$/.test(type))
      .filter(({ inputs }) => /amd64|x86_64/.test(JSON.stringify(inputs)));
    assert.deepEqual(
      others.map(({ urn }) => urn),
      [],
    );
  });
});
