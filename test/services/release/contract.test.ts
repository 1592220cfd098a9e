import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Factory, NAME, repositoryOf } from "../../unit/release/factory";
import { OC } from "../../unit/release/pipeline-run";
import { run } from "../../unit/scripts/task";

const CONTRACT = join(__dirname, "../../lab/release/oc/contract.json");
const FROM_RELEASE = "--output=jsonpath={.references.metadata.annotations.release\\.openshift\\.io/from-release}";
const IMAGES = '--output=jsonpath={range .references.spec.tags[*]}{.name}{"\\t"}{.from.name}{"\\n"}{end}';

/**
 * What the release pipeline takes from oc. The contract is recorded from the real one, `OKD_STREAMS_OC=FOLDER OKD_STREAMS_RECORD='WHICH OC'`;
 * the stand-in, and any other oc that OKD_STREAMS_OC names the folder of, is held to it.
 */
describe("oc, as the release pipeline uses it", function () {
  this.timeout(120_000);
  let factory: Factory;
  before(async function () {
    factory = await Factory.start(this);
    await factory.reset();
  });
  after(() => factory?.stop());

  it("keeps the recorded contract", async () => {
    const seen = await observe(factory);
    if (process.env.OKD_STREAMS_RECORD) {
      assert.ok(process.env.OKD_STREAMS_OC, "a contract is recorded from the real oc");
      const version = process.env.OKD_STREAMS_RECORD;
      writeFileSync(CONTRACT, `${JSON.stringify({ recordedFrom: version, ...seen }, undefined, 2)}\n`);
    }
    const { recordedFrom, ...contract } = JSON.parse(readFileSync(CONTRACT, "utf8")) as Record<string, unknown>;
    assert.match(recordedFrom as string, /oc/);
    assert.deepEqual(seen, contract);
  });
});

/** What oc prints to standard output, and its exit code. */
async function oc(...args: string[]): Promise<{ code: number; out: string }> {
  const { code, log } = await run("bash", ["-c", '"$@" 2> /dev/null', "oc", join(OC, "oc"), ...args]);
  return { code, out: log };
}

async function observe(factory: Factory): Promise<Record<string, unknown>> {
  const { pullspec, digest, release, content, outside, folder } = factory;
  const payload = `${repositoryOf(pullspec)}@${digest}`;
  const plain = (text: string) =>
    text
      .replaceAll(outside.host, "REGISTRY")
      .replace(/sha256:[0-9a-f]{64}/g, "sha256:DIGEST")
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "TIME");
  const command = ["adm", "release"];
  const info = async (image: string, ...options: string[]) => {
    const { code, out } = await oc(...command, "info", "--insecure", "--filter-by-os=linux/amd64", ...options, image);
    return { code, out: plain(out) };
  };
  const seen: Record<string, unknown> = {
    "info of what is not there": (await info(`${release}:${NAME}`, IMAGES)).code,
    "info without --insecure": (await oc(...command, "info", IMAGES, payload)).code,
    "from-release of a payload": await info(payload, FROM_RELEASE),
    "images of a payload": await info(payload, IMAGES),
  };

  const credentials = join(factory.secrets, ".dockerconfigjson");
  const made = await oc(
    ...[...command, "new", `--registry-config=${credentials}`, "--insecure", "--request-timeout=60s"],
    ...[`--from-release=${payload}`, `--mirror=${content}`, `--to-image=${release}:${NAME}`, `--name=${NAME}`],
    ...["--previous=4.21.0-okd-scos.ec.9,4.22.0-okd-scos.ec.3", "--keep-manifest-list=true"],
  );
  const pushed = [...made.out.matchAll(/^sha256:[0-9a-f]{64} .*$/gm)].at(-1)?.[0] ?? "";
  const again = await oc(
    ...[...command, "new", "--insecure", `--from-release=${payload}`, `--mirror=${content}`, "--request-timeout=60s"],
    ...[
      `--to-image=${release}:4.22.0-okd-scos.0`,
      "--name=4.22.0-okd-scos.0",
      "--previous=",
      "--keep-manifest-list=true",
    ],
  );
  Object.assign(seen, {
    "new, code and last digest": { code: made.code, out: plain(pushed) },
    "new, the digest is the release's": pushed.startsWith(await digestOf(`${release}:${NAME}`)),
    "tags of the content": (await factory.tagsOf(content)).filter((tag) => tag.startsWith(NAME)),
    "from-release of a release": await info(`${release}:${NAME}`, FROM_RELEASE),
    "images of a release": await info(`${release}:${NAME}`, IMAGES),
    "pullspecs of a release": lines((await info(`${release}:${NAME}`, "--pullspecs")).out),
    "without previous releases": {
      code: again.code,
      upgrades: lines((await info(`${release}:4.22.0-okd-scos.0`, "--pullspecs")).out),
    },
  });

  const tools = mkdtempSync(join(folder, "tools-"));
  const exact = `${release}@${await digestOf(`${release}:${NAME}`)}`;
  const extracted = await oc(...command, "extract", "--insecure", "--tools", "--command-os=*", `--to=${tools}`, exact);
  const sums = readFileSync(join(tools, "sha256sum.txt"), "utf8").trim().split("\n");
  const checked = await run("bash", ["-c", 'cd "$1" && sha256sum --check --quiet sha256sum.txt', "check", tools]);
  return {
    ...seen,
    "extract, code": extracted.code,
    "files of the tools": readdirSync(tools).sort(),
    "files in sha256sum.txt": sums.map((line) => line.replace(/^[0-9a-f]{64} [ *]/, "")).sort(),
    "sha256sum --check": checked,
  };
}

/** Lines that tell of the upgrades and images, in their words. */
function lines(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => /^ {2}Upgrades:|@sha256:DIGEST$/.test(line))
    .map((line) => line.trim().replace(/\s+/g, " "));
}

async function digestOf(pullspec: string): Promise<string> {
  return (
    await run("skopeo", ["inspect", "--tls-verify=false", "--format={{.Digest}}", `docker://${pullspec}`])
  ).log.trim();
}
