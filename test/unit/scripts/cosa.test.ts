import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireTools } from "./machine";
import { REHEARSAL, run, sharedScripts, tasks } from "./task";

interface Table {
  commit: string;
  commands: Record<string, string>;
  options: Record<string, string[]>;
}

const table = (name: string) => JSON.parse(readFileSync(join(REHEARSAL, `cosa/${name}.json`), "utf8")) as Table;

describe("the rehearsal's cosa", () => {
  let folder: string;
  let work: string;

  before(function () {
    requireTools(this, "python3", "git");
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "okd-streams-cosa-"));
    work = join(folder, "work");
    mkdirSync(work);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const cosa = (args: string, version: "current" | "one-stage" = "current") =>
    run("bash", ["-c", `cd ${work} && exec ${REHEARSAL}/cosa/cosa ${args}`], {
      COSA_COMMANDS: join(REHEARSAL, `cosa/${version}.json`),
      COSA_NO_KVM: "1",
    });
  const repository = (files: string[]) => {
    const config = mkdtempSync(join(folder, "config-"));
    files.forEach((file) => writeFileSync(join(config, file), "repos:\n"));
    return config;
  };

  it("refuses commands and options that its source does not have", async () => {
    const refused: [string, "current" | "one-stage", string][] = [
      [
        "build-extensions-container",
        "current",
        "unknown command: build-extensions-container (coreos-assembler main at 05db482e6)",
      ],
      ["import oci-archive:x", "one-stage", "unknown command: import (coreos-assembler rhcos-4.18 at 180f569bb)"],
      [
        "build --force-nocache",
        "current",
        "build: unrecognized option: --force-nocache (not in src/cmd-build at 05db482e6)",
      ],
      ["osbuild --build", "current", "osbuild: option --build needs a value"],
      ["osbuild --force=yes qemu", "current", "osbuild: option --force takes no value"],
      ["kola sing", "current", "kola: unknown command sing"],
      ["prune", "current", "the rehearsal does not play prune"],
    ];
    for (const [args, version, message] of refused) {
      const { code, log } = await cosa(args, version);
      assert.deepEqual([code, log.trim().split("\n").at(-1)], [1, `cosa: fatal: ${message}`]);
    }
  });

  it("refuses a repository without manifests, as the real one", async () => {
    const node = repository(["Containerfile"]);
    const { code, log } = await cosa(`init ${node}`);
    assert.deepEqual([code, log.includes("Missing required manifest.yaml or image.yaml files.")], [1, true]);
    const variant = await cosa(`init --force --variant c9s ${node}`);
    assert.match(
      variant.log,
      /Could not find the manifests \(manifest-c9s\.yaml & image-c9s\.yaml\) for the 'c9s' variant/,
    );
  });

  it("says on each call that nothing real was built, and records it", async () => {
    const config = repository(["manifest.yaml", "image.yaml"]);
    const { code, log } = await cosa(`init ${config}`);
    assert.deepEqual([code, log], [0, "rehearsal: no operating system was built\n"]);
    assert.deepEqual(JSON.parse(readFileSync(join(work, "cosa-calls.jsonl"), "utf8")), {
      arguments: ["init", config],
      commit: table("current").commit,
    });
  });

  it("refuses a folder that is not empty, and boot images before a build", async () => {
    mkdirSync(join(work, "something"));
    assert.match((await cosa("init /x")).log, /current directory is not empty/);
    assert.match((await cosa("osbuild qemu")).log, /No \S+\/builds found; did you run coreos-assembler init\?/);
  });

  it("needs KVM where the real one does", async () => {
    mkdirSync(join(work, "builds"));
    const { code, log } = await run("bash", ["-c", `cd ${work} && exec ${REHEARSAL}/cosa/cosa fetch`], {
      COSA_COMMANDS: join(REHEARSAL, "cosa/one-stage.json"),
      COSA_KVM_DEVICE: "/dev/none",
    });
    assert.deepEqual(
      [code, log.trim().split("\n").at(-1)],
      [1, "cosa: fatal: Missing /dev/none; COSA_NO_KVM=1 does without"],
    );
  });

  it("knows every call that the Tasks make", () => {
    const shared = { steps: [{ image: "coreos-assembler", script: Object.values(sharedScripts).join("\n") }] };
    const calls = [{ spec: shared }, ...tasks].flatMap(({ spec }) =>
      spec.steps.flatMap(({ image, script = "" }) =>
        [...script.replaceAll("\\\n", " ").matchAll(/(?:^|; do|\w=\S+|\{|\broomy) *cosa "?([a-z0-9-]+)(.*)$/gm)].map(
          (call) => ({
            known: table(image.endsWith("one-stage") ? "one-stage" : "current"),
            command: call[1] === "buildextend-" ? "buildextend-qemu" : call[1]!,
            options: [...call[2]!.matchAll(/(?<=\s)--[a-z][a-z-]*/g)].map(([option]) => option),
          }),
        ),
      ),
    );
    assert.deepEqual(
      calls.filter(({ known, command, options }) => {
        const accepted = known.options[known.commands[command] ?? ""]?.map((option) => option.replace("=", ""));
        return !accepted || options.some((option) => !accepted.includes(option));
      }),
      [],
    );
    const expected = [
      "build",
      "build-extensions-container",
      "buildextend-qemu",
      "buildextend-qemu",
      "buildfetch",
      "buildupload",
    ];
    expected.push(
      "fetch",
      "generate-release-meta",
      "import",
      "init",
      "init",
      "init",
      "kola",
      "kola",
      "osbuild",
      "osbuild",
    );
    assert.deepEqual(calls.map(({ command }) => command).sort(), expected);
  });
});
