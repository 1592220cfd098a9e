import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { PipelineTask } from "../../../components/pipelines/tekton";
import { lastLine, run, runTask, tasks } from "../scripts/task";
import { ALL, Factory, NAME, NOTHING, PAYLOAD, repositoryOf, STREAM } from "./factory";
import { COMPONENTS, pushPayload } from "./payload";
import { OC, PIPELINE } from "./pipeline-run";

/** Tasks that make a release image. */
const UP_TO_MIRROR = ["pick-release", "pick-target-release-name", "mirror"];

describe("okd-release-pipeline, with real git, skopeo, gpg, jq and registry", function () {
  this.timeout(120_000);
  let factory: Factory;
  before(async function () {
    factory = await Factory.start(this);
  });
  beforeEach(() => factory.reset());
  after(() => factory?.stop());

  it("publishes images, notes, signed tools and a channel's tag", async () => {
    const before = join(factory.workspace, "4.22.0-okd-scos.ec.3/tools");
    mkdirSync(before, { recursive: true });
    const { failed, log, results } = await factory.publish();
    assert.equal(failed, undefined, log);
    assert.ok(!existsSync(before), "tools of releases before do not fill the volume");
    assert.deepEqual(await factory.published(), ALL);
    const { "release-image": image, "config-map": configMap, ...others } = results;
    assert.match(image!, new RegExp(`^${factory.release}@sha256:[0-9a-f]{64}$`));
    assert.match(configMap!, /^\{"apiVersion":"v1","kind":"ConfigMap",/);
    assert.deepEqual(others, {
      "release-name": NAME,
      "release-digest": factory.digest,
      "mirrored-pullspec": `${factory.release}:${NAME}`,
      "release-url": `https://github.example/${NAME}`,
      signature: `${factory.release}:sha256-${image!.split(":").at(-1)}.gpg`,
    });
    assert.deepEqual(
      await factory.tagsOf(factory.content),
      COMPONENTS.map((component) => `${NAME}-${component}`),
    );
    const [release] = factory.outside.releases;
    assert.equal(release!.prerelease, true);
    assert.equal(release!.make_latest, "false");
    for (const component of COMPONENTS) {
      assert.match(release!.body as string, new RegExp(`${component}\\s+${factory.content}@sha256:[0-9a-f]{64}`));
    }
    assert.deepEqual(factory.outside.tags[0]!.from, { kind: "DockerImage", name: `${factory.release}:${NAME}` });
    assert.match(log, /updates to it from: 4\.21\.0-okd-scos\.ec\.9,4\.22\.0-okd-scos\.ec\.3\n/);
    assert.match(log, new RegExp(`Upgrades: 4\\.21\\.0-okd-scos\\.ec\\.9, 4\\.22\\.0-okd-scos\\.ec\\.3`));

    const downloads = mkdtempSync(join(factory.folder, "downloads-"));
    for (const [name, data] of Object.entries(factory.outside.contents)) {
      writeFileSync(join(downloads, name), data);
    }
    await factory.keys.gpg(
      "release",
      "--verify",
      join(downloads, "sha256sum.txt.asc"),
      join(downloads, "sha256sum.txt"),
    );
    const checked = await run("bash", ["-c", 'cd "$1" && sha256sum --check --quiet sha256sum.txt', "check", downloads]);
    assert.deepEqual(checked, { code: 0, log: "" });
    assert.ok(readdirSync(downloads).some((name) => name.endsWith(".zip")));
  });

  it("changes nothing when it runs again, and shows no secret", async () => {
    const first = await factory.publish();
    factory.outside.requests = [];
    const signature = readFileSync(join(factory.workspace, NAME, "tools/sha256sum.txt.asc"), "utf8");
    const second = await factory.publish();
    assert.equal(second.failed, undefined, second.log);
    assert.deepEqual(factory.outside.changes, []);
    assert.deepEqual(second.results, first.results);
    assert.equal(readFileSync(join(factory.workspace, NAME, "tools/sha256sum.txt.asc"), "utf8"), signature);

    assert.equal((await run("grep", ["-rF", "PRIVATE KEY", factory.workspace])).log, "");
    assert.match(factory.arguments, /^curl /m, "arguments are watched");
    for (const text of factory.keys.secretTexts) {
      const seen = first.log + second.log + JSON.stringify([first.results, second.results]) + factory.arguments;
      assert.ok(!seen.includes(text), `${text.slice(0, 10)}… is seen`);
    }
    const given = factory.outside.requests.filter(({ url }) => url.endsWith("access_tokens"));
    const back = factory.outside.requests.filter(({ url }) => url.endsWith("installation/token"));
    assert.deepEqual([given.length, back.length], [2, 2]);
  });

  it("needs no Secret for a dry run, and publishes nothing", async () => {
    await run("rm", ["-rf", factory.secrets]);
    const { failed, log, results } = await factory.publish({ mode: "dry-run" });
    assert.equal(failed, undefined, log);
    assert.deepEqual(await factory.published(), NOTHING);
    assert.deepEqual(await factory.tagsOf(factory.content), []);
    assert.deepEqual(factory.outside.changes, []);
    assert.equal(results["release-name"], NAME);
    for (const said of [
      `${factory.digest} is signed by `,
      `would copy ${repositoryOf(factory.pullspec)}@sha256:`,
      `would push ${factory.release}:${NAME}, updates to it from: 4.21.0-okd-scos.ec.9,4.22.0-okd-scos.ec.3`,
      `would sign ${factory.release}:${NAME} for clusters that verify it`,
      "would extract the client tools",
      `would create release ${NAME} of okd-project/okd`,
      `would tag ${factory.release}:${NAME} as release-scos-next:${NAME}`,
    ]) {
      assert.ok(log.includes(said), `it says: ${said}`);
    }
    assert.match(readFileSync(join(factory.workspace, NAME, "release-notes.txt"), "utf8"), /cluster-version-operator/);
  });

  it("releases an image from anywhere, without controller and signatures, where it is named by digest", async () => {
    const own = {
      "release-stream": "",
      "release-controller": "",
      "signature-store": "",
      "github-org-repo": "",
      "ci-cluster": "",
    };
    const byTag = await factory.publish({ ...own, "release-pullspec": factory.pullspec });
    assert.equal(byTag.failed, "verify-release");
    assert.match(
      lastLine(byTag.log),
      /^error: there is no signature-store, and release-pullspec names no digest: name /,
    );
    const { failed, log, results } = await factory.publish({
      ...own,
      "release-pullspec": `${repositoryOf(factory.pullspec)}@${factory.digest}`,
    });
    assert.equal(failed, undefined, log);
    assert.equal(results["release-name"], "4.22.0-okd-scos.ec.0");
    assert.deepEqual(await factory.published(), { images: ["4.22.0-okd-scos.ec.0"], github: [], channel: [] });
    assert.match(log, /updates to it from: none, no earlier release was accepted/);
  });

  describe("across a major version", () => {
    // As OKD has it: the first releases of 5.0 came from the last of 4.22, which another stream has.
    const ours = ["5.0.0-okd-scos.ec.1", "5.0.0-okd-scos.ec.0"];
    const before = ["4.22.0-okd-scos.ec.16", "4.22.0-okd-scos.ec.15", "4.22.0-okd-scos.7"];
    const pick = (params: Record<string, string>) => {
      const names = { [STREAM]: [PAYLOAD], "5-scos-next": ours, "4-scos-next": before };
      Object.assign(factory.outside, { all: names, accepted: names });
      return runTask("pick-target-release-name", {
        params: {
          ...{ "release-controller": `${factory.outside.url}/controller`, "target-release-stream": "5-scos-next" },
          "picked-release-name": "5.0.0-0.okd-scos-nightly-2026-09-01-063212",
          ...{ "picked-release-digest": factory.digest, "release-mirror-pushspec": factory.release },
          ...{ "insecure-registries": factory.outside.host, ...params },
        },
        env: factory.volumes(),
      });
    };

    it("updates begin at the last release of the version before, where its stream is named", async () => {
      const { code, log, results } = await pick({ "upgrade-streams": "4-scos-next" });
      assert.equal(code, 0, log);
      assert.equal(results["target-release-name"], "5.0.0-okd-scos.ec.2");
      assert.equal(results["previous-releases"], `4.22.0-okd-scos.ec.16,${ours.toReversed().join()}`);
    });
    it("they begin at the stream's own alone, where it is not", async () => {
      assert.equal((await pick({})).results["previous-releases"], ours.toReversed().join());
    });
    it("a stream that is not there is said", async () => {
      const { code, log } = await pick({ "upgrade-streams": "4-scos-next 4-scos-nxt" });
      assert.equal(code, 1);
      assert.match(lastLine(log), /^error: the release controller \S+ has no stream 4-scos-nxt; it has: /);
    });
  });

  describe("refuses, and publishes nothing:", () => {
    const remove = (key: string) => run("rm", [join(factory.secrets, key)]);
    const cases: [
      what: string,
      prepare: () => unknown,
      task: string,
      sentence: RegExp,
      params?: Record<string, string>,
    ][] = [
      [
        "a controller without accepted release",
        () => (factory.outside.latest = {}),
        "pick-release",
        /has no accepted release in stream 4\.22\.0-0\.okd-scos-nightly/,
      ],
      [
        "a controller that is broken",
        () => (factory.outside.override = ({ url }) => (url.endsWith("/latest") ? [403, "no"] : undefined)),
        "pick-release",
        /answered 403: no/,
      ],
      [
        "a rejected release",
        () => (factory.outside.latest[Object.keys(factory.outside.latest)[0]!]!.phase = "Rejected"),
        "pick-release",
        /is Rejected, not accepted/,
      ],
      [
        "a payload that is not there",
        () => (factory.outside.latest[Object.keys(factory.outside.latest)[0]!]!.pullSpec += "0"),
        "pick-release",
        /cannot be read/,
      ],
      [
        "an image that is no release",
        () => undefined,
        "pick-release",
        /is no release image/,
        { "release-stream": "", "release-pullspec": "PAYLOAD-cli" },
      ],
      ["both inputs", () => undefined, "pick-release", /are both named/, { "release-pullspec": "x" }],
      [
        "no input",
        () => undefined,
        "pick-release",
        /neither release-stream nor release-pullspec is named/,
        { "release-stream": "" },
      ],
      [
        "an unknown target stream",
        () => undefined,
        "pick-target-release-name",
        /has no stream 5-x; it has: 4-scos-next, /,
        { "target-release-stream": "5-x" },
      ],
      [
        "an empty target stream",
        () => undefined,
        "pick-target-release-name",
        /target-release-stream is empty/,
        { "target-release-stream": "" },
      ],
      [
        "a registry whose tags cannot be read",
        () => (factory.outside.override = ({ url }) => (url.includes("/tags/list") ? [403, "no"] : undefined)),
        "pick-target-release-name",
        /tags of .* cannot be read/,
      ],
      [
        "a payload without signature",
        () => (factory.outside.signatures = {}),
        "verify-release",
        /has no good signature/,
      ],
      [
        "a signature over another payload",
        async () =>
          (factory.outside.signatures = {
            [factory.signature(1)]: await factory.keys.sign(`sha256:${"0".repeat(64)}`),
          }),
        "verify-release",
        /has no good signature/,
      ],
      [
        "a signature by a stranger",
        async () =>
          (factory.outside.signatures = {
            [factory.signature(1)]: await factory.keys.sign(factory.digest, "stranger"),
          }),
        "verify-release",
        /has no good signature/,
      ],
      [
        "an OpenPGP message without signature",
        async () =>
          (factory.outside.signatures = {
            [factory.signature(1)]: await factory.keys.sign(factory.digest, "maker", "--store"),
          }),
        "verify-release",
        /has no good signature/,
      ],
      [
        "a claim without signature",
        () =>
          (factory.outside.signatures = {
            [factory.signature(1)]: Buffer.from(
              JSON.stringify({ critical: { image: { "docker-manifest-digest": factory.digest } } }),
            ),
          }),
        "verify-release",
        /has no good signature/,
      ],
      [
        "a broken signature store",
        () => (factory.outside.override = ({ url }) => (url.startsWith("/store") ? [400, ""] : undefined)),
        "verify-release",
        /signature store .* answered 400/,
      ],
      [
        "a key that is none",
        () => (factory.outside.override = ({ url }) => (url === "/key" ? [200, "no key"] : undefined)),
        "verify-release",
        /is no public key/,
      ],
      [
        "no signing key",
        () => remove("private.key"),
        "check-signing",
        /there is no Secret okd-release-gpg-signing-key with key "private\.key"/,
      ],
      [
        "no key to sign the release with",
        () => remove("private.key"),
        "check-release-signing",
        /there is no Secret okd-release-gpg-signing-key with key "private\.key"/,
      ],
      [
        "a signing key of somebody else",
        () => undefined,
        "check-signing",
        /cannot sign as maintainers@okd\.io/,
        { "gpg-key-id": "maintainers@okd.io" },
      ],
      [
        "no App key",
        () => remove("githubapp-private-key"),
        "get-github-access-token",
        /there is no Secret okd-githubapp-auth with key "githubapp-private-key"/,
      ],
      [
        "an App key that is none",
        () => run("cp", [join(factory.secrets, "ci-prow-token"), join(factory.secrets, "githubapp-private-key")]),
        "get-github-access-token",
        /is no private key/,
      ],
      [
        "an App that GitHub does not know",
        () => undefined,
        "get-github-access-token",
        /gets no token .*: GitHub answered 401, A JSON web token/,
        { "github-app-id": "43" },
      ],
      [
        "an App without permission",
        () =>
          (factory.outside.override = ({ url }) =>
            url.includes("access_tokens") ? [201, { token: "ghs_x", permissions: { contents: "read" } }] : undefined),
        "get-github-access-token",
        /may not write releases/,
      ],
      [
        "GitHub that forbids",
        () =>
          (factory.outside.override = ({ url }) =>
            url.includes("access_tokens") ? [403, { message: "suspended" }] : undefined),
        "get-github-access-token",
        /GitHub answered 403, suspended/,
      ],
      [
        "no token of the cluster",
        () => remove("ci-prow-token"),
        "check-channel",
        /there is no Secret okd-prow-sa-auth with key "ci-prow-token"/,
      ],
      [
        "an ImageStream that is not there",
        () => undefined,
        "check-channel",
        /answered 403 for ImageStream origin\/other: imagestreams is forbidden/,
        { "release-imagestream": "other" },
      ],
    ];
    it("a registry that does not say whether the release is there", async () => {
      // Digits that a name may have say nothing of the answer.
      const asked = `/scos-release-404/manifests/${NAME}`;
      factory.outside.override = ({ url }) => (url.endsWith(asked) ? [403, "no"] : undefined);
      const { failed, log } = await factory.publish({ "release-mirror-pushspec": `${factory.release}-404` });
      assert.equal(failed, "mirror", log);
      assert.match(lastLine(log), /^error: \S+\/scos-release-404:\S+ cannot be looked up: /);
      assert.deepEqual([await factory.published(), await factory.tagsOf(factory.content)], [NOTHING, []]);
    });
    for (const [what, prepare, task, sentence, params = {}] of cases) {
      it(what, async () => {
        await prepare();
        const { "release-pullspec": pullspec, ...others } = params;
        const { failed, log } = await factory.publish(
          { ...others, ...(pullspec && { "release-pullspec": pullspec.replace("PAYLOAD", factory.pullspec) }) },
          ["pick-release", "pick-target-release-name", "verify-release"].includes(task)
            ? ["pick-release", task]
            : [task],
        );
        assert.equal(failed, task, log);
        assert.match(lastLine(log), sentence);
        assert.match(lastLine(log), /^error: /);
        assert.deepEqual(await factory.published(), NOTHING);
        assert.deepEqual(factory.outside.changes, []);
      });
    }
  });

  it("releases the verified payload where its tag moves meanwhile", async () => {
    const { pullspec, digest } = factory;
    factory.outside.override = async ({ url }) => {
      if (url === "/key") await pushPayload(factory.folder, repositoryOf(pullspec), PAYLOAD, "4.0.1");
      return undefined;
    };
    const { failed, log } = await factory.publish({}, [...UP_TO_MIRROR, "verify-release"]);
    assert.equal(failed, undefined, log);
    assert.notEqual(await digestOf(pullspec), digest);
    const { log: source } = await run(join(OC, "oc"), [
      ...["adm", "release", "info", "--insecure", `${factory.release}:${NAME}`],
      "--output=jsonpath={.references.metadata.annotations.release\\.openshift\\.io/from-release}",
    ]);
    assert.equal(source, `${repositoryOf(pullspec)}@${digest}`);
  });

  it("sees before the run whether the push Secret is there and for these repositories", async () => {
    const check = (secret?: string) => {
      const folder = mkdtempSync(join(factory.folder, "push-secret-"));
      if (secret !== undefined) writeFileSync(join(folder, ".dockerconfigjson"), secret);
      const params = {
        "content-mirror-pushspec": "quay.io/okd/scos-content",
        "release-mirror-pushspec": "quay.io/okd/scos-release",
      };
      return runTask("mirror-release", {
        params: { mode: "check", ...params },
        env: { ...factory.volumes(), PUSH_SECRET: folder },
      });
    };
    const accounts = (...names: string[]) =>
      JSON.stringify({ auths: Object.fromEntries(names.map((name) => [name, { auth: "eA==" }])) });
    for (const good of [
      accounts("quay.io"),
      accounts("quay.io/okd"),
      accounts("quay.io/okd/scos-content", "quay.io/okd/scos-release"),
    ]) {
      assert.equal((await check(good)).code, 0);
    }
    const missing =
      /^error: there is no Secret okd-quay-pull-secret with key "\.dockerconfigjson": nothing can be pushed to quay\.io\/okd\/scos-release$/;
    assert.match(lastLine((await check()).log), missing);
    for (const bad of [accounts("quay.io/okd/scos"), accounts("quay.i"), "{}", "no JSON"]) {
      assert.match(lastLine((await check(bad)).log), /, has no account for quay\.io\/okd\/scos-release$/);
    }
  });

  it("never overwrites a release that was made of another payload", async () => {
    const { release } = factory;
    await factory.publish({}, UP_TO_MIRROR);
    const before = await digestOf(`${release}:${NAME}`);
    const other = await pushPayload(factory.folder, repositoryOf(factory.pullspec), PAYLOAD, "4.0.1");
    const { code, log } = await runTask("mirror-release", {
      params: {
        mode: "publish",
        "release-name": NAME,
        "release-pullspec": `${repositoryOf(factory.pullspec)}@${other.digest}`,
        "content-mirror-pushspec": factory.content,
        "release-mirror-pushspec": release,
        "insecure-registries": factory.outside.host,
      },
      env: factory.volumes(),
    });
    assert.equal(code, 1);
    assert.match(lastLine(log), /was made of .*, not of .*: a release is never overwritten$/);
    assert.equal(await digestOf(`${release}:${NAME}`), before);
  });

  it("gives one name to one payload, also where a newer one comes while a run is under way", async () => {
    const { outside, pullspec } = factory;
    const picked = await factory.publish({}, ["pick-release", "pick-target-release-name"]);
    assert.match(picked.log, new RegExp(`becomes ${NAME} in`));
    const first = { name: PAYLOAD, pullSpec: `${repositoryOf(pullspec)}@${factory.digest}`, phase: "Accepted" };
    const newer = "4.22.0-0.okd-scos-nightly-2026-02-20-063212";
    const second = await pushPayload(factory.folder, repositoryOf(pullspec), newer, "4.0.1");
    const mirror = (payload: string) =>
      runTask("mirror-release", {
        params: {
          ...{ mode: "publish", "release-name": NAME, "release-pullspec": payload },
          ...{ "content-mirror-pushspec": factory.content, "release-mirror-pushspec": factory.release },
          "insecure-registries": outside.host,
        },
        env: factory.volumes(),
      });
    // Both have picked the same name; the first has reserved it, and is still copying.
    let other: Promise<{ code: number; log: string }> | undefined;
    outside.override = ({ method, url }) => {
      if (method === "PUT" && url.includes("/scos-content/manifests/")) {
        other ??= mirror(`${repositoryOf(pullspec)}@${second.digest}`);
      }
      return undefined;
    };
    const own = await mirror(first.pullSpec);
    assert.equal(own.code, 0, own.log);
    const lost = await other!;
    assert.equal(lost.code, 1, lost.log);
    assert.match(
      lastLine(lost.log),
      new RegExp(`:${NAME} is reserved for another payload \\(reserved-${NAME}-\\w{12}\\)`),
    );
    outside.override = () => undefined;
    outside.latest = { [STREAM]: { name: newer, pullSpec: second.pullspec, phase: "Accepted" } };
    const again = await factory.publish({}, UP_TO_MIRROR);
    assert.equal(again.failed, undefined, again.log);
    assert.deepEqual((await factory.published()).images, [NAME, "4.22.0-okd-scos.ec.5"]);
  });

  it("does not go on where the release's name means another image than this run has pushed", async () => {
    let state: "reserved" | "pushed" | "overwritten" = "reserved";
    factory.outside.override = async ({ method, url }) => {
      if (!url.endsWith(`/scos-release/manifests/${NAME}`)) return undefined;
      if (state === "reserved" && method === "PUT") state = "pushed";
      else if (state === "pushed") {
        state = "overwritten";
        await pushPayload(factory.folder, factory.release, NAME, "4.0.2"); // by somebody else
      }
      return undefined;
    };
    const { failed, log } = await factory.publish({}, [...UP_TO_MIRROR, "update-release-channel"]);
    assert.equal(failed, "mirror", log);
    assert.match(lastLine(log), /another run published under this name at the same time$/);
    assert.deepEqual((await factory.published()).channel, []);
  });

  it("puts nothing into a channel whose name means another image by now", async () => {
    await factory.publish({}, UP_TO_MIRROR);
    const image = `${factory.release}@${await digestOf(`${factory.release}:${NAME}`)}`;
    await pushPayload(factory.folder, factory.release, NAME, "4.0.2");
    const { code, log } = await runTask("update-release-channel", {
      params: {
        ...{ mode: "publish", "release-name": NAME, "release-image": image },
        ...{ "mirrored-release-pullspec": `${factory.release}:${NAME}`, "insecure-registries": factory.outside.host },
        ...{ "ci-cluster": `${factory.outside.url}/cluster`, "release-imagestream": "release-scos-next" },
      },
      env: factory.volumes(),
    });
    assert.equal(code, 1, log);
    assert.match(lastLine(log), /it does not go into a channel$/);
    assert.deepEqual(factory.outside.tags, []);
  });

  it("does not take a GitHub release of another image for its own", async () => {
    assert.equal((await factory.publish()).failed, undefined);
    const [release] = factory.outside.releases;
    const [, digest] = /^Digest: *(sha256:\w+)$/m.exec(String(release!.body))!;
    release!.body = String(release!.body).replaceAll(digest!, `sha256:${"0".repeat(64)}`);
    const { failed, log } = await factory.publish();
    assert.equal(failed, "create-github-release", log);
    assert.match(lastLine(log), /is published with the notes of another image than sha256:/);
  });

  it("never moves a channel's tag", async () => {
    factory.outside.tags = [{ name: NAME, from: { name: "quay.io/other:1" } }];
    const { failed, log } = await factory.publish({}, [...UP_TO_MIRROR, "update-release-channel"]);
    assert.equal(failed, "update-release-channel", log);
    assert.match(lastLine(log), /is quay\.io\/other:1: a tag of a channel is never moved$/);
  });

  it("refuses a mode that is none, in every Task that publishes", async () => {
    const workspaces = { "release-binaries": factory.workspace };
    for (const { metadata, spec } of tasks.filter((task) => task.spec.params?.some(({ name }) => name === "mode"))) {
      const needed = spec.params!.filter((param) => param.default === undefined).map(({ name }) => [name, "x/y"]);
      const params = { ...(Object.fromEntries(needed) as Record<string, string>), mode: "pubish" };
      const { code, log } = await runTask(metadata.name, { params, workspaces, env: factory.volumes() });
      assert.equal(code, 1, metadata.name);
      assert.match(
        lastLine(log),
        /^error: mode is "pubish": (publish(, dry-run or check| or dry-run)|leave or check) is allowed$/,
      );
    }
  });

  it("publishes nothing before the payload is verified and every Secret was looked at", () => {
    const { spec } = parse(readFileSync(PIPELINE, "utf8")) as { spec: { tasks: PipelineTask[] } };
    const [mirror] = spec.tasks.filter(({ name }) => name === "mirror");
    const signing = ["check-signing", "check-release-signing"];
    const checks = ["check-mirror", ...signing, "get-github-access-token", "check-channel"];
    assert.deepEqual(mirror!.runAfter, ["verify-release", "check-test-verdict", ...checks]);
    const publishing = spec.tasks.filter(({ params }) =>
      params?.some(({ name, value }) => name === "mode" && value === "$(params.mode)"),
    );
    const waiting = publishing.filter(({ name, params, runAfter = [] }) => {
      const waits = JSON.stringify(params).includes("$(tasks.mirror.results.") || runAfter.includes("prepare-binaries");
      return name !== "mirror" && waits;
    });
    assert.deepEqual(waiting.map(({ name }) => name).sort(), [
      "create-github-release",
      "prepare-binaries",
      "sign-release",
      "update-release-channel",
    ]);
    assert.equal(publishing.length, waiting.length + 1);
  });

  it("gives a signing key to one step of a Task alone", () => {
    const holders = tasks.flatMap(({ metadata, spec }) =>
      spec.steps
        .filter((step) => JSON.stringify(step).includes("signing-key"))
        .map(({ name }) => `${metadata.name}/${name}`),
    );
    const own = ["payload-update-keys/public", "prepare-release-binaries/sign", "sign-release/sign"];
    assert.deepEqual(holders, own);
  });
});

async function digestOf(pullspec: string): Promise<string> {
  return (
    await run("skopeo", ["inspect", "--tls-verify=false", "--format={{.Digest}}", `docker://${pullspec}`])
  ).log.trim();
}
