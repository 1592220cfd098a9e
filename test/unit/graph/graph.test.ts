import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { renderDot, type Graph } from "../../../stacks/graph/dot";
import { pipelineGraph } from "../../../stacks/graph/pipeline";
import { stackGraph } from "../../../stacks/graph/stack";
import type { RecordedResource } from "../../../stacks/preview/recorded";

const PROJECT = join(__dirname, "../../..");

const pairs = ({ edges }: Graph) => edges.map(({ from, to }) => `${from} ${to}`).sort();

describe("pictures", () => {
  it("are those of the program, and drawn again by npm run graph", () => {
    const args = ["--import", "tsx", "stacks/commands/main.ts", "graph", "--check"];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: PROJECT, encoding: "utf8" });
    assert.equal(status, 0, stderr);
  });

  describe("of a Pipeline", () => {
    const graph = pipelineGraph({
      metadata: { name: "small" },
      spec: {
        tasks: [
          { name: "clone", taskRef: { name: "git" } },
          { name: "build", runAfter: ["clone"], matrix: { params: [{ value: "$(tasks.clone.results.commit)" }] } },
          { name: "push", runAfter: ["clone", "build"], when: [{}] },
        ],
        finally: [{ name: "notify" }],
      },
    });

    it("have the order once, by runAfter and results, without what follows from it, and lead to finally", () => {
      assert.deepEqual(pairs(graph), ["build push", "clone build", "push finally"]);
      assert.deepEqual(
        graph.frames.map(({ id, nodes }) => [id, nodes.map((node) => node.id)]),
        [["finally", ["notify"]]],
      );
    });

    it("show a Task of another name, a matrix, and what runs only at times", () => {
      assert.deepEqual(
        graph.nodes.map(({ label, several, optional }) => [label.join(" "), several, optional]),
        [
          ["clone git", false, false],
          ["build", true, false],
          ["push", false, true],
        ],
      );
    });

    it("are cut off at a frame, and take any name", () => {
      const dot = renderDot({ ...graph, title: 'a "small" one' });
      assert.match(dot, /^digraph "a \\"small\\" one" \{$/m);
      assert.match(dot, /^ {2}"push" -> "notify" \[lhead="cluster_finally" style=dashed/m);
      assert.match(dot, /^ {2}"push" .*style="rounded,filled,dashed"/m);
    });
  });

  describe("of a stack", () => {
    const resource = (name: string, type: string, parent: string | undefined, dependencies: string[] = []) =>
      ({
        urn: name,
        name,
        type,
        parent,
        custom: type.startsWith("kubernetes"),
        inputs: {},
        dependencies,
      }) as RecordedResource;
    const resources = [
      resource("stack", "pulumi:pulumi:Stack", undefined),
      resource("cluster", "okd-streams:clusters:KindCluster", "stack"),
      resource("nodes", "kubernetes:x/v1:Nodes", "cluster"),
      resource("platform", "okd-streams:platform:Platform", "stack"),
      resource("claim", "kubernetes:core/v1:PersistentVolumeClaim", "platform", ["nodes"]),
      resource("registry-pod", "kubernetes:apps/v1:Deployment", "platform", ["claim", "nodes"]),
      resource("coreos", "okd-streams:streams:CoreosStreams", "stack"),
      resource("ns/build", "kubernetes:tekton.dev/v1:Pipeline", "coreos", ["registry-pod"]),
      resource("ns/a", "kubernetes:tekton.dev/v1:Task", "coreos"),
      resource("ns/b", "kubernetes:tekton.dev/v1:Task", "coreos"),
    ];
    const outputs = {
      registry: { address: "here:5000" },
      streams: [{ version: "5.0", runs: [{ spec: { pipelineRef: { name: "build" } } }] }],
    };
    const graph = stackGraph({ stack: "small", resources, outputs, warnings: [] });

    it("lead from what is made by its Pipeline to the registry, and along what takes something of another", () => {
      assert.deepEqual(pairs(graph), [
        "claim registry-pod",
        "cluster platform",
        "ns/build registry",
        "platform coreos",
        "streams 5.0 ns/build",
      ]);
    });

    it("show leaves of one kind as one", () => {
      const labels = graph.frames.map(({ title, nodes }) => [title, ...nodes.map(({ label }) => label.join(" "))]);
      assert.deepEqual(labels.at(-1), ["coreos (CoreosStreams)", "build Pipeline", "2 Tasks"]);
    });
  });
});
