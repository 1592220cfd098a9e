import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseManifests } from "../../../components/kubernetes/manifest";
import { decodeText, readDocuments } from "../../../components/kubernetes/yaml";
import { PATH_WITH_LAB } from "../lab-path";

/**
 * What kubectl makes of awkward documents. `objects` is its own output: each text was put into a file of a folder and given to
 *
 *     kubectl patch --local -f FOLDER --type merge -p '{}' -o json
 *
 * which reads files as `apply` does, contacts no server and prints every object. A text without `objects` was refused. `NAME` in a
 * text stands for a name of its own. OKD_STREAMS_RECORD=1 rewrites the file with this machine's kubectl.
 */
interface Case {
  what: string;
  text: string;
  objects?: unknown[];
}

const FILE = join(__dirname, "yaml-corpus.json");
const CASES = JSON.parse(readFileSync(FILE, "utf8")) as Case[];

const textOf = ({ text }: Case, index: number) => text.replaceAll("NAME", `case${index}`);

/** What every case is to the kubectl of this machine; undefined where there is none. */
function askKubectl(): Case[] | undefined {
  const folder = mkdtempSync(join(tmpdir(), "corpus-"));
  const fileOf = (index: number) => join(folder, `${String(index).padStart(4, "0")}.yaml`);
  try {
    CASES.forEach((it, index) => writeFileSync(fileOf(index), textOf(it, index)));
    const all = kubectl(folder, folder);
    if (!all) return undefined;
    const objects = readDocuments(all.stdout, "kubectl").map(({ value }) => value as { metadata: { name: string } });
    return CASES.map(({ what, text }, index) => {
      const own = objects.filter(({ metadata: { name } }) => new RegExp(`^case${index}(-|$)`).test(name));
      const named = all.stderr.includes(fileOf(index));
      // Not every refusal names its file.
      const alone = own.length === 0 && !named ? kubectl(fileOf(index), folder)!.stderr : "";
      const refused = named || (alone !== "" && !alone.startsWith("error: no objects passed"));
      return { what, text, ...(!refused && { objects: own }) };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function kubectl(files: string, home: string): { stdout: string; stderr: string } | undefined {
  const args = ["patch", "--local", "-f", files, "--type", "merge", "-p", "{}", "-o", "json"];
  const env = { PATH: PATH_WITH_LAB, HOME: home, KUBECONFIG: "/dev/null" };
  const { error, ...output } = spawnSync("kubectl", args, { encoding: "utf8", env });
  return error ? undefined : output;
}

/** Nulls are not there to the API. */
function withoutNulls(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, field: unknown) => (field === null ? undefined : field));
}

describe("the reader of Kubernetes YAML", () => {
  before(() => {
    if (!process.env.OKD_STREAMS_RECORD) return;
    writeFileSync(FILE, `${JSON.stringify(askKubectl(), undefined, 2)}\n`);
    throw new Error(`${FILE} was recorded: run again without OKD_STREAMS_RECORD`);
  });

  CASES.forEach((it_, index) => {
    const { what, objects } = it_;
    it(`reads as kubectl: ${what}`, () => {
      const read = () => parseManifests(textOf(it_, index), "a.yaml");
      if (objects) assert.deepEqual(withoutNulls(read()), withoutNulls(objects));
      else assert.throws(read, { name: "UserError" });
    });
  });

  it("holds the corpus to the kubectl of this machine", function () {
    const asked = askKubectl();
    if (!asked) return this.skip();
    assert.deepEqual(asked, CASES);
  });

  it("reads files of Windows' editors", () => {
    const text = "a: \u00e4\r\n";
    for (const [bytes, what] of [
      [Buffer.from(`\uFEFF${text}`, "utf16le"), "UTF-16, little end first"],
      [Buffer.from(`\uFEFF${text}`, "utf16le").swap16(), "UTF-16, big end first"],
      [Buffer.from(`\uFEFF${text}`), "UTF-8 with a mark"],
    ] as const) {
      assert.deepEqual(
        readDocuments(decodeText(bytes), "a.yaml").map(({ value }) => value),
        [{ a: "ä" }],
        what,
      );
    }
  });
});
