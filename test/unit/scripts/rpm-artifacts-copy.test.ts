import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { find, requireTools, startEmptyRegistry } from "./machine";
import { lastLine, run, runTask } from "./task";

/** Layers of an image: shell lines that make the files of each, in the order in which they lie over each other. */
type Layers = string[];

const REPOSITORY = "mkdir -p srv/repo/repodata && echo old > srv/repo/repodata/repomd.xml";

describe("rpm-artifacts-copy", function () {
  this.timeout(180_000);
  let folder: string;
  let registry: Awaited<ReturnType<typeof startEmptyRegistry>>;
  let number = 0;

  before(async function () {
    requireTools(this, "skopeo", "jq", "python3", "tar");
    if (!find("registry", "docker-registry")) this.skip();
    folder = mkdtempSync(join(tmpdir(), "okd-streams-copy-"));
    registry = await startEmptyRegistry(folder);
  });
  after(() => {
    registry?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const image = async (layers: Layers): Promise<string> => {
    const work = mkdtempSync(join(folder, "image-"));
    const blobs = join(work, "layout/blobs/sha256");
    mkdirSync(blobs, { recursive: true });
    const store = (content: Buffer, mediaType: string) => {
      const digest = createHash("sha256").update(content).digest("hex");
      writeFileSync(join(blobs, digest), content);
      return { mediaType, digest: `sha256:${digest}`, size: content.length };
    };
    const made = [];
    for (const [index, lines] of layers.entries()) {
      const root = join(work, `${index}`);
      mkdirSync(root);
      const { code, log } = await run("bash", [
        "-euc",
        `shopt -s dotglob; cd "$1"; ${lines}\ntar -cf "../$2.tar" *`,
        "layer",
        root,
        `${index}`,
      ]);
      assert.equal(code, 0, log);
      made.push(store(readFileSync(join(work, `${index}.tar`)), "application/vnd.oci.image.layer.v1.tar"));
    }
    const rootfs = { type: "layers", diff_ids: made.map(({ digest }) => digest) };
    const config = { architecture: process.arch === "arm64" ? "arm64" : "amd64", os: "linux", config: {}, rootfs };
    const manifest = {
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: store(Buffer.from(JSON.stringify(config)), "application/vnd.oci.image.config.v1+json"),
      layers: made,
    };
    const descriptor = store(Buffer.from(JSON.stringify(manifest)), manifest.mediaType);
    writeFileSync(join(work, "layout/index.json"), JSON.stringify({ schemaVersion: 2, manifests: [descriptor] }));
    writeFileSync(join(work, "layout/oci-layout"), '{"imageLayoutVersion": "1.0.0"}');
    const reference = `${registry.address}/lab/rpms:${++number}`;
    const copy = ["copy", "--quiet", "--dest-tls-verify=false", `oci:${work}/layout`, `docker://${reference}`];
    const { code, log } = await run("skopeo", copy);
    assert.equal(code, 0, log);
    return reference;
  };

  const copied = async (layers: Layers) => {
    const ws = mkdtempSync(join(folder, "ws-"));
    const reference = await image(layers);
    // the files are no RPMs, which is not createrepo_c's concern here
    const bin = mkdtempSync(join(folder, "bin-"));
    writeFileSync(join(bin, "createrepo_c"), "#!/bin/sh\n", { mode: 0o755 });
    const { code, log } = await runTask("rpm-artifacts-copy", {
      params: { image: reference, "insecure-registries": registry.address },
      workspaces: { ws },
      env: { PATH: `${bin}:${process.env.PATH}` },
    });
    const rpms = join(ws, "rpms");
    const files = existsSync(rpms)
      ? readdirSync(rpms, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".rpm"))
      : [];
    return {
      code,
      last: lastLine(log).replace(reference, "IMAGE"),
      files: Object.fromEntries(files.sort().map((name) => [name, readFileSync(join(rpms, name), "utf8").trim()])),
    };
  };

  const seen: [string, Layers, Record<string, string>][] = [
    [
      "an RPM that a later layer removed does not come back",
      [
        `${REPOSITORY}; echo 1 > srv/repo/a-1.rpm; echo 2 > srv/repo/a-2.rpm`,
        "mkdir -p srv/repo; touch srv/repo/.wh.a-2.rpm",
      ],
      { "a-1.rpm": "1" },
    ],
    [
      "one that is removed and put again is there",
      [
        `${REPOSITORY}; echo 1 > srv/repo/a.rpm`,
        "mkdir -p srv/repo; touch srv/repo/.wh.a.rpm; echo 2 > srv/repo/a.rpm",
      ],
      { "a.rpm": "2" },
    ],
    [
      "a folder that hides what it held keeps what its own layer has",
      [
        `${REPOSITORY}; echo 1 > srv/repo/a.rpm; mkdir srv/repo/sub; echo 1 > srv/repo/sub/b.rpm`,
        `${REPOSITORY}; echo 2 > srv/repo/c.rpm; touch srv/repo/.wh..wh..opq`,
      ],
      { "c.rpm": "2" },
    ],
    [
      "a folder above that is removed takes everything with it",
      [`${REPOSITORY}; echo 1 > srv/repo/a.rpm`, "touch .wh.srv x", `${REPOSITORY}; echo 3 > srv/repo/b.rpm`],
      { "b.rpm": "3" },
    ],
    [
      "a file in place of a folder, and a link in place of a file",
      [
        `${REPOSITORY}; mkdir srv/repo/x.rpm; echo 1 > srv/repo/x.rpm/y.rpm; mkdir opt; echo far > opt/z.rpm; echo 1 > srv/repo/z.rpm`,
        "mkdir -p srv/repo; echo 2 > srv/repo/x.rpm; ln -s /opt/z.rpm srv/repo/z.rpm",
      ],
      { "x.rpm": "2", "z.rpm": "far" },
    ],
    [
      "the way is a link, as on an image of rpm-ostree, and so is a folder within",
      [
        "mkdir -p var/srv/repo/repodata pool; touch var/srv/repo/repodata/repomd.xml; echo 1 > pool/a.rpm; ln -s var/srv srv; ln -s ../../../pool var/srv/repo/Packages",
      ],
      { "Packages/a.rpm": "1" },
    ],
    [
      "a hard link is the file",
      [`mkdir opt; echo 1 > opt/a.rpm; ${REPOSITORY}; ln opt/a.rpm srv/repo/a.rpm`],
      { "a.rpm": "1" },
    ],
  ];
  for (const [what, layers, files] of seen) {
    it(`sees what a container sees: ${what}`, async () => {
      assert.deepEqual((await copied(layers)).files, files);
    });
  }

  it("says that there is no folder, or no RPM, also where there was one", async () => {
    const gone = await copied([`${REPOSITORY}; echo 1 > srv/repo/a.rpm`, "mkdir srv; touch srv/.wh.repo"]);
    assert.deepEqual(gone, { code: 1, last: "error: IMAGE has no folder /srv/repo", files: {} });
    const empty = await copied([
      `${REPOSITORY}; echo 1 > srv/repo/a.rpm`,
      "mkdir -p srv/repo; touch srv/repo/.wh.a.rpm",
    ]);
    assert.deepEqual(empty, { code: 1, last: "error: IMAGE has no RPM in /srv/repo", files: {} });
    const circle = await copied(["ln -s srv/repo srv"]);
    assert.deepEqual(circle, { code: 1, last: "error: IMAGE has no folder /srv/repo", files: {} });
  });

  it("writes nowhere else, whatever links an image has", async () => {
    const outside = join(folder, "outside");
    mkdirSync(outside);
    const { files } = await copied([
      `mkdir srv; ln -s ${outside} srv/repo`,
      `${REPOSITORY.replaceAll("srv", "tmp/x")}; touch y`,
    ]);
    assert.deepEqual([files, readdirSync(outside)], [{}, []]);
  });
});
