import assert from "node:assert/strict";
import { checkPipelines, requireSound } from "../../../components/pipelines/check";
import { findingText } from "../../../components/pipelines/finding";
import { KNOWN, PIPELINE, smallSet, TASKS } from "./small-set";

const findings = (tasks = TASKS, pipeline = PIPELINE): string[] =>
  checkPipelines(smallSet(tasks, pipeline), KNOWN).map(findingText);

/** Fails where there is nothing to change, so that no case can pass by doing nothing. */
function change(text: string, from: string, to: string): string {
  assert.ok(text.includes(from), `the small set has no ${from}`);
  return text.replace(from, () => to);
}

describe("checkPipelines", () => {
  it("finds nothing in a sound set", () => {
    assert.deepEqual(findings(), []);
  });

  const brokenTasks: [rule: string, from: string, to: string, ...expected: string[]][] = [
    [
      "a parameter of the step template is declared",
      "value: $(params.repo)",
      "value: $(params.rep)",
      "tasks.yaml:28: Task build, spec.stepTemplate.env[0].value: $(params.rep) refers to no declared parameter; declare rep under params, or mend the name.",
    ],
    [
      "a parameter of a sidecar is declared",
      '$(params["repo"])',
      '$(params["rep"])',
      'tasks.yaml:69: Task build, spec.sidecars[0].args[0]: $(params["rep"]) refers to no declared parameter; declare rep under params, or mend the name.',
    ],
    [
      "a parameter in a volume is declared",
      "  steps:\n    - name: tell",
      "  volumes:\n    - {name: v, secret: {secretName: $(params.secret)}}\n  steps:\n    - name: tell",
      "tasks.yaml:80: Task tell, spec.volumes[0].secret.secretName: $(params.secret) refers to no declared parameter; declare secret under params, or mend the name.",
    ],
    [
      "a parameter is used",
      "[echo, $(params.text)]",
      "[echo]",
      "tasks.yaml:78: Task tell, spec.params[0]: parameter text is used nowhere; use it or delete it.",
    ],
    [
      "a parameter's default is written out",
      "    - name: repo\n",
      "    - name: repo\n      default: $(params.repo)\n",
      "tasks.yaml:9: Task build, spec.params[0].default: $(params.repo) stands in a parameter's default, where Tekton resolves nothing; write the value out.",
    ],
    [
      "no parameter stands in a script",
      'git clone "$REPO"',
      'git clone "$(params.repo)"',
      "tasks.yaml:39: Task build, spec.steps[0].script: $(params.repo) stands in a script, where its value becomes code; hand it over through env.",
    ],
    [
      "an array is taken whole",
      "- $(params.tags[*])",
      "- $(params.tags)",
      "tasks.yaml:58: Task build, spec.steps[1].args[0]: $(params.tags) takes the array tags as a string; write [*] or [0] behind its name.",
    ],
    [
      "an array stands alone",
      "- $(params.tags[*])",
      "- --tags=$(params.tags[*])",
      "tasks.yaml:58: Task build, spec.steps[1].args[0]: $(params.tags[*]) is a list and has to stand alone in its string.",
    ],
    [
      "a string has no items",
      "[echo, $(params.text)]",
      "[echo, '$(params.text[*])']",
      "tasks.yaml:84: Task tell, spec.steps[0].command[1]: $(params.text[*]) looks into text, which is a string; drop what follows its name.",
    ],
    [
      "an object's key is declared",
      "$(params.target.registry)",
      "$(params.target.host)",
      "tasks.yaml:55: Task build, spec.steps[1].env[1].value: $(params.target.host) names a key that the object target does not declare; add it to its properties, or mend the name.",
    ],
    [
      "an object is not a string",
      "$(params.target.registry)",
      "$(params.target)",
      "tasks.yaml:55: Task build, spec.steps[1].env[1].value: $(params.target) takes the object target as a string; name one of its keys.",
    ],
    [
      "a workspace is declared",
      "$(workspaces.source.path)",
      "$(workspaces.src.path)",
      "tasks.yaml:36: Task build, spec.steps[0].env[0].value: $(workspaces.src.path) refers to no declared workspace; declare src under workspaces, or mend the name.",
    ],
    [
      "a workspace in a step's when is declared",
      "$(workspaces.credentials.bound)",
      "$(workspaces.creds.bound)",
      "tasks.yaml:50: Task build, spec.steps[1].when[0].input: $(workspaces.creds.bound) refers to no declared workspace; declare creds under workspaces, or mend the name.",
    ],
    [
      "a workspace is asked for what it has",
      "$(workspaces.source.path)",
      "$(workspaces.source.dir)",
      "tasks.yaml:36: Task build, spec.steps[0].env[0].value: $(workspaces.source.dir) asks a workspace for what it has not; it has path, bound, claim and volume.",
    ],
    [
      "a result is declared and written",
      "$(results.digest.path)",
      "$(results.digst.path)",
      "tasks.yaml:59: Task build, spec.steps[1].script: $(results.digst.path) is not the path of a declared result; declare digst under results and write $(results.digst.path).",
      "tasks.yaml:20: Task build, spec.results[0]: result digest is written nowhere; write it to $(results.digest.path) or delete it.",
    ],
    [
      "a step's result is declared",
      "$(step.results.commit.path)",
      "$(step.results.comit.path)",
      "tasks.yaml:38: Task build, spec.steps[0].env[2].value: $(step.results.comit.path) is not the path of a result that this step declares; declare it under the step's results.",
    ],
    [
      "another step's result is declared",
      "$(steps.fetch.results.commit)",
      "$(steps.fetsh.results.commit)",
      "tasks.yaml:54: Task build, spec.steps[1].env[0].value: $(steps.fetsh.results.commit) refers to no result of a step of this Task; declare it under that step's results.",
    ],
    [
      "another step exists",
      "$(steps.fetch.results.commit)",
      "$(steps.step-fetsh.exitCode.path)",
      "tasks.yaml:54: Task build, spec.steps[1].env[0].value: $(steps.step-fetsh.exitCode.path) refers to no step of this Task; write $(steps.step-NAME.exitCode.path).",
    ],
    [
      "the context is known",
      "$(context.taskRun.name)",
      "$(context.pipelineRun.name)",
      "tasks.yaml:37: Task build, spec.steps[0].env[1].value: $(context.pipelineRun.name) is not known here; Tekton offers context.taskRun.name, context.taskRun.namespace, context.taskRun.uid, context.task.name, context.task.retry-count.",
    ],
    [
      "a variable is known",
      "$(context.taskRun.name)",
      "$(param.repo)",
      "tasks.yaml:37: Task build, spec.steps[0].env[1].value: $(param.repo) is no variable of a Task; write $$(…) if it is meant literally.",
    ],
    [
      "names are unique",
      "    - name: images\n      type: array\n",
      "    - name: images\n      type: array\n    - name: digest\n",
      "tasks.yaml:23: Task build, spec.results[2]: digest is there twice; rename or delete one of them.",
    ],
    [
      "a step says what it needs",
      "requests: {memory: 1Gi}",
      "requests: {}",
      "tasks.yaml:30: Task build, spec.steps[0]: fetch does not say how much memory it needs; add it to computeResources.requests.",
    ],
    [
      "a sidecar says what it needs",
      "requests: {cpu: 10m, memory: 64Mi}",
      "limits: {memory: 64Mi}",
      "tasks.yaml:65: Task build, spec.sidecars[0]: registry does not say how much cpu and memory it needs; add it to computeResources.requests.",
    ],
    [
      "a privileged step is granted its rights",
      "      image: builder\n      computeResources:\n        requests: {cpu: 10m",
      "      image: builder\n      securityContext: {privileged: true}\n      computeResources:\n        requests: {cpu: 10m",
      "tasks.yaml:82: Task tell, spec.steps[0].securityContext: tell takes rights that pipelines/privileged.yaml does not grant; drop them, or add it there with the reason.",
    ],
    [
      "added capabilities are granted",
      "      image: builder\n      computeResources:\n        requests: {cpu: 10m",
      "      image: builder\n      securityContext: {capabilities: {add: [SYS_ADMIN]}}\n      computeResources:\n        requests: {cpu: 10m",
      "tasks.yaml:82: Task tell, spec.steps[0].securityContext: tell takes rights that pipelines/privileged.yaml does not grant; drop them, or add it there with the reason.",
    ],
    [
      "rights are granted to those alone who take them",
      "securityContext: {privileged: true}",
      "securityContext: {runAsNonRoot: true}",
      "tasks.yaml:29: Task build, spec.steps: pipelines/privileged.yaml grants rights to step build, which does not take them; delete the entry.",
    ],
    [
      "a script names its interpreter",
      "        #!/usr/bin/env bash\n",
      "",
      "tasks.yaml:39: Task build, spec.steps[0].script: the script of fetch names no interpreter; begin it with #!/usr/bin/env bash.",
    ],
    [
      "a bash script stops at errors",
      "set -euo pipefail",
      "set -eu",
      "tasks.yaml:39: Task build, spec.steps[0].script: the script of fetch goes on after errors; make `set -euo pipefail` its first command.",
    ],
    [
      "a sh script stops at errors",
      "set -eu\n        build",
      "build",
      "tasks.yaml:59: Task build, spec.steps[1].script: the script of build goes on after errors; make `set -eu` its first command.",
    ],
    [
      "an image is known",
      "image: registry",
      "image: quay.io/okd/registry:latest",
      "tasks.yaml:66: Task build, spec.sidecars[0].image: quay.io/okd/registry:latest is not in pipelines/images.yaml; add it there, or use a name it has.",
    ],
    [
      "a step has an image",
      "    - name: tell\n      image: builder\n",
      "    - name: tell\n",
      "tasks.yaml:80: Task tell, spec.steps[0]: tell has no image; name one of pipelines/images.yaml.",
    ],
  ];
  for (const [rule, from, to, ...expected] of brokenTasks) {
    it(`Task: ${rule}`, () => {
      assert.deepEqual(findings(change(TASKS, from, to)), expected);
    });
  }

  const brokenPipelines: [rule: string, from: string, to: string, ...expected: string[]][] = [
    [
      "a parameter is declared",
      "{name: repo, value: $(params.repo)}",
      "{name: repo, value: $(params.repository)}",
      "pipeline.yaml:23: Pipeline everything, spec.tasks[0].params[0].value: $(params.repository) refers to no declared parameter; declare repository under params, or mend the name.",
      "pipeline.yaml:8: Pipeline everything, spec.params[0]: parameter repo is used nowhere; use it or delete it.",
    ],
    [
      "a parameter in when is declared",
      "$(params.notify)",
      "$(params.tell)",
      "pipeline.yaml:33: Pipeline everything, spec.tasks[1].when[0].cel: $(params.tell) refers to no declared parameter; declare tell under params, or mend the name.",
      "pipeline.yaml:12: Pipeline everything, spec.params[2]: parameter notify is used nowhere; use it or delete it.",
    ],
    [
      "a parameter in finally is declared",
      '"$(tasks.status) $(tasks.after.status)"',
      "$(params.text)",
      "pipeline.yaml:48: Pipeline everything, spec.finally[0].params[0].value: $(params.text) refers to no declared parameter; declare text under params, or mend the name.",
    ],
    [
      "a default is written out",
      'default: "false"',
      "default: $(params.repo)",
      "pipeline.yaml:13: Pipeline everything, spec.params[2].default: $(params.repo) stands in a parameter's default, where Tekton resolves nothing; write the value out.",
    ],
    [
      "a Task exists",
      "taskRef:\n        name: build",
      "taskRef:\n        name: bild",
      "pipeline.yaml:21: Pipeline everything, spec.tasks[0].taskRef.name: there is no Task bild; mend the name or write that Task.",
    ],
    [
      "a Task gets no undeclared parameter",
      '{name: text, value: "$(tasks.build.results.images[*])"}',
      '{name: text, value: "$(tasks.build.results.images[*])"}\n          - {name: claimname, value: [a]}',
      "pipeline.yaml:37: Pipeline everything, spec.tasks[1].matrix.params[1]: Task tell has no parameter claimname; do not pass it, or declare it there.",
    ],
    [
      "a Task gets all that it requires",
      '        - {name: target, value: {registry: quay.io, name: "$(context.pipelineRun.name)"}}\n',
      "",
      "pipeline.yaml:19: Pipeline everything, spec.tasks[0]: Task build requires parameter target; pass it, or give it a default there.",
    ],
    [
      "a parameter gets its type",
      'value: ["$(params.tags[*])"]',
      "value: $(params.repo)",
      "pipeline.yaml:24: Pipeline everything, spec.tasks[0].params[1]: parameter tags takes array, and gets string; mend the value.",
      "pipeline.yaml:9: Pipeline everything, spec.params[1]: parameter tags is used nowhere; use it or delete it.",
    ],
    [
      "a matrix gets a list",
      "$(tasks.build.results.images[*])",
      "$(params.repo)",
      "pipeline.yaml:36: Pipeline everything, spec.tasks[1].matrix.params[0]: parameter text takes array, and gets string; mend the value.",
    ],
    [
      "a Task gets no undeclared workspace",
      "        - {name: credentials}\n",
      "        - {name: credentials}\n        - {name: cache, workspace: shared}\n",
      "pipeline.yaml:29: Pipeline everything, spec.tasks[0].workspaces[2]: Task build has no workspace cache; do not pass it, or declare it there.",
    ],
    [
      "a Task gets the workspaces that it requires",
      "        - {name: source, workspace: shared}\n",
      "",
      "pipeline.yaml:19: Pipeline everything, spec.tasks[0]: Task build requires workspace source; pass it, or make it optional there.",
      "pipeline.yaml:15: Pipeline everything, spec.workspaces[0]: no task gets workspace shared; hand it on or delete it.",
    ],
    [
      "a workspace is declared",
      "{name: source, workspace: shared}",
      "{name: source, workspace: shred}",
      "pipeline.yaml:27: Pipeline everything, spec.tasks[0].workspaces[0]: this Pipeline has no workspace shred; declare it, or mend the name.",
      "pipeline.yaml:15: Pipeline everything, spec.workspaces[0]: no task gets workspace shared; hand it on or delete it.",
    ],
    [
      "an optional workspace does not serve a Task that requires it",
      "    - name: shared\n",
      "    - name: shared\n      optional: true\n",
      "pipeline.yaml:28: Pipeline everything, spec.tasks[0].workspaces[0]: workspace shared is optional here, but Task build requires source; make both alike, or run the task only when $(workspaces.shared.bound).",
    ],
    [
      "a result's task exists",
      '"$(tasks.build.results.digest) $(workspaces.credentials.bound)"',
      "$(tasks.bild.results.digest)",
      "pipeline.yaml:42: Pipeline everything, spec.tasks[2].params[0].value: $(tasks.bild.results.digest) refers to no task of this Pipeline; mend the name.",
    ],
    [
      "a result is declared",
      "value: $(tasks.build.results.digest)\n",
      "value: $(tasks.build.results.digst)\n",
      "pipeline.yaml:51: Pipeline everything, spec.results[0].value: $(tasks.build.results.digst) refers to no result of Task build; declare digst there, or mend the name.",
    ],
    [
      "an array result is taken whole",
      "value: $(tasks.build.results.digest)\n",
      "value: $(tasks.build.results.images)\n",
      "pipeline.yaml:51: Pipeline everything, spec.results[0].value: $(tasks.build.results.images) takes the array images as a string; write [*] or [0] behind its name.",
    ],
    [
      "a workspace's state is all that can be asked",
      "$(workspaces.credentials.bound)",
      "$(workspaces.credentials.path)",
      "pipeline.yaml:42: Pipeline everything, spec.tasks[2].params[0].value: $(workspaces.credentials.path) does not ask whether a declared workspace is bound, which is all a Pipeline can ask.",
    ],
    [
      "the status is known in finally",
      '"$(tasks.build.results.digest) $(workspaces.credentials.bound)"',
      "$(tasks.status)",
      "pipeline.yaml:42: Pipeline everything, spec.tasks[2].params[0].value: $(tasks.status) is known in finally only.",
    ],
    [
      "a status is of a task that exists",
      "$(tasks.after.status)",
      "$(tasks.before.status)",
      "pipeline.yaml:48: Pipeline everything, spec.finally[0].params[0].value: $(tasks.before.status) refers to no task of this Pipeline; mend the name.",
    ],
    [
      "the context is known",
      "$(context.pipelineRun.name)",
      "$(context.taskRun.name)",
      "pipeline.yaml:25: Pipeline everything, spec.tasks[0].params[2].value.name: $(context.taskRun.name) is not known here; Tekton offers context.pipelineRun.name, context.pipelineRun.namespace, context.pipelineRun.uid, context.pipeline.name, context.pipelineTask.retries.",
    ],
    [
      "a task waits for one that exists",
      "runAfter: [each]",
      "runAfter: [every]",
      "pipeline.yaml:38: Pipeline everything, spec.tasks[2].runAfter[0]: after waits for every, which is no task of this Pipeline; mend the name.",
    ],
    [
      "a task in finally waits for none",
      "    - name: last\n",
      "    - name: last\n      runAfter: [after]\n",
      "pipeline.yaml:45: Pipeline everything, spec.finally[0].runAfter[0]: a task in finally cannot wait for another; delete runAfter.",
    ],
    [
      "tasks do not wait for each other",
      "    - name: build\n      taskRef",
      "    - name: build\n      runAfter: [after]\n      taskRef",
      "pipeline.yaml:18: Pipeline everything, spec.tasks: tasks wait for each other in a circle: build → after → each → build; break it.",
    ],
    [
      "names of tasks are unique",
      "    - name: last\n",
      "    - name: each\n",
      "pipeline.yaml:44: Pipeline everything, spec.finally[0]: task each is there twice; rename one of them.",
    ],
  ];
  for (const [rule, from, to, ...expected] of brokenPipelines) {
    it(`Pipeline: ${rule}`, () => {
      assert.deepEqual(findings(TASKS, change(PIPELINE, from, to)), expected);
    });
  }

  it("lets an optional workspace serve where the task asks whether it is bound", () => {
    const pipeline = change(
      change(PIPELINE, "    - name: shared\n", "    - name: shared\n      optional: true\n"),
      "    - name: build\n",
      '    - name: build\n      when: [{input: $(workspaces.shared.bound), operator: in, values: ["true"]}]\n',
    );
    assert.deepEqual(findings(TASKS, pipeline), []);
  });

  it("refuses a matrix that is empty by default", () => {
    const over = change(PIPELINE, "$(tasks.build.results.images[*])", "$(params.tags[*])");
    assert.deepEqual(findings(TASKS, over), []);
    assert.deepEqual(findings(TASKS, change(over, "default: [one]", "default: []")), [
      "pipeline.yaml:36: Pipeline everything, spec.tasks[1].matrix.params[0]: a matrix over parameter tags would be empty by default, which Tekton fails a run for; give it a default of one element, and a when.",
    ]);
  });
});

describe("requireSound", () => {
  it("throws every finding, a line each", () => {
    const tasks = change(change(TASKS, "[echo, $(params.text)]", "[echo]"), "image: registry", "image: registri");
    assert.throws(() => requireSound(smallSet(tasks), KNOWN), {
      name: "UserError",
      message: [
        "tasks.yaml:66: Task build, spec.sidecars[0].image: registri is not in pipelines/images.yaml; add it there, or use a name it has.",
        "tasks.yaml:78: Task tell, spec.params[0]: parameter text is used nowhere; use it or delete it.",
      ].join("\n"),
    });
  });

  it("accepts a sound set", () => {
    requireSound(smallSet(), KNOWN);
  });
});
