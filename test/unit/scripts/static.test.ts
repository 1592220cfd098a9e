import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { requireTools } from "./machine";
import { REHEARSAL, run, sharedScripts, tasks } from "./task";

const ROOT = resolve(__dirname, "../../..");

/** Variables that the shell and jq have themselves. */
const SET_ELSEWHERE = ["PWD", "ARGS"];

/** Variables that programs read, not scripts. */
const READ_BY_TOOLS = /^(HOME|BUILDAH_ISOLATION|GIT_CONFIG_.*)$/;

describe("scripts of the Tasks, as they stand", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "okd-streams-static-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("pass shellcheck", async function () {
    requireTools(this, "shellcheck");
    for (const { metadata, spec } of tasks) {
      for (const { name, script } of spec.steps) {
        if (script !== undefined) writeFileSync(join(folder, `${metadata.name}.${name}`), script);
      }
    }
    for (const [name, script] of Object.entries(sharedScripts).filter(([name]) => name.endsWith(".sh"))) {
      writeFileSync(join(folder, name), script);
    }
    const scripts = readdirSync(folder).map((name) => join(folder, name));
    assert.ok(scripts.length > 15, "the Tasks have scripts");
    assert.deepEqual(await run("shellcheck", scripts), { code: 0, log: "" });
  });

  it("know what is not there by the registry's own word, in the same words everywhere", () => {
    const scripts = [...tasks.flatMap(({ spec }) => spec.steps.map(({ script = "" }) => script))];
    scripts.push(...Object.values(sharedScripts));
    const known = scripts.flatMap((script) => /^absent\(\) \{\n(?:.*\n)*?\}$/m.exec(script) ?? []);
    assert.ok(known.length > 5, "scripts look for what may not be there");
    assert.equal(new Set(known).size, 1);
    assert.deepEqual(
      scripts.filter((script) => /grep .*(unknown|404)/.test(script) && !script.includes("fetching tags list")),
      [],
    );
  });

  it("say in the same words everywhere why a push failed, and that the registry is full where it is", () => {
    const scripts = [...tasks.flatMap(({ spec }) => spec.steps.map(({ script = "" }) => script))];
    scripts.push(...Object.values(sharedScripts));
    const known = scripts.flatMap((script) => /^unpushed\(\) \{\n(?:.*\n)*?\}$/m.exec(script) ?? []);
    assert.equal(new Set(known).size, 1);
    const commands = scripts.flatMap((script) => script.replaceAll("\\\n", " ").replaceAll("||\n", "||").split("\n"));
    const pushes = commands.filter((line) =>
      /\bskopeo .*\bcopy .*"docker:\/\/[^"]*"(?= *(?:2>|<|\|\|))|--to-image=/.test(line),
    );
    assert.ok(pushes.length > 15, pushes.join("\n"));
    assert.deepEqual(
      pushes.filter((line) => !/\$\(unpushed |tee "\$HOME\/error"/.test(line)),
      [],
    );
  });

  it("ask for the room on the node that they take where they build images or packages", () => {
    const steps = tasks.flatMap(({ metadata, spec }) => spec.steps.map((step) => ({ task: metadata.name, ...step })));
    const builders = steps.filter(({ script = "" }) => /\bbuildah .*\bbuild\b|\brpmbuild -bb/.test(script));
    assert.ok(builders.length > 5, builders.map(({ task }) => task).join());
    assert.deepEqual(
      builders.filter((step) => !step.computeResources?.requests?.["ephemeral-storage"]).map(({ task }) => task),
      [],
    );
  });

  it("say of sources that cannot be had whether the volume is full, which git's last word may hide", () => {
    let count = 0;
    const faults = tasks.flatMap(({ metadata, spec }) =>
      spec.steps.flatMap(({ name, script = "" }) => {
        const lines = script.split("\n");
        const told = (line: string, index: number) =>
          /2> "\$HOME\/reason" \|\|( \{)?$/.test(line) &&
          /fail .*\$\(why\b/.test(lines.slice(index, index + 4).join(" "));
        const getting = lines.filter((line, index) => {
          const gets = /\bgit .*\b(clone|fetch|checkout|submodule .*update) /.test(line);
          if (gets) count += 1;
          return gets && !told(line, index);
        });
        return getting.map((line) => `${metadata.name}, ${name}: ${line.trim()}`);
      }),
    );
    assert.deepEqual(faults, []);
    assert.ok(count > 10, String(count));
  });

  it("take no value but by environment", () => {
    const direct = tasks.flatMap(({ metadata, spec }) =>
      spec.steps
        .filter(({ script = "" }) => /\$\((params|workspaces|results|context|steps)\./.test(script))
        .map((step) => `${metadata.name}: ${step.name}`),
    );
    assert.deepEqual(direct, []);
  });

  it("use every value that they are given, and are given every value that they use", () => {
    const faults = tasks.flatMap(({ metadata, spec }) =>
      spec.steps.flatMap(({ name, script: own, env = [] }) => {
        if (own === undefined) return []; // a program reads what it is given by itself
        const sourced = [...own.matchAll(/^\s*\. "\$SCRIPTS\/(\S+)"$/gm)].map(([, file]) => sharedScripts[file!] ?? "");
        const script = [own, ...sourced].join("\n");
        const given = env.map((variable) => variable.name);
        const known = [...given, ...(spec.stepTemplate?.env ?? []).map((variable) => variable.name), ...SET_ELSEWHERE];
        const used = [...script.matchAll(/\$\{?([A-Z][A-Z_]+)\b/g)].map(([, variable]) => variable!);
        // what a program is given that the script calls
        const handed = [...script.matchAll(/^\s*export ([A-Z_ \d]+)$/gm)].flatMap(([, names]) => names!.split(" "));
        const set = [...script.matchAll(/\b([A-Z][A-Z_]+)=/g)].map(([, variable]) => variable!);
        // coreos-build-base writes its results in a loop over their names
        const indirect = (variable: string) => script.includes("RESULT_${key^^}") && variable.startsWith("RESULT_");
        return [
          ...given
            .filter(
              (variable) =>
                !READ_BY_TOOLS.test(variable) && ![...used, ...handed].includes(variable) && !indirect(variable),
            )
            .map((variable) => `${metadata.name}, ${name}: ${variable} is given, not used`),
          ...[...used, ...handed]
            .filter((variable) => !known.includes(variable) && !set.includes(variable) && !indirect(variable))
            .map((variable) => `${metadata.name}, ${name}: ${variable} is used, not given`),
        ];
      }),
    );
    assert.deepEqual(faults, []);
  });

  it("pass tekton-lint without errors and warnings, with references in place of image names", async () => {
    const images = parse(readFileSync(join(ROOT, "pipelines/images.yaml"), "utf8")) as Record<string, string>;
    const files = readdirSync(join(ROOT, "pipelines"), { recursive: true, encoding: "utf8" }).filter((name) =>
      /(^|\/)(tasks|pipelines)\/.*\.yaml$/.test(name),
    );
    for (const name of files) {
      const text = readFileSync(join(ROOT, "pipelines", name), "utf8");
      mkdirSync(join(folder, dirname(name)), { recursive: true });
      writeFileSync(
        join(folder, name),
        withoutMatrix(text)
          .replace(/^( *image: )(\S+)$/gm, (_, key: string, image: string) => key + (images[image] ?? image))
          // tekton-lint takes the brackets for a part of the result's name
          .replace(/(\$\(tasks\.[\w-]+\.results\.[\w-]+)\[[\d*]+\]\)/g, "$1)"),
      );
    }
    const lint = join(ROOT, "node_modules/@ibm/tekton-lint/dist/lint.js");
    const { code, log } = await run(process.execPath, [lint, "--max-warnings", "0", `${folder}/**/*.yaml`]);
    assert.deepEqual({ code, log: log.trim() }, { code: 0, log: "" });
  });
});

describe("scripts of the rehearsal", () => {
  it("pass shellcheck", async function () {
    requireTools(this, "shellcheck");
    const scripts = readdirSync(join(REHEARSAL, "sources"), { recursive: true, encoding: "utf8" })
      .map((name) => join(REHEARSAL, "sources", name))
      .filter(
        (path) => existsSync(path) && /(build-rootfs|versionary|generate-metadata|usr\/bin\/[\w-]+|\.sh)$/.test(path),
      );
    assert.ok(scripts.length > 3, "the sources have scripts");
    assert.deepEqual(await run("shellcheck", scripts), { code: 0, log: "" });
  });
});

/** A Pipeline as tekton-lint knows it, which has not heard of matrices: the project's own check looks at those. */
function withoutMatrix(text: string): string {
  interface Task {
    params?: object[];
    matrix?: { params: object[] };
  }
  const pipeline = parse(text) as { spec: { tasks?: Task[] } };
  if (!pipeline.spec.tasks?.some(({ matrix }) => matrix)) {
    return text;
  }
  const tasks = pipeline.spec.tasks.map(({ matrix, params = [], ...task }) => ({
    ...task,
    params: [...params, ...(matrix?.params ?? [])],
  }));
  return stringify({ ...pipeline, spec: { ...pipeline.spec, tasks } }).replace(/\[[\d*]+\]\)/g, ")");
}
