import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { bundle } from "../../../components/programs/bundle";
import type { Operators } from "../../../components/programs/operators/entry";
import { type Entry, imagesOf } from "../../../components/programs/payload/entry";
import { inSequence } from "../../sequence";
import { ANNOTATIONS, bundleFiles, csvOf, PATTERNS } from "../../unit/operators/samples";
import { lastLine, type Outcome } from "../../unit/scripts/task";
import { CI } from "../payload/sample";
import { World } from "../payload/world";
import { OPM } from "./opm";

/** An image that the base release has, in the place of kube-rbac-proxy. */
const PROXY = "quay.io/openshift/origin-tools:latest";
const DOCKERFILE = `FROM ${CI}/4.22:base-rhel9\nCOPY main.go /usr/bin/operator\n`;
/** What the table would have as a file. */
const PATCH = [
  "diff --git a/Dockerfile b/Dockerfile",
  "--- a/Dockerfile",
  "+++ b/Dockerfile",
  "@@ -1,2 +1,3 @@",
  ` FROM ${CI}/4.22:base-rhel9`,
  " COPY main.go /usr/bin/operator",
  "+RUN git=$(ls -d /usr) && echo $git > /usr/bin/patched",
  "diff --git a/main.go b/main.go",
  "--- a/main.go",
  "+++ b/main.go",
  "@@ -1 +1 @@",
  "-1",
  "+one",
  "",
].join("\n");

describe("operators and their catalog, by their Tasks", function () {
  this.timeout(600_000);
  inSequence(this);
  let world: World;
  let first: Outcome;

  before(async function () {
    world = await World.start(this);
    writeFileSync(join(world.folder, "operators.js"), bundle("operators"));
    await commit("4.22.0");
    await world.commit("disk-maker", { Dockerfile: DOCKERFILE, "main.go": "1\n" });
  });
  after(() => world?.stop());

  /** The operator's repository at a version, with its bundle. */
  function commit(version: string, main = "1\n") {
    const files = bundleFiles(csvOf("disk-operator", version, { proxy: PROXY }));
    const manifests = Object.fromEntries(
      Object.entries(files).map(([file, text]) => [`bundle/manifests/${file}`, text]),
    );
    return world.commit("disk-operator", {
      ...{ Dockerfile: DOCKERFILE, "main.go": main, "bundle/metadata/annotations.yaml": ANNOTATIONS },
      ...manifests,
    });
  }

  function operators(own: object = {}): Operators {
    const operator = { manifests: ["bundle/manifests"], metadata: "bundle/metadata", ...own };
    return { images: PATTERNS, operators: { "disk-operator": operator } };
  }

  /** As the Pipeline does. */
  async function make(own: object = {}, rows: Entry["components"] = {}) {
    const parent = (name: string) => ({ ...world.row(name), parent: true as const });
    const components = { "disk-operator": parent("disk-operator"), "disk-maker": parent("disk-maker"), ...rows };
    const entry = { ...world.entry(components), release: undefined };
    const resolved = await world.resolve(entry);
    assert.equal(resolved.code, 0, resolved.log);
    const plan = resolved.results["plan-image"]!;
    const built: string[] = [];
    for (const number of JSON.parse(resolved.results["wave-1"]!) as string[]) {
      if (number === "none") continue;
      const { code } = await world.build(plan, number);
      if (code === 0) built.push((await world.planned(plan))[parseInt(number, 36)]!.name);
    }
    const folder = mkdtempSync(join(world.folder, "entry-"));
    writeFileSync(join(folder, "operators.json"), JSON.stringify(operators(own)));
    const params = { plan, architecture: "amd64", catalog: CATALOG(), "catalog-source": "okd-streams-mine" };
    const mounts = { "/etc/okd-operators": world.folder, "/bin": OPM };
    const outcome = await world.task("operator-catalog", params, { entry: folder }, {}, mounts);
    return { built, resolved, outcome };
  }
  const CATALOG = () => `${world.host}/me/okd-catalog:4.22`;

  /** Files of an image of one layer. */
  async function filesOf(image: string): Promise<Record<string, string>> {
    const folder = mkdtempSync(join(world.folder, "pulled-"));
    mkdirSync(join(folder, "root"));
    await world.must("skopeo", ["copy", "-q", "--src-tls-verify=false", `docker://${image}`, `dir:${folder}/image`]);
    const { layers } = JSON.parse(readFileSync(join(folder, "image/manifest.json"), "utf8")) as {
      layers: { digest: string }[];
    };
    assert.equal(layers.length, 1);
    await world.must("tar", ["-C", join(folder, "root"), "-xf", join(folder, "image", layers[0]!.digest.slice(7))]);
    const files = readdirSync(join(folder, "root"), { recursive: true, encoding: "utf8" });
    return Object.fromEntries(
      files
        .filter((file) => statSync(join(folder, "root", file)).isFile())
        .map((file) => [file, readFileSync(join(folder, "root", file), "utf8")]),
    );
  }
  const succeeded = ({ code, log }: Outcome) => assert.equal(code, 0, log);
  const failed = ({ code, log }: Outcome, sentence: string | RegExp) => {
    assert.equal(code, 1, log);
    if (typeof sentence === "string") assert.equal(lastLine(log), `error: ${sentence}`);
    else assert.match(lastLine(log), sentence);
  };
  const blobsOf = async (image: string) =>
    Object.values(await filesOf(image))
      .flatMap((text) => text.split("\n").filter(Boolean))
      .map((line) => JSON.parse(line) as { schema: string; name: string; image?: string; entries?: object[] });

  it("are built, named by digest in a bundle, and offered by a catalog", async () => {
    const { built, outcome } = await make();
    succeeded(outcome);
    first = outcome;
    assert.deepEqual(built, ["disk-maker", "disk-operator"]);
    const { catalog, changes, "catalog-source": source } = outcome.results;
    assert.equal(outcome.results.outcome, "made");
    assert.equal(catalog, `${world.host}/me/okd-catalog@${await world.digest(CATALOG())}`);
    assert.deepEqual(changes!.split("\n"), [
      "disk-operator.v4.22.0 is added to beta, skips >=4.3.0 <4.22.0",
      "disk-operator.v4.22.0 is added to stable, skips >=4.3.0 <4.22.0",
    ]);
    assert.deepEqual(JSON.parse(source!), {
      ...{ apiVersion: "operators.coreos.com/v1alpha1", kind: "CatalogSource" },
      metadata: { name: "okd-streams-mine", namespace: "openshift-marketplace" },
      spec: {
        ...{ sourceType: "grpc", image: catalog, displayName: "okd-streams-mine" },
        grpcPodConfig: { securityContextConfig: "restricted", extractContent: { catalogDir: "/configs" } },
      },
    });
    const blobs = await blobsOf(catalog!);
    assert.deepEqual(
      blobs.map(({ schema, name }) => [schema, name]),
      [
        ["olm.package", "disks"],
        ["olm.channel", "beta"],
        ["olm.channel", "stable"],
        ["olm.bundle", "disk-operator.v4.22.0"],
      ],
    );
    const image = blobs.at(-1)!.image!;
    const files = await filesOf(image);
    assert.deepEqual(Object.keys(files).sort(), [
      ...["manifests/disks.clusterserviceversion.yaml", "manifests/disks.crd.yaml", "metadata/annotations.yaml"],
    ]);
    const csv = files["manifests/disks.clusterserviceversion.yaml"]!;
    const { tools } = imagesOf(await world.info(world.base));
    for (const found of [
      `${world.host}/me/disk-operator@sha256:`,
      `${world.host}/me/disk-maker@sha256:`,
      `--proxy=${tools}`,
    ]) {
      assert.ok(csv.includes(found), `${found} is not in\n${csv}`);
    }
    assert.doesNotMatch(csv, /origin-/);
    const { config } = await world.config(image);
    assert.equal(config.Labels["operators.operatorframework.io.bundle.package.v1"], "disks");
    const labels = (await world.config(catalog!)).config.Labels;
    assert.deepEqual(labels, { "operators.operatorframework.io.index.configs.v1": "/configs" });
  });

  it("are kept without a change: nothing is built or pushed, and the catalog is the same", async () => {
    const { built, outcome } = await make();
    succeeded(outcome);
    assert.deepEqual([built, outcome.results.outcome], [[], "kept"]);
    assert.equal(outcome.results.catalog, first.results.catalog);
    assert.doesNotMatch(outcome.log, /pushed/);
  });

  it("are refused under a version that is there with other content; the catalog stays", async () => {
    await commit("4.22.0", "2\n");
    const { built, outcome } = await make();
    assert.deepEqual(built, ["disk-operator"]);
    failed(
      outcome,
      /^error: disk-operator: disks has version 4\.22\.0 already, with other content \(\S+\), and what is published is never replaced: the next free one is 4\.22\.1$/,
    );
    assert.ok(first.results.catalog!.endsWith(await world.digest(CATALOG())));
  });

  it("become the newest under another version, and replace what was", async () => {
    const { built, outcome } = await make({ version: "4.22.1" });
    succeeded(outcome);
    assert.deepEqual(built, [], "what was refused is built still");
    const stable = (await blobsOf(outcome.results.catalog!)).find(({ name }) => name === "stable")!;
    assert.deepEqual(stable.entries, [
      { name: "disk-operator.v4.22.0", skipRange: ">=4.3.0 <4.22.0" },
      { name: "disk-operator.v4.22.1", replaces: "disk-operator.v4.22.0", skipRange: ">=4.3.0 <4.22.1" },
    ]);
    assert.ok((await world.tags("me/disk-operator-bundle")).includes("v4.22.1"));
  });

  it("are built with the table's patches, of the Dockerfile too, and again where one changes", async () => {
    const row = (patch: string) => ({ ...world.row("disk-maker"), parent: true as const, patches: [patch] });
    const { built, resolved, outcome } = await make({ version: "4.22.2" }, { "disk-maker": row(PATCH) });
    succeeded(outcome);
    assert.deepEqual(built, ["disk-maker"]);
    assert.match(resolved.results.plan!, /^disk-maker is built: patches changed$/m);
    const [{ name, image }] = (await world.planned(resolved.results["plan-image"]!)) as [
      { name: string; image: string },
    ];
    assert.equal(name, "disk-maker");
    assert.equal(await world.file(image, "/usr/bin/operator"), "one\n");
    assert.equal(await world.file(image, "/usr/bin/patched"), "/usr\n");
    const wrong = await world.resolve({
      ...world.entry({ "disk-maker": row(PATCH.replace(" COPY main.go", " COPY other.go")) }),
      release: undefined,
    });
    failed(
      wrong,
      /^error: disk-maker: a patch does not fit commit \w{12} of file:\S+: error: Dockerfile: patch does not apply$/,
    );
  });

  it("are in no catalog where one was not built, and it names that one", async () => {
    await world.commit("disk-maker", { Dockerfile: `${DOCKERFILE}RUN false\n` });
    failed(
      (await make({ version: "4.22.3" })).outcome,
      "1 of 2 images were not built, and no catalog is made: disk-maker. Run again: what was built is kept",
    );
    await world.commit("disk-maker", { Dockerfile: DOCKERFILE });
  });

  it("are in no catalog that opm does not take, or that something else made", async () => {
    const own = { version: "4.22.3", package: "my.disks" };
    failed((await make(own)).outcome, /my\.disks/);
    const strange = await world.push(
      "other/catalog",
      [{ "configs/x/catalog.yaml": stringify({ schema: "olm.package" }) }],
      {},
    );
    await world.copy(strange, CATALOG());
    failed(
      (await make({ version: "4.22.3" })).outcome,
      /^error: catalog \S+ was not made here, and would not be what it was/,
    );
  });
});
