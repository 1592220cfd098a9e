import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OC } from "../../unit/release/pipeline-run";
import { find } from "../../unit/scripts/machine";
import { lastLine, type Outcome } from "../../unit/scripts/task";
import { imagesOf } from "../../../components/programs/payload/entry";
import { inSequence } from "../../sequence";
import { BASE_NAME, DOCKERFILES, operatorFiles, OPERATORS, OTHERS } from "./sample";
import { World } from "./world";

const VERSION = `${BASE_NAME}.mine.1`;
const OPERATOR = { "io.openshift.release.operator": "true" };

describe("a payload with components replaced, by its Tasks", function () {
  this.timeout(600_000);
  let world: World;
  before(async function () {
    world = await World.start(this);
    const files = operatorFiles("service-ca-operator", ["service-ca-operator"], 2);
    await world.commit("service-ca-operator", { Dockerfile: DOCKERFILES.operator, "main.go": "1\n", ...files });
    await world.commit("cli", { Dockerfile: DOCKERFILES.cli, "main.go": "oc 1\n" });
    await world.commit("cli-artifacts", { Dockerfile: DOCKERFILES.artifacts });
  });
  after(() => world?.stop());

  /** The README's three: two from sources, one by image. */
  async function three(version = VERSION) {
    const etcd = (world.etcd ??= await world.push("other/etcd", [{ "usr/bin/x": "other" }], {}));
    const rows = {
      "service-ca-operator": world.row("service-ca-operator"),
      cli: world.row("cli"),
      etcd: { image: etcd },
    };
    return world.entry(rows, { version });
  }
  const succeeded = ({ code, log }: Outcome) => {
    assert.equal(code, 0, log);
  };
  const failed = ({ code, log }: Outcome, sentence: string | RegExp) => {
    assert.equal(code, 1, log);
    if (typeof sentence === "string") assert.equal(lastLine(log), `error: ${sentence}`);
    else assert.match(lastLine(log), sentence);
  };

  it("is built and released: what differs from the base is what was replaced", async () => {
    const { built, resolved, released } = await world.run(await three());
    succeeded(released);
    assert.deepEqual(built, ["cli", "service-ca-operator"]);
    assert.match(
      resolved.results.plan!,
      /^cli is built: never built\nservice-ca-operator is built: never built\netcd is \S+@sha256:\w+$/,
    );
    const { release, changes, outcome } = released.results;
    assert.equal(outcome, "made");
    assert.deepEqual(
      changes!.split("\n").map((line) => line.replace(/: .*/, "")),
      [
        "cli",
        "etcd",
        "service-ca-operator",
        "manifest 0000_50_service-ca-operator_07_deployment.yaml of service-ca-operator changed",
      ],
    );
    assert.equal(release, `${world.host}/me/release@${await world.digest(`${world.host}/me/release:${VERSION}`)}`);
    const info = await world.info(release!);
    assert.deepEqual(info.metadata.previous, ["4.22.0-okd-scos.6", BASE_NAME]);
    assert.equal(info.metadata.metadata?.url, "https://example.org/release");
    const tags = info.references.spec.tags;
    assert.ok(
      tags.every(({ from }) => from.name.includes("@sha256:")),
      "every component is named by digest",
    );
    assert.ok(
      tags.some(({ name }) => name === "tools"),
      "what no operator refers to is there still",
    );
  });

  it("has images of base and one layer, built as root, with commit, key and versions of their own tags", async () => {
    const [tag] = (await world.tags("me/service-ca-operator")).filter((name) => name.startsWith("key-"));
    const image = `${world.host}/me/service-ca-operator:${tag}`;
    const { config, rootfs } = await world.config(image);
    const commit = await world.head("service-ca-operator");
    assert.equal(rootfs.diff_ids.length, 2);
    assert.equal(config.Labels["io.openshift.build.commit.id"], commit);
    assert.match(config.Labels["io.openshift.build.source-location"]!, /git\/service-ca-operator$/);
    assert.equal(`key-${config.Labels["io.okd-streams.key"]}`, tag);
    const text = await world.file(image, "/usr/bin/operator");
    assert.equal(text, `v1.2.3-0-g${commit.slice(0, 7)} ${commit} scos 0\n1\n`);
  });

  it("is kept without a change, by whoever asks", async () => {
    const before = await world.tags("me/service-ca-operator");
    const { built, resolved, released } = await world.run(await three());
    succeeded(released);
    assert.deepEqual(built, []);
    assert.match(resolved.results.plan!, /^cli is kept\nservice-ca-operator is kept\n/);
    assert.equal(released.results.outcome, "kept");
    assert.deepEqual(await world.tags("me/service-ca-operator"), before);
    const again = await world.build(resolved.results["plan-image"]!, "1");
    succeeded(again);
    assert.equal(again.results.outcome, "kept, made by payload-build-component-run");
  });

  it("is built where one line changed, and says why; what is released keeps its name to itself", async () => {
    await world.commit("service-ca-operator", { "main.go": "2\n" });
    failed(
      await world.resolve(await three()),
      `${world.host}/me/release:${VERSION} is there already, with other content, and a release is never overwritten: the next free version is ${BASE_NAME}.mine.2`,
    );
    const { built, resolved, released } = await world.run(await three(`${BASE_NAME}.mine.2`));
    succeeded(released);
    assert.deepEqual(built, ["service-ca-operator"]);
    assert.match(resolved.results.plan!, /^cli is kept\nservice-ca-operator is built: commit \w{12} → \w{12}\n/);
  });

  it("is built in waves: what stands on a component after it, and again where that one changed", async () => {
    const rows = { cli: world.row("cli"), "cli-artifacts": world.row("cli-artifacts") };
    const entry = (number: number) => world.entry(rows, { version: `${BASE_NAME}.waves.${number}` });
    const first = await world.run(entry(1));
    succeeded(first.released);
    assert.deepEqual(first.built, ["cli-artifacts"]);
    await world.commit("cli", { "main.go": "oc 2\n" });
    const second = await world.run(entry(2));
    assert.deepEqual(second.built, ["cli", "cli-artifacts"]);
    assert.match(
      second.resolved.results.plan!,
      /cli-artifacts is built: input registry\.ci\.openshift\.org\/ocp\/4\.22:cli: cli \w{12} → cli \w{12}$/m,
    );
    const components = await world.planned(second.resolved.results["plan-image"]!);
    const { image } = components.find(({ name }) => name === "cli-artifacts")!;
    assert.equal(await world.file(image, "/usr/share/oc"), "oc 2\n");
  });

  describe("a build", () => {
    /** @returns the plan of it alone */
    async function planOf(name: string, files: Record<string, string>, row = {}): Promise<string> {
      await world.commit(name, files);
      // etcd's place is taken: what is built is not released
      const resolved = await world.resolve(
        world.entry({ etcd: world.row(name, row) }, { version: `${BASE_NAME}.build.1` }),
      );
      succeeded(resolved);
      assert.equal(resolved.results["wave-1"], '["0"]');
      return resolved.results["plan-image"]!;
    }
    const from = "FROM registry.ci.openshift.org/ocp/4.22:base-rhel9\n";

    it("that tries the network where its row has none fails, and says so", async () => {
      // Where the registry's socket is seen, there is the node's network; else it says what Go says.
      const port = Number(world.host.split(":")[1]).toString(16).toUpperCase().padStart(4, "0");
      const Dockerfile = `${from}RUN grep -q :${port} /proc/net/tcp || { echo "dial tcp: connect: network is unreachable"; exit 1; }\n`;
      const outcome = await world.build(await planOf("network", { Dockerfile }));
      failed(
        outcome,
        "etcd: the build asks the network and its row has none: vendor what it asks for, or set network: true in its entry",
      );
      assert.doesNotMatch(outcome.log, /once more/);
      succeeded(await world.build(await planOf("network", {}, { network: true })));
    });

    it("that wants a package which no repository has names it, and what can stay", async () => {
      const Dockerfile = `${from}RUN echo "Error: Unable to find a match: haproxy28" && false\n`;
      failed(
        await world.build(await planOf("packages", { Dockerfile })),
        "etcd: no repository that the build has holds haproxy28: leave etcd out of the payload, and the base's image stays",
      );
    });

    it("that fails does so once, where buildah itself fails there is a second attempt", async () => {
      const outcome = await world.build(await planOf("broken", { Dockerfile: `${from}RUN false\n` }));
      failed(outcome, /^error: etcd: the build of commit \w{40} failed, see above$/);
      assert.equal(outcome.log.match(/STEP 2\/\d+: RUN false/g)!.length, 1);
      const folder = mkdtempSync(join(world.folder, "flaky-"));
      const flaky = `#!/bin/sh\ncase "$*" in *--layers=false*) [ -e ${folder}/seen ] || { touch ${folder}/seen; echo "Close_Fd sealing memfd copy: Device or resource busy"; exit 125; };; esac\nexec ${find("buildah")} "$@"\n`;
      writeFileSync(join(folder, "buildah"), flaky);
      chmodSync(join(folder, "buildah"), 0o755);
      const PATH = `${folder}:${process.env.PATH}`;
      const second = await world.build(await planOf("broken", { Dockerfile: `${from}RUN true\n` }), "0", { PATH });
      succeeded(second);
      assert.match(second.log, /buildah itself failed; once more/);
    });

    it("finds its images also where an argument names them, and git whole", async () => {
      const lines = [
        "ARG FROM=registry.ci.openshift.org/ocp/4.22:base-rhel9",
        "FROM ${FROM}",
        "COPY . /src/",
        "RUN ls /src/.git/HEAD /src/.git/objects > /found",
      ];
      const component = await planOf("argument", { Dockerfile: lines.join("\n") });
      const outcome = await world.build(component);
      succeeded(outcome);
      assert.match(await world.file(outcome.results.reference!, "/found"), /HEAD[^]*pack/);
    });

    it("takes no record but the one of its key, and no plan but one by digest that has it", async () => {
      const plan = await planOf("record", { Dockerfile: from });
      const other = (await world.planned(await planOf("record", { Dockerfile: `${from}RUN true\n` })))[0]!.key!;
      const { key } = (await world.planned(plan))[0]!;
      await world.copy(`${world.host}/me/etcd:record-${other}`, `${world.host}/me/etcd:record-${key}`);
      failed(
        await world.build(plan),
        `${world.host}/me/etcd:record-${key} is not the record of this key: somebody moved the tag`,
      );
      failed(await world.build(plan, "7"), `plan ${plan} builds no component 7`);
      failed(await world.build(`${world.host}/me/okd-payload-plan:a`), /^error: plan \S+ is no digest$/);
    });
  });

  describe("of all components", function () {
    inSequence(this);
    const base = "FROM registry.ci.openshift.org/ocp/4.22:base-rhel9\n";
    const LEFT = "package x is in no public repository";

    /** Every component of the base, a parent that all but one stand on, one that the base lacks, and one that stays. */
    function all(number: number) {
      const names = [...Object.keys(OPERATORS), ...OTHERS, "newer"].filter((name) => name !== "etcd");
      const rows = Object.fromEntries(names.map((name) => [name, world.row(`all-${name}`)]));
      const from = `${world.host}/parents/base-stream9:4.22`;
      const parent = { ...world.row("all-base"), from, parent: true as const };
      const more = { version: `${BASE_NAME}.all.${number}`, all: { left: { etcd: LEFT } } };
      return world.entry({ ...rows, "base-stream9": parent }, more);
    }

    before(async () => {
      await world.commit("all-base", { Dockerfile: `${base}RUN echo 1 > /base\n` });
      for (const [name, images] of Object.entries(OPERATORS)) {
        const label = `COPY manifests /manifests\nLABEL io.openshift.release.operator=true\n`;
        await world.commit(`all-${name}`, { Dockerfile: `${base}${label}`, ...operatorFiles(name, images) });
      }
      for (const name of [...OTHERS, "newer"]) await world.commit(`all-${name}`, { Dockerfile: base });
      await world.commit("all-cli", { Dockerfile: `${base}RUN false\n` });
      await world.commit("all-cli-artifacts", {
        Dockerfile: DOCKERFILES.artifacts.replace("cat /usr/bin/oc", "cat /base"),
      });
      await world.commit("all-tools", { Dockerfile: "FROM scratch\nCOPY Dockerfile /x\n" });
    });

    it("are built but for those that stand on one that fails, by name, and no release is made", async () => {
      const { outcomes, resolved, released } = await world.run(all(1));
      // The result is cut where reasons are long.
      const lines = resolved.log.split("\n");
      assert.ok(lines.includes(`etcd is the base's: ${LEFT}`), resolved.log);
      assert.ok(lines.includes("newer is left out: the base release has no such component"), resolved.log);
      assert.deepEqual([...outcomes].sort(), [
        ...Array<string>(7).fill("built"),
        "failed: cli",
        "left out: cli-artifacts stands on cli, which was not built",
      ]);
      failed(
        released,
        "2 of 8 components were not built, and no release is made: cli cli-artifacts. Run again: what was built is kept",
      );
    });

    it("are built as far as they are missing, and released, when it is made again", async () => {
      await world.commit("all-cli", { Dockerfile: base });
      const { built, released } = await world.run(all(1));
      succeeded(released);
      assert.deepEqual(built, ["cli", "cli-artifacts"]);
      const { references } = await world.info(released.results.release!);
      const before = imagesOf(await world.info(world.base));
      const after = imagesOf({ references });
      assert.deepEqual(Object.keys(after).sort(), [...Object.keys(OPERATORS), ...OTHERS].sort());
      assert.deepEqual(
        Object.keys(before).filter((name) => before[name] === after[name]),
        ["etcd"],
      );
      assert.equal(await world.file(after["cli-artifacts"]!, "/usr/share/oc"), "1\n");
    });

    it("are built anew where they stand on what changed, and no more", async () => {
      await world.commit("all-base", { Dockerfile: `${base}RUN echo 2 > /base\n` });
      const { built, released } = await world.run(all(2));
      succeeded(released);
      const others = [...Object.keys(OPERATORS), ...OTHERS].filter(
        (name) => !["etcd", "tools", "cli-artifacts"].includes(name),
      );
      assert.deepEqual(built, ["base-stream9", ...others.sort(), "cli-artifacts"]);
    });
  });

  describe("what is wrong is said before anything is built:", () => {
    const cases: [given: string, entry: (row: World["row"]) => Parameters<World["entry"]>[0], error: RegExp][] = [
      [
        "a component that the base lacks",
        (row) => ({ "service-ca-operater": row("service-ca-operator") }),
        /^error: component service-ca-operater is not in the base release \(did you mean service-ca-operator\?\): mend the name, or put it under add if it is a new one$/,
      ],
      [
        "a ref that the repository lacks",
        (row) => ({ cli: row("cli", { ref: "release-4.99" }) }),
        /^error: cli: file:\S+ has neither branch nor tag release-4\.99; branches that it has: release-4\.22$/,
      ],
      [
        "a commit that it lacks",
        (row) => ({ cli: row("cli", { ref: "0".repeat(40) }) }),
        /^error: cli: file:\S+ has no commit 0{40}: /,
      ],
      [
        "a Dockerfile that is not there",
        (row) => ({ cli: row("cli", { dockerfile: "Dockerfile.rhel" }) }),
        /^error: cli: file:\S+ has no file Dockerfile\.rhel at commit \w{12}; it has: Dockerfile$/,
      ],
      [
        "an image by a name that is not there",
        () => ({ etcd: { image: "REGISTRY/other/nothing@sha256:" + "0".repeat(64) } }),
        /^error: etcd: image \S+ cannot be read: .*manifest unknown|name unknown/,
      ],
    ];
    for (const [given, components, error] of cases) {
      it(given, async () => {
        const text = JSON.stringify(components((name, row) => world.row(name, row))).replaceAll("REGISTRY", world.host);
        failed(await world.resolve(world.entry(JSON.parse(text) as never, { version: `${BASE_NAME}.wrong.1` })), error);
      });
    }

    it("an image that no pattern covers, with file and line; and nothing is added to the registry", async () => {
      await world.commit("uncovered", { Dockerfile: "\nFROM docker.io/library/golang:1.25\n" });
      const before = await world.tags("me/tools"); // what earlier tests built
      const outcome = await world.resolve(
        world.entry({ tools: world.row("uncovered") }, { version: `${BASE_NAME}.wrong.1` }),
      );
      failed(outcome, /^error: tools: Dockerfile, line 2: docker\.io\/library\/golang:1\.25 is covered by no pattern/);
      assert.deepEqual(await world.tags("me/tools"), before);
    });

    it("a base that is no release, or is not there", async () => {
      const plain = await world.push("other/plain", [{ x: "" }], {});
      failed(
        await world.resolve(await three(), { base: plain }),
        /^error: base \S+ cannot be read as a release: error: image .* does not contain/,
      );
    });

    it("a base or an image of another architecture", async () => {
      failed(
        await world.resolve(await three(), { architecture: "arm64" }),
        /^error: (base|etcd).* is for amd64, not for arm64/,
      );
      const arm = await world.push("other/arm", [{ x: "" }], {}, "arm64");
      failed(
        await world.resolve(world.entry({ etcd: { image: arm } }, { version: `${BASE_NAME}.wrong.1` })),
        `etcd: ${arm} is for arm64, not for amd64`,
      );
    });
  });

  describe("no release is made", () => {
    const version = `${BASE_NAME}.none.1`;
    const release = (components: Record<string, string>, env = {}) =>
      world.release(
        Object.entries(components).map(([name, image]) => ({ name, image })),
        { version },
        env,
      );
    afterEach(async () => {
      assert.ok(!(await world.tags("me/release")).includes(version), "nothing has the release's tag");
    });

    it("of an operator's image without its label, without manifests, or with references that nobody has", async () => {
      const files = operatorFiles("console-operator", ["console-operator"]);
      const plain = await world.push("other/console", [files], {});
      failed(
        await release({ "console-operator": plain }),
        /has no label io\.openshift\.release\.operator, and the base's image has it/,
      );
      const empty = await world.push("other/console", [{ x: "" }], OPERATOR);
      failed(
        await release({ "console-operator": empty }),
        `console-operator: ${empty} has nothing in /manifests, and the base's image has 0000_10_console-operator_crd.yaml, 07_deployment.yaml, image-references: they would be lost`,
      );
      const stranger = await world.push(
        "other/console",
        [operatorFiles("console-operator", ["rhel-coreos"])],
        OPERATOR,
      );
      failed(
        await release({ "console-operator": stranger }),
        "console-operator: its image-references name rhel-coreos, which the release has not: build it with argument TAGS=scos",
      );
    });

    it("of a name that the base lacks, or of one twice", async () => {
      const image = await world.push("other/etcd", [{ x: "" }], {});
      failed(
        await release({ etcdd: image }),
        "component etcdd is not in the base release (did you mean etcd?): mend the name, or put it under add if it is a new one",
      );
      failed(
        await world.release(
          [1, 2].map(() => ({ name: "etcd", image })),
          { version },
        ),
        "component etcd is replaced twice: oc would take the last one",
      );
    });

    it("of an image that is gone, or of a base by tag", async () => {
      failed(
        await release({ etcd: `${world.host}/me/etcd:key-${"0".repeat(64)}` }),
        "1 of 1 components were not built, and no release is made: etcd. Run again: what was built is kept",
      );
      failed(
        await release({ etcd: `${world.host}/me/etcd@sha256:${"0".repeat(64)}` }),
        /^error: etcd: \S+ cannot be read: .*: is it there still\?$/,
      );
      const outcome = await world.release([], { version, base: `${world.host}/okd/release:${BASE_NAME}` });
      failed(outcome, /^error: base \S+ is no digest/);
    });

    it("that has manifests twice, as oc makes it of a base", async () => {
      const image = await world.push(
        "other/console",
        [operatorFiles("console-operator", ["console-operator"], 3)],
        OPERATOR,
      );
      const folder = mkdtempSync(join(world.folder, "guide-"));
      const guide = `#!/bin/sh\ncase "$*" in *"release new"*) exec ${OC}/oc adm release new --insecure --request-timeout=60s --from-release=${world.base} --name=${version} --to-image=${world.host}/me/release:unchecked-${version} --include=tools console-operator=${image};; esac\nexec ${OC}/oc "$@"\n`;
      writeFileSync(join(folder, "oc"), guide);
      chmodSync(join(folder, "oc"), 0o755);
      const { code, log } = await release({ "console-operator": image }, { PATH: `${folder}:${process.env.PATH}` });
      assert.equal(code, 1, log);
      assert.match(
        log,
        /^error: manifest 0000_10_console-operator_crd\.yaml is there twice, as 0000_10_console-operator_crd_2\.yaml$/m,
      );
    });
  });

  it("takes manifests that are not in an image's last layer, and stands on a new cluster-version-operator", async () => {
    const files = operatorFiles("console-operator", ["console-operator"], 4);
    const buried = await world.push("other/console", [files, { "usr/bin/x": "" }], OPERATOR);
    const images = ["cluster-version-operator", "cli-artifacts", "configmap-reloader", "etcd"];
    const versions = await world.push(
      "other/cvo",
      [{ "usr/bin/x": "" }, operatorFiles("cluster-version-operator", images, 5)],
      OPERATOR,
    );
    const replaced = { "console-operator": buried, "cluster-version-operator": versions };
    const released = await world.release(
      Object.entries(replaced).map(([name, image]) => ({ name, image })),
      { version: `${BASE_NAME}.deep.1` },
    );
    succeeded(released);
    assert.match(
      released.results.changes!,
      /^manifest 0000_50_console-operator_07_deployment\.yaml of console-operator changed$/m,
    );
    const { config } = await world.config(released.results.release!);
    assert.ok(versions.endsWith(config.Labels["io.openshift.release.base-image-digest"]!));
  });
});
