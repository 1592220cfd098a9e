import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import pc from "picocolors";
import { renderFindings } from "../../../stacks/policy/findings-text";
import { checkFolder } from "../../../stacks/policy/folder";

describe("anybody's YAML held to the rules", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "policy-folder-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const check = (files: Record<string, string>) => {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    return checkFolder(folder);
  };
  const labels = "labels: { app.kubernetes.io/part-of: x }";
  const SERVICE = `apiVersion: v1\nkind: Service\nmetadata: { name: a, namespace: n, ${labels} }\nspec: { selector: { app: a } }\n`;
  const NETWORK = `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: a, namespace: n, ${labels} }\nspec: { podSelector: {} }\n`;

  it("sees the objects of all files together", () => {
    assert.equal(check({ "a/service.yaml": SERVICE }).findings.length, 1);
    assert.deepEqual(check({ "b/network.yml": NETWORK }), { files: 2, objects: 2, findings: [] });
  });

  it("says by rule what is where, with the fix, and counts", () => {
    const pod = `apiVersion: v1\nkind: List\nitems:\n  - apiVersion: tekton.dev/v1beta1\n    kind: Task\n    metadata: { name: t, ${labels} }\n    spec: { steps: [{ name: s, image: quay.io/a/b, resources: { requests: { cpu: 1, memory: 1Gi } } }] }\n`;
    const found = check({
      "tasks.yaml": pod,
      "values.yaml": "a: 1\n",
      "kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
    });
    const [heading, line, ...rest] = renderFindings(found, pc.createColors(false)).split("\n");
    assert.match(heading!, /^pinned-images 1 {2}Write repository:version@sha256:/);
    assert.equal(line, "  tasks.yaml: Task t spec.steps[s]: quay.io/a/b has no tag, so it is `latest`");
    assert.deepEqual(rest, ["", "1 objects in 3 files, 1 findings"]);
  });

  it("looks into the templates of Triggers", () => {
    const text = `apiVersion: triggers.tekton.dev/v1beta1\nkind: TriggerTemplate\nmetadata: { name: t, ${labels} }\nspec: { resourcetemplates: [{ apiVersion: tekton.dev/v1, kind: TaskRun, metadata: { generateName: r- }, spec: { taskSpec: { steps: [{ name: s, image: x, computeResources: { requests: { cpu: 1, memory: 1 } } }] } } }] }\n`;
    assert.deepEqual(
      check({ "t.yaml": text }).findings.map(({ file, object, path }) => [file, object, path]),
      [["t.yaml", "TaskRun r-…", "spec.taskSpec.steps[s]"]],
    );
  });

  it("wants a folder with YAML", () => {
    assert.throws(() => checkFolder(join(folder, "nowhere")), { name: "UserError", exitCode: 2 });
    assert.throws(() => checkFolder(folder), { name: "UserError", message: /^There is no YAML below / });
  });

  it("says which file is no YAML, and goes on", () => {
    const { findings } = check({ "a.yaml": "a: [", "service.yaml": SERVICE });
    assert.deepEqual(
      findings.map(({ rule, file }) => [rule, file]),
      [
        ["yaml", "a.yaml"],
        ["network-policy", "service.yaml"],
      ],
    );
    assert.match(findings[0]!.found, / at line 1$/);
  });
});
