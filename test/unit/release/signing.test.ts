import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lastLine, type Outcome, run, runTask } from "../scripts/task";
import { Factory, NAME, repositoryOf } from "./factory";
import { pushPayload } from "./payload";

interface Claim {
  critical: { type: string; image: Record<string, string>; identity: Record<string, string> };
  optional: { creator: string; timestamp: number };
}

describe("sign-release, with real gpg, skopeo and registry", function () {
  this.timeout(180_000);
  let factory: Factory;
  let release: string;
  let repository: string;
  before(async function () {
    factory = await Factory.start(this);
  });
  beforeEach(async () => {
    await factory.reset();
    repository = repositoryOf(factory.pullspec);
    release = `${repository}@${factory.digest}`;
  });
  after(() => factory?.stop());

  const sign = (params: Record<string, string> = {}): Promise<Outcome> =>
    runTask("sign-release", {
      params: {
        ...{ mode: "publish", "release-image": release, "release-name": `${repository}:${NAME}` },
        "insecure-registries": factory.outside.host,
        ...params,
      },
      env: factory.volumes(),
    });
  const signed = async (params?: Record<string, string>): Promise<Outcome> => {
    const outcome = await sign(params);
    assert.equal(outcome.code, 0, outcome.log);
    return outcome;
  };
  const tagOf = (image: string) => `${image.split("@")[1]!.replace(":", "-")}.gpg`;
  /** Files of the signatures that a registry has of a release. */
  const signatures = async (image = release): Promise<string[]> => {
    const [host, ...path] = image.split("@")[0]!.split("/");
    const at = `http://${host}/v2/${path.join("/")}`;
    const accept = { headers: { accept: "application/vnd.oci.image.manifest.v1+json" } };
    const manifest = (await (await fetch(`${at}/manifests/${tagOf(image)}`, accept)).json()) as {
      layers: { digest: string }[];
    };
    const folder = mkdtempSync(join(factory.folder, "signatures-"));
    return Promise.all(
      manifest.layers.map(async ({ digest }, index) => {
        const file = join(folder, `signature-${index + 1}`);
        writeFileSync(file, Buffer.from(await (await fetch(`${at}/blobs/${digest}`)).arrayBuffer()));
        return file;
      }),
    );
  };
  /** Puts a key of another kind into the Secret. */
  const useKey = async (...keys: [home: string, kind: string, subkey?: string][]) => {
    const texts = await Promise.all(
      keys.map(async ([home, kind, subkey]) => {
        await factory.keys.gpg(home, "--quick-generate-key", `${home}@example.org`, kind, "sign", "never");
        if (subkey !== undefined) {
          const { log } = await run("gpg", ["--homedir", join(factory.folder, home), "--with-colons", "--list-keys"]);
          const fingerprint = /^fpr:{9}(\w+):/m.exec(log)![1]!;
          await factory.keys.gpg(home, "--quick-add-key", fingerprint, subkey, "sign", "never");
        }
        const file = join(factory.folder, `${home}.key`);
        await factory.keys.gpg(home, "--armor", "--output", file, "--export-secret-keys");
        return readFileSync(file, "utf8");
      }),
    );
    writeFileSync(join(factory.secrets, "private.key"), texts.join(""));
  };

  it("leaves a message over the release's digest, by the key, as clusters read it", async () => {
    const { log, results } = await signed();
    assert.equal(results.signature, `${repository}:${tagOf(release)}`);
    const [file, ...others] = await signatures();
    assert.deepEqual(others, []);
    const verified = await factory.keys.gpg("release", "--status-fd", "1", "--verify", file!);
    assert.match(verified, /^\[GNUPG:\] GOODSIG /m);
    const claim = await factory.keys.gpg("release", "--quiet", "--decrypt", file!);
    const { critical, optional } = JSON.parse(claim.slice(claim.indexOf("{"), claim.lastIndexOf("}") + 1)) as Claim;
    assert.deepEqual(critical, {
      type: "atomic container signature",
      image: { "docker-manifest-digest": factory.digest },
      identity: { "docker-reference": `${repository}:${NAME}` },
    });
    assert.deepEqual([optional.creator, typeof optional.timestamp], ["okd-streams", "number"]);
    const name = factory.digest.replace(":", "-");
    assert.deepEqual(JSON.parse(results["config-map"]!), {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name,
        namespace: "openshift-config-managed",
        labels: { "release.openshift.io/verification-signatures": "" },
      },
      binaryData: { [`${name}-1`]: readFileSync(file!).toString("base64") },
    });
    assert.ok(log.includes(results["config-map"]!), "the log has it, too");
  });

  it("is done once by a key, and once more by another one", async () => {
    const first = await signed();
    const again = await signed();
    assert.match(again.log, /was signed before/);
    assert.deepEqual(again.results, first.results);
    assert.equal((await signatures()).length, 1);
    await useKey(["second", "rsa2048"]);
    const { results } = await signed();
    const files = await signatures();
    assert.equal(files.length, 2);
    await factory.keys.gpg("release", "--verify", files[0]!);
    await factory.keys.gpg("second", "--verify", files[1]!);
    assert.ok(results["config-map"]!.includes(readFileSync(files[1]!).toString("base64")));
  });

  it("takes no signature over another release for its own", async () => {
    const other = await pushPayload(factory.folder, repository, "4.22.0-0.okd-scos-nightly-2026-02-20-063212");
    await signed({ "release-image": `${repository}@${other.digest}` });
    const options = ["copy", "--quiet", "--src-tls-verify=false", "--dest-tls-verify=false"];
    const images = [`${repository}@${other.digest}`, release].map((image) => `docker://${repository}:${tagOf(image)}`);
    assert.deepEqual(await run("skopeo", [...options, ...images]), { code: 0, log: "" });
    const { log } = await signed();
    assert.match(log, /^signed .* as /m);
    const files = await signatures();
    assert.equal(files.length, 2);
    assert.ok((await factory.keys.gpg("release", "--quiet", "--decrypt", files[1]!)).includes(factory.digest));
  });

  const refused: [what: string, sentence: RegExp, prepare: () => unknown, params?: Record<string, string>][] = [
    [
      "a key that clusters cannot read",
      /^error: key \w+ of Secret \S+ is not RSA, or has a subkey that is not, and clusters read nothing else: gpg --quick-generate-key NAME rsa4096 sign makes one$/,
      () => useKey(["modern", "ed25519"]),
    ],
    [
      "a key with such a subkey",
      /^error: key \w+ of Secret \S+ is not RSA, or has a subkey/,
      () => useKey(["mixed", "rsa2048", "ed25519"]),
    ],
    [
      "several keys of which none is named",
      /^error: Secret \S+ holds 2 keys: name the one to sign with \(gpg-key-id\)$/,
      () => useKey(["one", "rsa2048"], ["two", "rsa2048"]),
    ],
    [
      "a key that is not in the Secret",
      /^error: Secret \S+ cannot sign as nobody@example\.org: /,
      () => undefined,
      { "gpg-key-id": "nobody@example.org" },
    ],
    [
      "what is no key",
      /^error: Secret \S+, key "private\.key", is no private key: /,
      () => copyFileSync(join(factory.secrets, "ci-prow-token"), join(factory.secrets, "private.key")),
    ],
  ];
  for (const [what, sentence, prepare, params = {}] of refused) {
    it(`refuses ${what}, before anything is published`, async () => {
      await prepare();
      for (const mode of ["check", "publish"]) {
        const { code, log } = await sign({ mode, ...params });
        assert.equal(code, 1, log);
        assert.match(lastLine(log), sentence);
      }
      assert.deepEqual(
        (await factory.tagsOf(repository)).filter((tag) => tag.endsWith(".gpg")),
        [],
      );
    });
  }

  it("refuses a release by tag, and a signature that has no room in a result", async () => {
    const byTag = await sign({ "release-image": factory.pullspec });
    assert.match(lastLine(byTag.log), /^error: release "\S+" is not named by digest: clusters verify nothing else$/);
    const long = await sign({ "release-name": `${repository}:${"x".repeat(900)}` });
    assert.match(lastLine(long.log), /^error: a signature by \w+ has \d+ bytes, and 1200 have room: /);
    assert.deepEqual([byTag.code, long.code], [1, 1]);
  });

  it("signs nothing where the registry does not say which signatures there are", async () => {
    factory.outside.override = ({ url }) => (url.endsWith(".gpg") ? [403, "no"] : undefined);
    const { code, log } = await sign();
    assert.equal(code, 1, log);
    assert.match(lastLine(log), /^error: the signatures \S+\.gpg cannot be read: /);
  });

  it("shows nothing of the key", async () => {
    const { log, results } = await signed();
    for (const text of factory.keys.secretTexts) {
      assert.ok(!(log + JSON.stringify(results) + factory.arguments).includes(text), `${text.slice(0, 10)}… is seen`);
    }
  });
});
