import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDocuments } from "../../../components/kubernetes/yaml";
import { inSequence } from "../../sequence";
import { requireTools } from "../../unit/scripts/machine";
import { lastLine } from "../../unit/scripts/task";
import { BASE_NAME, LABEL, OTHERS } from "./sample";
import { World } from "./world";

const VERSION = `${BASE_NAME}.mine.1`;
const STORE = "https://updates.example/signatures/openshift/release";
const FILE = "0000_90_cluster-update-keys_configmap.yaml";

describe("a payload whose clusters believe its maker, by its Tasks", function () {
  this.timeout(300_000);
  inSequence(this);
  let world: World;
  let base: string;
  let keys: string;
  let release: string;

  before(async function () {
    requireTools(this, "gpg", "jq");
    world = await World.start(this, { builds: false });
    for (const owner of ["okd", "mine"]) {
      await gpg(owner, "--quick-generate-key", `${owner}@example.org`, "rsa2048", "sign", "never");
    }
    await gpg("okd", "--armor", "--output", join(world.folder, "okd.asc"), "--export");
    await gpg("mine", "--armor", "--output", join(world.folder, "private.key"), "--export-secret-keys");
    base = await baseWithKeys();
  });
  after(() => world?.stop());

  function gpg(owner: string, ...args: string[]): Promise<string> {
    const home = join(world.folder, `gpg-${owner}`);
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const options = ["--homedir", home, "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", ""];
    return world.must("gpg", [...options, ...args]);
  }

  /** The tests' base with component cluster-update-keys, as OKD's is: a ConfigMap in an image of nothing else. */
  async function baseWithKeys(): Promise<string> {
    const ring = readFileSync(join(world.folder, "okd.asc"), "utf8").trimEnd().replaceAll("\n", "\n    ");
    const text = `apiVersion: v1
kind: ConfigMap
metadata:
  name: release-verification
  namespace: openshift-config-managed
  annotations: { release.openshift.io/verification-config-map: "" }
data:
  store-okd: https://storage.example/signatures
  verifier-public-key-okd: |
    ${ring}
`;
    const image = await world.push("okd/cluster-update-keys", [{ [`manifests/${FILE}`]: text }], LABEL);
    const references = world.references();
    const tag = { name: "cluster-update-keys", from: { kind: "DockerImage", name: image } };
    const file = join(world.folder, "with-keys.json");
    const spec = { ...references.spec, tags: [...references.spec.tags, tag] };
    writeFileSync(file, JSON.stringify({ ...references, spec }));
    const target = `${world.host}/okd/release`;
    const name = [`--name=${BASE_NAME}`, "--previous=4.22.0-okd-scos.6", `--include=${OTHERS.join()}`];
    const source = [`--from-image-stream-file=${file}`, "--reference-mode=source", `--to-image=${target}:with-keys`];
    await world.oc("adm", "release", "new", "--insecure", "--request-timeout=60s", ...source, ...name);
    return `${target}@${await world.digest(`${target}:with-keys`)}`;
  }

  const updateKeys = (params: Record<string, string> = {}) => {
    const given = { base, version: VERSION, architecture: "amd64", "signature-store": STORE };
    return world.task("payload-update-keys", { ...given, "gpg-signing-key": "sign", ...params }, {}, keyVolume());
  };
  const keyVolume = () => ({
    KEY: join(world.folder, "private.key"),
    MEMORY: mkdtempSync(join(world.folder, "memory-")),
  });
  const made = () =>
    world.release([], { base, version: VERSION, "target-registry": `${world.host}/me`, "signature-store": STORE });

  it("has the key beside the base's, in an image that is the same whenever it is made", async () => {
    const [first, second] = [await updateKeys(), await updateKeys()];
    assert.equal(first.code, 0, first.log);
    keys = first.results.image!;
    assert.equal(second.results.image, keys);
    assert.match(keys, /\/me\/cluster-update-keys@sha256:[0-9a-f]{64}$/);
    const { config } = await world.config(keys);
    assert.deepEqual(config.Labels, LABEL);
  });

  it("differs from its base in that alone", async () => {
    const { code, log, results } = await made();
    assert.equal(code, 0, log);
    release = results.release!;
    assert.deepEqual(
      results.changes!.split("\n").map((line) => line.replace(/: .*/, "")),
      ["cluster-update-keys", `manifest ${FILE} of cluster-update-keys changed`],
    );
    assert.equal((await made()).results.outcome, "kept");
  });

  it("is signed so that the keys in itself verify it, its own and no other release", async () => {
    const name = `${world.host}/me/release:${VERSION}`;
    const params = { mode: "publish", "release-image": release, "release-name": name };
    const signed = await world.task("sign-release", params, {}, keyVolume());
    assert.equal(signed.code, 0, signed.log);
    const folder = mkdtempSync(join(world.folder, "manifests-"));
    await world.oc("adm", "release", "extract", "--insecure", `--to=${folder}`, release);
    const { value } = readDocuments(readFileSync(join(folder, FILE), "utf8"), FILE)[0]!;
    const { data } = value as { data: Record<string, string> };
    assert.deepEqual([data["store-okd"], data["store-okd-streams"]], ["https://storage.example/signatures", STORE]);
    writeFileSync(join(world.folder, "ring.asc"), data["verifier-public-key-okd"]!);
    await gpg("cluster", "--import", join(world.folder, "ring.asc"));
    const { binaryData } = JSON.parse(signed.results["config-map"]!) as { binaryData: Record<string, string> };
    const [signature] = Object.values(binaryData);
    writeFileSync(join(world.folder, "signature"), Buffer.from(signature!, "base64"));
    const said = await gpg("cluster", "--status-fd", "1", "--decrypt", join(world.folder, "signature"));
    assert.match(said, /^\[GNUPG:\] GOODSIG \w+ mine@example\.org$/m);
    assert.ok(said.includes(release.split("@")[1]!));
    const listed = await gpg("cluster", "--with-colons", "--list-keys");
    for (const owner of ["okd", "mine"]) assert.match(listed, new RegExp(`:${owner}@example\\.org:`));
  });

  it("needs a base that says whom clusters believe, and the key", async () => {
    const without = await updateKeys({ base: world.base });
    assert.equal(without.code, 1);
    assert.match(lastLine(without.log), /^error: base \S+ has no cluster-update-keys: nothing in it says whom /);
    const other = await updateKeys({ "gpg-key-id": "nobody@example.org" });
    assert.equal(other.code, 1);
    assert.match(lastLine(other.log), /^error: Secret sign holds no key nobody@example\.org: /);
  });
});
