import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalWorkspace, type EngineEvent } from "@pulumi/pulumi/automation";
import { prepareWorkspace } from "../../stacks/commands/engine/workspace";
import { loadConfiguration } from "../../stacks/configuration/load";
import { readEnvironment } from "../../stacks/environment";
import { toPreview, type PreviewResource } from "../../stacks/preview/json";
import { hideSecretData } from "../../stacks/preview/monitor";
import { printable } from "../../stacks/preview/recorded";
import { runProgram, type Program } from "../../stacks/preview/run";
import { program } from "../../stacks/program";
import { useTools } from "../../stacks/tools/search";
import { smallProgram } from "../unit/preview/small-program";
import { offlineFolder } from "./needs";

const PROJECT = "okd-streams";
const STACK = "kind";
const DEADLINE_MS = 240_000;

describe("the in-process preview and the engine's of an empty stack", function () {
  this.timeout(2 * DEADLINE_MS);
  const saved = { ...process.env };
  let home: string;

  before(function () {
    const folder = offlineFolder();
    if (!existsSync(join(folder, "bin", "pulumi"))) {
      console.log(`      skipped: ${folder} has no bin/pulumi`);
      this.skip();
    }
    home = mkdtempSync(join(tmpdir(), "preview-equality-"));
    Object.assign(process.env, {
      OKD_STREAMS_OFFLINE: folder,
      XDG_CONFIG_HOME: join(home, "config"),
      XDG_DATA_HOME: join(home, "data"),
    });
    useTools(folder);
  });
  after(() => {
    if (home) rmSync(home, { recursive: true, force: true });
    for (const name of Object.keys(process.env)) if (!(name in saved)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, saved);
  });

  const equal = async (run: Program) => {
    const inProcess = toPreview(await runProgram(run, { project: PROJECT, stack: STACK })).resources;
    assert.deepEqual(inProcess, await enginePreview(run));
  };

  it("have the same URNs, types and inputs for every sort of resource", () => equal(smallProgram));

  it("have the same URNs, types and inputs for stack kind", async () => {
    const environment = readEnvironment(STACK, { preview: true });
    const configuration = loadConfiguration(environment.projectFolder, STACK, environment.offlineFolder);
    await equal(() => program(configuration, environment));
  });
});

/** What Pulumi's engine would create. Its default providers are left out, as `pulumi preview --json` leaves them out. */
async function enginePreview(run: Program): Promise<PreviewResource[]> {
  const environment = readEnvironment(STACK);
  const configuration = loadConfiguration(environment.projectFolder, STACK, environment.offlineFolder);
  const { folder, variables, secretsProvider } = prepareWorkspace(configuration, environment);
  const stack = await LocalWorkspace.createOrSelectStack(
    { stackName: STACK, projectName: PROJECT, program: run },
    { workDir: folder, envVars: { ...variables, OKD_STREAMS_PROJECT: environment.projectFolder }, secretsProvider },
  );
  const resources: PreviewResource[] = [];
  const onEvent = ({ resourcePreEvent }: EngineEvent) => {
    const created = resourcePreEvent?.metadata.new;
    if (!created || /::pulumi:providers:[^:]+::default/.test(created.urn)) return;
    const { urn, type, parent, inputs } = created;
    // An event says a secret in the wire format, `preview --json` as the in-process preview does.
    const values = hideSecretData(type, printable(inputs) as PreviewResource["inputs"]);
    resources.push({ urn, type, name: urn.split("::").slice(3).join("::"), ...(parent && { parent }), inputs: values });
  };
  const controller = new AbortController();
  const deadline = setTimeout(() => controller.abort(), DEADLINE_MS);
  try {
    await stack.preview({ onEvent, signal: controller.signal });
  } finally {
    clearTimeout(deadline);
  }
  return resources.sort((a, b) => (a.urn < b.urn ? -1 : 1));
}
