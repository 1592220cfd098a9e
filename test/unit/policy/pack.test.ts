import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { credentials } from "@grpc/grpc-js";
import type { PolicyResource, StackValidationArgs } from "@pulumi/policy";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import { AnalyzeStackRequest, AnalyzerResource, AnalyzerResourceOptions } from "@pulumi/pulumi/proto/analyzer_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { PROJECT_FOLDER } from "../../../stacks/environment";
import { RULES } from "../../../components/policy/rules";
import { policies } from "../../../stacks/policy-pack/policies";

const resource = (type: string, props: object) => ({ type, props, urn: `urn-${type}`, name: "it" }) as PolicyResource;

describe("the rules as a pack of Pulumi's policies", () => {
  it("are all of them, each mandatory and with its fix", () => {
    assert.deepEqual(
      policies().map(({ name, description, enforcementLevel }) => [name, description, enforcementLevel]),
      RULES.map(({ name, wants, fix }) => [name, `${wants} ${fix}`, "mandatory"]),
    );
  });

  it("report what is wrong at the resource, and nothing of what is no object", async () => {
    const metadata = { name: "it", labels: { "app.kubernetes.io/part-of": "x" } };
    const spec = { steps: [{ name: "a", image: "it:latest", computeResources: { requests: { cpu: 1, memory: 1 } } }] };
    const resources = [
      resource("kubernetes:tekton.dev/v1:Task", { apiVersion: "tekton.dev/v1", kind: "Task", metadata, spec }),
      resource("kubernetes:core/v1:ConfigMapPatch", { apiVersion: "v1", kind: "ConfigMap", metadata: {} }),
      resource("random:index:RandomId", { byteLength: 4 }),
    ];
    const said: [string, string, string | undefined][] = [];
    for (const { name, validateStack } of policies()) {
      await validateStack({ resources } as StackValidationArgs, (message, urn) => said.push([name, message, urn]));
    }
    assert.deepEqual(said, [
      [
        "pinned-images",
        "Task it spec.steps[a]: it:latest is another image every day.",
        "urn-kubernetes:tekton.dev/v1:Task",
      ],
    ]);
  });
});

describe("the pack under Pulumi's own runner, asked as the engine asks it", function () {
  this.timeout(60_000);
  let runner: ChildProcess;
  afterEach(() => runner.kill());

  it("says what is wrong where", async () => {
    const program = join(PROJECT_FOLDER, "node_modules/@pulumi/pulumi/cmd/run-policy-pack");
    const cwd = join(PROJECT_FOLDER, "stacks/policy-pack");
    runner = spawn(process.execPath, [program, "127.0.0.1:1", "."], { cwd, stdio: ["ignore", "pipe", "inherit"] });
    const [port] = (await once(runner.stdout!, "data")) as [Buffer];
    const pack = new AnalyzerClient(`127.0.0.1:${String(port).trim()}`, credentials.createInsecure());
    const spec = { steps: [{ name: "a", image: "it:latest", computeResources: { requests: { cpu: 1, memory: 1 } } }] };
    const labels = { "app.kubernetes.io/part-of": "x" };
    const task = new AnalyzerResource()
      .setType("kubernetes:tekton.dev/v1:Task")
      .setUrn("urn:pulumi:a::b::kubernetes:tekton.dev/v1:Task::it")
      .setName("it")
      .setOptions(new AnalyzerResourceOptions())
      .setProperties(
        Struct.fromJavaScript({ apiVersion: "tekton.dev/v1", kind: "Task", metadata: { name: "it", labels }, spec }),
      );
    const answer = await new Promise<string[]>((resolve, reject) =>
      pack.analyzeStack(new AnalyzeStackRequest().setResourcesList([task]), (error, response) => {
        if (error) return reject(error);
        resolve(response.getDiagnosticsList().map((it) => `${it.getPolicyname()} ${it.getUrn()}`));
      }),
    );
    pack.close();
    assert.deepEqual(answer, [`pinned-images ${task.getUrn()}`]);
  });
});
