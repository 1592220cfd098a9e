import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { armored, dearmored, updateKeys } from "../../../components/programs/payload/update-keys";
import { readDocuments } from "../../../components/kubernetes/yaml";
import { requireTools } from "../scripts/machine";
import { run } from "../scripts/task";

const STORE = "https://updates.example/signatures/openshift/release";

describe("keys that a payload's clusters believe", function () {
  this.timeout(60_000);
  let folder: string;
  before(async function () {
    requireTools(this, "gpg");
    folder = mkdtempSync(join(tmpdir(), "okd-streams-keys-"));
    for (const name of ["theirs", "more", "ours"]) {
      await gpg(name, "--quick-generate-key", `${name}@example.org`, "ed25519", "sign", "never");
      await gpg(name, "--output", join(folder, `${name}.gpg`), "--export");
      await gpg(name, "--armor", "--output", join(folder, `${name}.asc`), "--comment", "as it comes", "--export");
    }
  });
  after(() => {
    if (folder) rmSync(folder, { recursive: true });
  });

  async function gpg(home: string, ...args: string[]): Promise<string> {
    mkdirSync(join(folder, home), { recursive: true, mode: 0o700 });
    const options = [
      "--homedir",
      join(folder, home),
      "--batch",
      "--yes",
      "--passphrase",
      "",
      "--pinentry-mode",
      "loopback",
    ];
    const { code, log } = await run("gpg", [...options, ...args]);
    assert.equal(code, 0, log);
    return log;
  }
  const text = (file: string) => readFileSync(join(folder, file), "utf8");
  /** Who is in an armored keyring, by gpg. */
  const owners = async (ring: string): Promise<string[]> => {
    const file = join(mkdtempSync(join(folder, "ring-")), "ring");
    writeFileSync(file, ring);
    const log = await gpg("reader", "--with-colons", "--show-keys", file);
    return [...log.matchAll(/^uid(?::[^:]*){8}:([^:]*):/gm)].map(([, owner]) => owner!);
  };
  const change = (files: Record<string, string>): Record<string, string> => {
    const scratch = mkdtempSync(join(folder, "scratch-"));
    mkdirSync(join(scratch, "manifests"));
    writeFileSync(join(scratch, "public.gpg"), readFileSync(join(folder, "ours.gpg")));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(scratch, "manifests", name), content);
    updateKeys({ SCRATCH: scratch, STORE });
    return Object.fromEntries(
      Object.keys(files).map((name) => [name, readFileSync(join(scratch, "manifests", name), "utf8")]),
    );
  };
  const configMap = (data: Record<string, string>, annotation = "release.openshift.io/verification-config-map") =>
    `# whom clusters believe\n${JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "release-verification", annotations: { [annotation]: "" } },
      data,
    })}\n`;

  it("are in each keyring of the base, beside those that were there, and the store beside the base's", async () => {
    const both = armored(Buffer.concat([dearmored(text("theirs.asc")), dearmored(text("more.asc"))]));
    const file = "0000_90_cluster-update-keys_configmap.yaml";
    const policy = "kind: ClusterImagePolicy\nmetadata:\n  name: x\n";
    const files = change({
      [file]: configMap({
        "verifier-public-key-ci": both,
        "verifier-public-key-other": text("theirs.asc"),
        "store-ci": "https://s.example",
      }),
      "image-policy.yaml": policy,
    });
    const { value } = readDocuments(files[file]!, file)[0]!;
    const { data } = value as { data: Record<string, string> };
    assert.deepEqual(Object.keys(data).sort(), [
      "store-ci",
      "store-okd-streams",
      "verifier-public-key-ci",
      "verifier-public-key-other",
    ]);
    assert.deepEqual([data["store-ci"], data["store-okd-streams"]], ["https://s.example", STORE]);
    assert.deepEqual(
      await owners(data["verifier-public-key-ci"]!),
      ["theirs", "more", "ours"].map((it) => `${it}@example.org`),
    );
    assert.deepEqual(await owners(data["verifier-public-key-other"]!), ["theirs@example.org", "ours@example.org"]);
    assert.equal(files["image-policy.yaml"], policy, "what is another's stays as it is");
  });

  it("come from gpg's armor as they go into it", () => {
    for (const name of ["theirs", "more", "ours"]) {
      const bytes = readFileSync(join(folder, `${name}.gpg`));
      assert.deepEqual(dearmored(text(`${name}.asc`)), bytes);
      // the same checksum, too
      assert.equal(armored(bytes), text(`${name}.asc`).replace(/^Comment: .*\n/m, ""));
    }
  });

  it("are missed where the base says nothing of whom clusters believe", () => {
    const other = { "a.yaml": configMap({}, "example.org/other"), "image-references": "{" };
    const sentence = /no ConfigMap with annotation release\.openshift\.io\/verification-config-map/;
    assert.throws(() => change(other), sentence);
    assert.throws(() => change({ "a.yaml": configMap({ "verifier-public-key-x": "none" }) }), /no armored one/);
  });
});
