import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT_FOLDER } from "../../../stacks/environment";
import type { Preview } from "../../../stacks/preview/json";

describe("preview and render, as commands", function () {
  this.timeout(240_000);
  let folder: string;

  // An offline folder with nothing in it: nothing is downloaded, and what would have been is left out with a warning.
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "commands-"));
    mkdirSync(join(folder, "images"));
    writeFileSync(join(folder, "images/index.txt"), "");
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = (...args: string[]) => {
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith("OS_"));
    const env = {
      ...Object.fromEntries(own),
      OKD_STREAMS_OFFLINE: folder,
      HOME: folder,
      XDG_CACHE_HOME: join(folder, "cache"),
    };
    const command = ["--import", "tsx", "stacks/commands/main.ts", ...args];
    return spawnSync(process.execPath, command, {
      cwd: PROJECT_FOLDER,
      env,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });
  };

  it("preview --json prints the contract's JSON and nothing else on stdout", () => {
    const { status, stdout, stderr } = run("preview", "kind", "--json");
    assert.equal(status, 0, stderr);
    const { stack, resources, outputs, ...rest } = JSON.parse(stdout) as Preview;
    assert.deepEqual([stack, rest], ["kind", {}]);
    assert.ok(resources.length > 20);
    assert.deepEqual([...new Set(resources.flatMap((resource) => Object.keys(resource)))].sort(), [
      "inputs",
      "name",
      "parent",
      "type",
      "urn",
    ]);
    assert.equal(outputs.kubeconfig, "04da6b54-80e4-46f7-96ec-b56ff0331ba9");
    assert.ok(
      stderr.split("\n").every((line) => line === "" || line.startsWith("warning: ")),
      stderr,
    );
  });

  it("preview of stack moc shows all that it takes of a site, without credentials for it", () => {
    const { status, stdout, stderr } = run("preview", "moc", "--json");
    assert.equal(status, 0, stderr);
    const counts: Record<string, number> = {};
    for (const { type, parent } of (JSON.parse(stdout) as Preview).resources) {
      if (!/MocCluster|NodeNetwork/.test(parent ?? "")) continue;
      const kind = type.split(/[:/]/).at(-1)!;
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    assert.deepEqual(counts, {
      ...{ NodeNetwork: 1, openstack: 1, Network: 1, Subnet: 1, Router: 1, RouterInterface: 1, Port: 2, FloatingIp: 2 },
      ...{
        Lease: 3,
        NodeAttachment: 3,
        AgentImage: 1,
        NodeDeployment: 3,
        AgentInstallation: 1,
        DnsRecords: 1,
        kubernetes: 1,
      },
    });
  });

  it("preview of an unknown stack ends in one sentence and exit code 2", () => {
    const { status, stdout, stderr } = run("preview", "knd");
    assert.deepEqual(
      [status, stdout, stderr],
      [2, "", 'No stack is called "knd", there are existing, kind, moc, moc-test: did you mean kind?\n'],
    );
  });

  it("preview wants a stack or all of them, and a revision for a report", () => {
    for (const [args, message] of [
      [[], "Name a stack, or say --all: npm run preview -- kind\n"],
      [["kind", "--all"], "Name a stack, or say --all: npm run preview -- kind\n"],
      [["--all", "--markdown"], "--markdown is of a difference: say --against GITREF too.\n"],
    ] as const) {
      const { status, stdout, stderr } = run("preview", ...args);
      assert.deepEqual([status, stdout, stderr], [2, "", message]);
    }
  });

  it("preview --all --json is a list of every stack, by one process", () => {
    const { status, stdout, stderr } = run("preview", "--all", "--json");
    assert.equal(status, 0, stderr);
    const all = JSON.parse(stdout) as (Preview & { warnings: string[] })[];
    assert.deepEqual(
      all.map(({ stack }) => stack),
      ["existing", "kind", "moc", "moc-test"],
    );
    for (const { resources, warnings } of all) assert.ok(resources.length > 20 && warnings.length > 0);
    const kind = run("preview", "kind", "--json");
    assert.deepEqual(all[1]!.resources, (JSON.parse(kind.stdout) as Preview).resources);
  });

  it("render gives all or nothing: what was rendered before stays as it was", () => {
    const out = join(folder, "whole");
    mkdirSync(out);
    writeFileSync(join(out, ".okd-streams-render"), "ns/kept.yaml\n");
    mkdirSync(join(out, "ns"));
    writeFileSync(join(out, "ns/kept.yaml"), "kept\n");
    const { status, stderr, stdout } = run("render", "kind", "--out", out);
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(
      stderr,
      /^Tekton Pipelines \S+ cannot be installed: .*tekton-pipelines\.yaml; name its manifests .*\n$/,
    );
    assert.deepEqual(readdirSync(out, { recursive: true }).sort(), [".okd-streams-render", "ns", "ns/kept.yaml"]);
  });

  it("render gives the same bytes twice", () => {
    mkdirSync(join(folder, "manifests"));
    for (const name of ["tekton-pipelines", "tekton-triggers", "tekton-interceptors", "argo-cd", "tekton-dashboard"]) {
      const object = `{ apiVersion: v1, kind: ConfigMap, metadata: { name: ${name}, namespace: default } }\n`;
      writeFileSync(join(folder, "manifests", `${name}.yaml`), object);
    }
    const [first, second] = [join(folder, "first"), join(folder, "second")];
    const content = (out: string) =>
      readdirSync(out, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((file) => [file.slice(out.length), readFileSync(file, "utf8")]);
    assert.equal(run("render", "kind", "--out", first).status, 0);
    assert.equal(run("render", "kind", "--out", second).status, 0);
    assert.deepEqual(content(first), content(second));
    assert.ok(content(first).some(([file]) => file === "/okd-coreos/pipeline-okd-coreos.yaml"));
  });
});
