import assert from "node:assert/strict";
import { offlineFolder } from "../../cluster/needs";
import { proves } from "../../counts";
import { lacking } from "./lacking";
import { ADDRESSES, BUILDS, ConnectedMachine, type Wrong } from "./world";

/** An engine that is there, and makes nothing: how far `npm start` comes without a cluster. */
const ENGINE = `#!/bin/sh
case $1 in
  info) echo '{"ServerVersion":"28.2.2","CgroupVersion":"2","NCPU":4,"MemTotal":17179869184,"SecurityOptions":[]}' ;;
  ps) ;;
  *) echo "this engine makes nothing: $1" >&2; exit 1 ;;
esac
`;

describe("npm start the connected way, without a cluster", function () {
  this.timeout(300_000);
  let machine: ConnectedMachine;

  before(async function () {
    const reason = lacking([]);
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    machine = new ConnectedMachine(offlineFolder());
    await machine.start();
    machine.program("docker", ENGINE);
  });
  after(() => (machine as ConnectedMachine | undefined)?.stop());
  beforeEach(() => {
    machine.clean();
    machine.forget();
    machine.answer({});
  });

  /** The last line of what a failed `npm start` said. */
  async function sentence(wrong: Record<string, Wrong>): Promise<string> {
    machine.answer(wrong);
    const { exitCode, text } = await machine.run("start", "--yes");
    assert.equal(exitCode, 1, text);
    return text.trimEnd().split("\n").at(-1)!;
  }

  it("gets programs, plugin and manifests, asks the registries that these name and the hosts of builds, and nothing else", async () => {
    assert.match(await sentence({}), /cannot be pulled: this engine makes nothing: pull/);
    assert.deepEqual(machine.cached("bin"), ["kind", "pulumi"]);
    assert.ok(machine.cached("pulumi/plugins").some((name) => name.startsWith("resource-kubernetes-v")));
    const { sparePlugin, ...files } = ADDRESSES;
    const registries = ["cgr.dev", "ghcr.io", "public.ecr.aws", "quay.io", "registry-1.docker.io"];
    const asked = new Set([...Object.values(files), ...registries.map((host) => `https://${host}/v2/`), ...BUILDS]);
    assert.deepEqual(machine.asked, [...asked].map((url) => `GET ${url}`).sort());
    // Again, with everything there: only whether the registries answer.
    machine.forget();
    await sentence({});
    assert.deepEqual(
      machine.asked.filter((line) => !line.endsWith("/v2/") && !BUILDS.includes(line.slice("GET ".length))),
      [`GET ${files.plugin}`],
    );
    assert.ok(!machine.asked.includes(`GET ${sparePlugin}`));
  });

  const { kind, checksums, pulumi, plugin, sparePlugin, pipelines, argoCd } = ADDRESSES;
  const quoted = (url: string) => url.replace(/[.+?]/g, "\\$&");
  const wrong: [what: string, wrong: Record<string, Wrong>, says: RegExp][] = [
    ["kind that is not there", { [kind]: "404" }, new RegExp(`^${quoted(kind)} could not be downloaded: HTTP 404\\.$`)],
    [
      "half of kind",
      { [kind]: "half" },
      new RegExp(`^${quoted(kind)} could not be downloaded: terminated: .*closed\\.$`),
    ],
    [
      "another kind",
      { [kind]: "other" },
      new RegExp(`^${quoted(kind)} has checksum \\w+ instead of the pinned \\w+: nothing`),
    ],
    [
      "a page for kind",
      { [kind]: "html" },
      new RegExp(`^${quoted(kind)} has checksum \\w+ instead of the pinned \\w+: nothing`),
    ],
    [
      "no checksums of Pulumi",
      { [checksums]: "404" },
      new RegExp(`^${quoted(checksums)} could not be downloaded: HTTP 404\\.$`),
    ],
    ["a page for them", { [checksums]: "html" }, new RegExp(`^${quoted(checksums)} has no checksum of pulumi-v`)],
    ["half of Pulumi", { [pulumi]: "half" }, new RegExp(`^${quoted(pulumi)} could not be downloaded: terminated`)],
    [
      "another Pulumi",
      { [pulumi]: "other" },
      new RegExp(`^${quoted(pulumi)} has checksum \\w+ instead of the \\w+ that ${quoted(checksums)} says`),
    ],
    [
      "no plugin anywhere",
      { [plugin]: "404" },
      new RegExp(
        `^Pulumi's Kubernetes plugin could not be installed from ${quoted(plugin)} or ${quoted(sparePlugin)}: .*404`,
      ),
    ],
    [
      "a page for the plugin",
      { [plugin]: "html" },
      new RegExp(
        `^Pulumi's Kubernetes plugin could not be installed from ${quoted(plugin)} or .*: .*gzip: invalid header\\.$`,
      ),
    ],
    [
      "a page for Tekton's manifests",
      { [pipelines]: "html" },
      new RegExp(
        `^Tekton Pipelines [\\d.]+ cannot be installed: ${quoted(pipelines)}, document 1 is not a Kubernetes object`,
      ),
    ],
    [
      "no manifests of Argo CD",
      { [argoCd]: "404" },
      new RegExp(`^Argo CD [\\d.]+ cannot be installed: ${quoted(argoCd)} answers 404; name`),
    ],
    [
      "half of them",
      { [argoCd]: "half" },
      new RegExp(`^Argo CD [\\d.]+ cannot be installed: ${quoted(argoCd)} cannot be reached \\(.*closed\\); name`),
    ],
  ];
  // One of each kind of answer, and of each kind of thing: that all are read alike is unit tests' to hold.
  const always = ["half of kind", "another Pulumi", "no plugin anywhere", "a page for Tekton's manifests"];
  for (const [what, answers, says] of wrong) {
    (always.includes(what) ? it : proves)(`ends in one sentence, with no cluster begun: ${what}`, async () => {
      assert.match(await sentence(answers), says);
      assert.ok(!machine.cached("bin").some((name) => name.includes("partial") || name.startsWith(".")));
    });
  }
});
