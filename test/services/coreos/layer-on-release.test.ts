import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { renderContext } from "../../../components/streams/layers/containerfile";
import { renderLayerRun } from "../../../components/streams/layers/run";
import { layerSettings } from "../../../components/streams/layers/schema";
import { Keys } from "../../unit/release/keys";
import { pushLayers } from "../../unit/release/payload";
import { OC, type PipelineOutcome, runPipeline } from "../../unit/release/pipeline-run";
import {
  ARCHITECTURE,
  type Machine,
  pushBootableImage,
  requireBuilds,
  requireTools,
  startMachine,
} from "../../unit/scripts/machine";
import { lastLine, run } from "../../unit/scripts/task";
import { KIND, SETTINGS } from "../../unit/streams/samples";

const PIPELINE = "pipelines/layering/pipelines/coreos-layer.yaml";
const [HERE, OTHER] = ARCHITECTURE === "aarch64" ? ["arm64", "amd64"] : ["amd64", "arm64"];
const NAME = "5.0.0-okd-scos.0";
const OPERATOR = { "io.openshift.release.operator": "true" };

/** The run of a layer that stands on a release: made by oc, signed with gpg, built by buildah. */
describe("a layer on a release", function () {
  this.timeout(180_000);
  let machine: Machine;
  let keys: Keys;
  let signatures: Server;
  /** What the signature store has, by path. */
  const store: Record<string, string | Buffer> = {};
  let release: string;

  before(async function () {
    requireBuilds(this);
    requireTools(this, "gpg", "curl");
    machine = await startMachine();
    keys = await Keys.make(machine.folder);
    store["/key"] = keys.maker;
    signatures = createServer(({ url }, answer) => {
      const found = store[url!];
      answer.writeHead(found === undefined ? 404 : 200).end(found);
    }).listen(0, "127.0.0.1");
    const node = `${machine.registry}/okd/content`;
    const digest = await pushBootableImage(machine, `${node}:node`);
    release = await makeRelease(NAME, `${node}@${digest}`);
  });
  after(() => {
    signatures?.close();
    machine?.stop();
  });

  /** @returns the release by digest */
  async function makeRelease(name: string, node: string): Promise<string> {
    const repository = `${machine.registry}/okd/release`;
    const versions = `${machine.registry}/okd/versions`;
    const references = (images: Record<string, string>) =>
      JSON.stringify({
        ...{ kind: "ImageStream", apiVersion: "image.openshift.io/v1", metadata: { name } },
        spec: {
          tags: Object.entries(images).map(([tag, from]) => ({ name: tag, from: { kind: "DockerImage", name: from } })),
        },
      });
    const names = { "cluster-version-operator": "example.org/versions:dev", "stream-coreos": "example.org/node:dev" };
    const files = { "usr/bin/x": "", "manifests/image-references": references(names) };
    const operator = await pushLayers(machine.folder, `${versions}:1`, [files], OPERATOR, HERE);
    const file = join(machine.folder, `references-${name}.json`);
    writeFileSync(file, references({ "cluster-version-operator": `${versions}@${operator}`, "stream-coreos": node }));
    const options = ["--insecure", "--request-timeout=60s", `--from-image-stream-file=${file}`];
    const target = [`--name=${name}`, `--to-image=${repository}:${name}`, "--reference-mode=source"];
    await must(join(OC, "oc"), ["adm", "release", "new", ...options, ...target]);
    return `${repository}@${await digestOf(`${repository}:${name}`)}`;
  }
  async function digestOf(image: string): Promise<string> {
    const format = ["--tls-verify=false", "--format={{.Digest}}"];
    return (await must("skopeo", ["inspect", ...format, `docker://${image}`])).trim();
  }
  async function must(program: string, args: string[]): Promise<string> {
    const { code, log } = await run(program, args);
    assert.equal(code, 0, log);
    return log;
  }

  /** The run that a stack renders of an entry, task after task. */
  async function build(base: { release: string; signed?: boolean }, params = {}): Promise<PipelineOutcome> {
    const at = `http://127.0.0.1:${(signatures.address() as AddressInfo).port}`;
    const layer = layerSettings.parse({
      ...{ name: "test", version: "5.0", files: [{ path: "/etc/motd", contents: "mine" }] },
      base: { release: base.release, ...(base.signed && { signatures: { store: `${at}/store`, key: `${at}/key` } }) },
    });
    const registry = { address: machine.registry, insecure: true };
    const args = { place: { namespace: "okd-coreos", labels: {} }, capabilities: KIND, streams: [] };
    const { spec } = renderLayerRun(layer, HERE!, { ...args, settings: { ...SETTINGS, registry, rehearsal: true } });
    const given = Object.fromEntries(spec.params.map(({ name, value }) => [name, value])) as Record<string, string>;
    const folder = mkdtempSync(join(machine.folder, "run-"));
    for (const name of ["context", "storage"]) mkdirSync(join(folder, name));
    for (const [name, text] of Object.entries(renderContext(layer))) writeFileSync(join(folder, "context", name), text);
    const outcome = await runPipeline(
      { ...given, ...params },
      { context: join(folder, "context") },
      // as root, buildah would leave mounts of overlay behind
      (task): Record<string, string> => (task === "build" ? { STORAGE: join(folder, "storage"), DRIVERS: "vfs" } : {}),
      undefined,
      PIPELINE,
    );
    rmSync(folder, { recursive: true });
    return outcome;
  }
  const signature = (of: string) => `/store/${of.split("@")[1]!.replace(":", "=")}/signature-1`;
  const pushed = async () => (await fetch(`http://${machine.registry}/v2/okd/layer-test/tags/list`)).status === 200;
  const refused = async (outcome: PipelineOutcome, task: string, error: RegExp) => {
    assert.equal(outcome.failed, task, outcome.log);
    assert.match(lastLine(outcome.log), error);
    assert.equal(await pushed(), false, "nothing is pushed");
  };

  it("is not built of a release that nobody signed, that somebody else signed, or whose signature is another's", async () => {
    const none = /^error: sha256:\w+ has no good signature in http:\S+\/store: it is not released$/;
    await refused(await build({ release, signed: true }), "verify-release", none);
    store[signature(release)] = await keys.sign(release.split("@")[1]!, "stranger");
    await refused(await build({ release, signed: true }), "verify-release", none);
    store[signature(release)] = await keys.sign(`sha256:${"0".repeat(64)}`);
    await refused(await build({ release, signed: true }), "verify-release", none);
  });

  it("is not built of a release that is not there, or of another architecture", async () => {
    const repository = release.split("@")[0]!;
    await refused(await build({ release: `${repository}:9.9.9` }), "base", /^error: there is no release \S+:9\.9\.9: /);
    const digest = await pushLayers(machine.folder, `${repository}:other`, [{ x: "" }], {}, OTHER);
    const other = `${repository}@${digest}`;
    await refused(
      await build({ release: other }),
      "base",
      new RegExp(`^error: release ${other} is for ${OTHER}, not for`),
    );
  });

  it("is built on the node image that oc names, once the signature is good", async () => {
    store[signature(release)] = await keys.sign(release.split("@")[1]!);
    const tag = `${release.split("@")[0]}:${NAME}`;
    const { failed, log, ran, results } = await build({ release: tag, signed: true });
    assert.equal(failed, undefined, log);
    assert.deepEqual(ran, ["base", "verify-release", "build"]);
    const image = ["--insecure", `--filter-by-os=linux/${HERE}`, "--image-for=stream-coreos"];
    const node = (await must(join(OC, "oc"), ["adm", "release", "info", ...image, release])).trim();
    assert.deepEqual([results.base, results.release], [node, release]);
    const { Labels } = JSON.parse(
      await must("skopeo", ["inspect", "--tls-verify=false", `docker://${results.reference}`]),
    ) as { Labels: Record<string, string> };
    assert.equal(`${node.split("@")[0]}@${Labels["org.opencontainers.image.base.digest"]}`, node);
  });
});
