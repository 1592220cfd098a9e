import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Library } from "../../../components/pipelines/library";
import { sentence } from "../configuration/small-project";

/** A Task, and below it at line 9 what it may not. */
const task = (line: string) => `apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: planted
spec:
  description: Does what it may not.
  steps:
    - name: step
      ${line}
${line.startsWith("image:") ? "" : "      image: node\n"}`;

const FAULTS: [what: string, line: string, said: RegExp][] = [
  ["an unknown image", "image: nowhere", /nowhere is not in pipelines\/images\.yaml/],
  ["an unresolved parameter", 'args: ["$(params.nothing)"]', /params\.nothing/],
  ["a right that nobody granted", "securityContext: { privileged: true }", /privileged/],
];

describe("every pipeline set", () => {
  let pipelines: string;
  before(() => {
    pipelines = mkdtempSync(join(tmpdir(), "okd-streams-sets-"));
    cpSync("pipelines", pipelines, { recursive: true });
  });
  after(() => {
    rmSync(pipelines, { recursive: true });
  });

  const sets = readdirSync("pipelines", { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

  it("comes to a stack by the one door", () => {
    const files = ["components", "stacks"].flatMap((top) =>
      readdirSync(top, { recursive: true, encoding: "utf8" }).map((file) => join(top, file)),
    );
    // What else reads sets draws them, or asks from which hosts they fetch.
    assert.deepEqual(
      files
        .filter((file) => file.endsWith(".ts") && /import .*\bloadPipelines\b/.test(readFileSync(file, "utf8")))
        .sort(),
      ["components/pipelines/library.ts", "stacks/graph/pictures.ts", "stacks/tools/hosts.ts"],
    );
  });

  for (const [what, line, said] of FAULTS) {
    it(`fails a preview with file and line where a Task has ${what}`, () => {
      for (const set of sets) {
        const tasks = join(pipelines, set, "tasks");
        mkdirSync(tasks, { recursive: true });
        const file = join(tasks, "planted.yaml");
        writeFileSync(file, task(line));
        const library = new Library({ folder: pipelines });
        const text = sentence(() => library.objects([set], { namespace: "x", labels: {} }));
        const told = text.split("\n").find((it) => it.startsWith(`${file}:9:`));
        assert.match(told ?? text, said);
        assert.ok(told, text);
        rmSync(file);
      }
    });
  }
});
