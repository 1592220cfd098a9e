import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, normalize } from "node:path";
import { readKubeconfig } from "../../../components/clusters/kubeconfig";
import { readDocuments } from "../../../components/kubernetes/yaml";
import { PATH_WITH_LAB } from "../lab-path";

/**
 * What kubectl makes of kubeconfigs. `read` is its own output, absent where it refused:
 *
 *     KUBECONFIG=… kubectl config view --minify --raw --output json [--context …] [--kubeconfig …]
 *
 * with empty values removed, FOLDER in place of the files' folder, and paths relative to the folder of the file that names them.
 * OKD_STREAMS_RECORD=1 rewrites the file with this machine's kubectl.
 */
interface Case {
  what: string;
  files: Record<string, string>;
  /** Files as KUBECONFIG lists them; else `explicit`, as a setting names one. */
  list?: string[];
  explicit?: string;
  context?: string;
  read?: unknown;
}

const FILE = join(__dirname, "kubeconfig-corpus.json");
const CASES = JSON.parse(readFileSync(FILE, "utf8")) as Case[];

const PATHS = ["certificate-authority", "client-certificate", "client-key", "tokenFile", "command"];

/** Without what kubectl leaves out, or adds: empty values, preferences, a default. It resolves paths as late as it asks. */
function comparable(value: unknown, folder: string): unknown {
  const text = JSON.stringify(value).replaceAll(folder, "FOLDER");
  const relative = (file: unknown) =>
    normalize(String(file))
      .replace(/^FOLDER\/x\//, "")
      .replace(/^FOLDER\//, "../");
  const clean = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(clean);
    if (typeof inner !== "object" || inner === null) return inner;
    const entries = Object.entries(inner).map(
      ([key, field]) => [key, PATHS.includes(key) ? relative(field) : clean(field)] as const,
    );
    const empty = (field: unknown) =>
      [null, "", false, "IfAvailable"].includes(field as null) || JSON.stringify(field) === "[]";
    return Object.fromEntries(
      entries.filter(([key, field]) => !empty(field) && key !== "preferences").sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  };
  return clean(JSON.parse(text));
}

function inFolder<T>({ files }: Case, use: (folder: string) => T): T {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "kubeconfigs-")));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text.replaceAll("FOLDER", folder));
  }
  return use(folder);
}

/** The case as the kubectl of this machine has it; undefined where there is none. */
function askKubectl(it: Case): Case | undefined {
  return inFolder(it, (folder) => {
    const place = (file: string) => file.replace(/^(?=[a-z])/, `${folder}/`);
    const args = ["config", "view", "--minify", "--raw", "--output", "json"];
    if (it.context) args.push("--context", it.context);
    if (it.explicit) args.push("--kubeconfig", place(it.explicit));
    const env = { PATH: PATH_WITH_LAB, HOME: folder, KUBECONFIG: it.list?.map(place).join(delimiter) ?? "" };
    const { error, status, stdout } = spawnSync("kubectl", args, { encoding: "utf8", env, cwd: folder });
    rmSync(folder, { recursive: true });
    if (error) return undefined;
    const { read, ...rest } = it;
    return status === 0 ? { ...rest, read: comparable(JSON.parse(stdout), folder) } : rest;
  });
}

describe("the reader of kubeconfigs", () => {
  before(() => {
    if (!process.env.OKD_STREAMS_RECORD) return;
    writeFileSync(FILE, `${JSON.stringify(CASES.map(askKubectl), undefined, 2)}\n`);
    throw new Error(`${FILE} was recorded: run again without OKD_STREAMS_RECORD`);
  });

  for (const it_ of CASES) {
    it(`reads as kubectl: ${it_.what}`, () =>
      inFolder(it_, async (folder) => {
        const place = (file: string) => file.replace(/^(?=[a-z])/, `${folder}/`);
        const reading = readKubeconfig(it_.list?.map(place) ?? place(it_.explicit!), it_.context);
        try {
          if (!it_.read) return await assert.rejects(reading, { name: "UserError" });
          const [document] = readDocuments(await reading, "read");
          assert.deepEqual(comparable(document!.value, folder), it_.read);
        } finally {
          rmSync(folder, { recursive: true });
        }
      }));
  }

  it("holds the table to the kubectl of this machine", function () {
    const asked = CASES.map(askKubectl);
    if (asked.includes(undefined)) return this.skip();
    assert.deepEqual(asked, CASES);
  });
});
