import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OC } from "../../unit/release/pipeline-run";
import { run } from "../../unit/scripts/task";
import { BASE_NAME, operatorFiles } from "./sample";
import { World } from "./world";
import type { ReleaseInfo } from "../../../components/programs/payload/entry";

const CONTRACT = join(__dirname, "../../lab/release/oc/payload-contract.json");
const LABEL = { "io.openshift.release.operator": "true" };
const OVERRIDE = { "io.openshift.release.override": "true" };
const NAME = `${BASE_NAME}.mine.1`;

/**
 * What `oc adm release new` makes of replaced components: by the ways that guides describe, with what goes wrong, and by ours.
 * Recorded from the real one with `OKD_STREAMS_OC=FOLDER OKD_STREAMS_RECORD='WHICH OC'`; the stand-in, and any oc that
 * OKD_STREAMS_OC names, is held to it.
 */
describe("oc, as payloads use it", function () {
  this.timeout(300_000);
  let world: World;
  before(async function () {
    world = await World.start(this, { builds: false });
  });
  after(() => world?.stop());

  it("keeps the recorded contract", async () => {
    const seen = await observe(world);
    if (process.env.OKD_STREAMS_RECORD) {
      assert.ok(process.env.OKD_STREAMS_OC, "a contract is recorded from the real oc");
      writeFileSync(
        CONTRACT,
        `${JSON.stringify({ recordedFrom: process.env.OKD_STREAMS_RECORD, ...seen }, undefined, 2)}\n`,
      );
    }
    const { recordedFrom, ...contract } = JSON.parse(readFileSync(CONTRACT, "utf8")) as Record<string, unknown>;
    assert.match(recordedFrom as string, /oc/);
    assert.deepEqual(seen, contract);
  });
});

async function observe(world: World): Promise<Record<string, unknown>> {
  const { base, host, folder } = world;
  const service = operatorFiles("service-ca-operator", ["service-ca-operator"], 2);
  const one = await world.push("mine/service-ca-operator", [{ "usr/bin/x": "1" }, service], LABEL);
  const two = await world.push("mine/service-ca-operator", [{ "usr/bin/x": "2" }, service], LABEL);
  const buried = await world.push("mine/service-ca-operator", [service, { "usr/bin/x": "3" }], LABEL);
  const stranger = await world.push(
    "mine/service-ca-operator",
    [operatorFiles("service-ca-operator", ["service-ca-operator", "rhel-coreos"])],
    LABEL,
  );
  const tagged = `${host}/mine/service-ca-operator:${(await world.tags("mine/service-ca-operator"))[0]}`;
  const references = world.references();
  const versions = references.spec.tags.find(({ name }) => name === "cluster-version-operator")!.from.name;
  const files = operatorFiles("cluster-version-operator", [
    "cluster-version-operator",
    "cli-artifacts",
    "configmap-reloader",
    "etcd",
  ]);
  const newer = await world.push("mine/cluster-version-operator", [{ "usr/bin/x": "new" }, files], LABEL);
  const known: Record<string, string> = {
    [base]: "BASE",
    [one]: "ONE",
    [two]: "TWO",
    [versions]: "CVO",
    [newer]: "NEW CVO",
  };
  const plain = (text: string) =>
    known[text] ?? text.replaceAll(host, "REGISTRY").replace(/sha256:[0-9a-f]{64}/g, "sha256:DIGEST");

  let number = 0;
  const oc = async (...args: string[]) => {
    const { code, log } = await run("bash", ["-c", '"$@" 2>&1 > /dev/null', "oc", join(OC, "oc"), ...args]);
    return {
      code,
      error: plain(
        log
          .trim()
          .split("\n")
          .find((line) => line.startsWith("error:")) ?? "",
      ),
    };
  };
  /** Code, or the release's components that are not the base's own, manifests, and what it stands on. */
  const made = async (...args: string[]) => {
    const target = `${host}/made/release:${++number}`;
    const { code, error } = await oc(
      "adm",
      "release",
      "new",
      "--insecure",
      "--request-timeout=60s",
      `--to-image=${target}`,
      ...args,
    );
    if (code !== 0) return { code, error };
    const info = JSON.parse(
      await world.oc("adm", "release", "info", "--insecure", "--filter-by-os=linux/amd64", "--output=json", target),
    ) as ReleaseInfo;
    const to = mkdtempSync(join(folder, "extracted-"));
    await world.oc("adm", "release", "extract", "--insecure", "--filter-by-os=linux/amd64", `--to=${to}`, target);
    const { config, rootfs } = await world.config(target);
    const own = new Set(references.spec.tags.map(({ from }) => from.name));
    const names = references.spec.tags.map(({ name }) => name);
    return {
      version: info.metadata.version,
      previous: info.metadata.previous,
      metadata: info.metadata.metadata ?? {},
      components: Object.fromEntries(
        info.references.spec.tags
          .filter(({ from }) => !own.has(from.name))
          .map(({ name, from }) => [name, plain(from.name)]),
      ),
      lost: names.filter((name) => !info.references.spec.tags.some((tag) => tag.name === name)),
      manifests: readdirSync(to).sort(),
      generations: Object.fromEntries(
        readdirSync(to)
          .sort()
          .filter((file) => file.includes("07_deployment"))
          .map((file) => [file, readFileSync(join(to, file), "utf8").match(/generation: "(\d)"/)![1]!]),
      ),
      standsOn: plain(
        [versions, newer].find((image) => image.endsWith(config.Labels["io.openshift.release.base-image-digest"]!)) ??
          "another",
      ),
      layers: rootfs.diff_ids.length,
    };
  };
  const fromFile = (change: (tags: typeof references.spec.tags) => typeof references.spec.tags, ...args: string[]) => {
    const file = join(folder, `references-${++number}.json`);
    writeFileSync(
      file,
      JSON.stringify({ ...references, spec: { tags: change(structuredClone(references.spec.tags)) } }),
    );
    return made(`--from-image-stream-file=${file}`, ...args);
  };
  const replace =
    (name: string, image: string, annotations?: Record<string, string>) => (tags: typeof references.spec.tags) =>
      tags.map((tag) =>
        tag.name === name ? { ...tag, from: { kind: "DockerImage", name: image }, annotations } : tag,
      );
  const source = [
    "--reference-mode=source",
    `--name=${NAME}`,
    `--include=${references.spec.tags.map(({ name }) => name).join()}`,
  ];
  const guide = [`--from-release=${base}`, `--name=${NAME}`];

  return {
    "from a release, as guides have it: manifests twice": await made(...guide, `service-ca-operator=${one}`),
    "from a release, a name that it lacks: added, the old one stays": await made(
      ...guide,
      `service-ca-operater=${one}`,
    ),
    "from a release, the same name twice: the last wins, manifests thrice": await made(
      ...guide,
      `service-ca-operator=${one}`,
      `service-ca-operator=${two}`,
    ),
    "from a release, the version operator: the image stands on the old one": await made(
      ...guide,
      `cluster-version-operator=${newer}`,
    ),
    "from a release, the version operator under it": await made(
      ...guide,
      `cluster-version-operator=${newer}`,
      `--to-image-base=${newer}`,
    ),
    "from a release, by tag: stays a tag": await made(...guide, `tools=${tagged}`),
    "from a release, without a name: two releases of one": await made(
      `--from-release=${base}`,
      `service-ca-operator=${one}`,
    ),
    "from a file, by default": await fromFile((tags) => tags, `--name=${NAME}`),
    "from a file, as it is": await fromFile((tags) => tags, ...source),
    "from a file, nothing forced: lost without a word": await fromFile((tags) => tags, ...source.slice(0, 2)),
    "from a file, by tag: lost without a word": await fromFile(replace("tools", tagged), ...source),
    "from a file, manifests not in the last layer: lost without a word": await fromFile(
      replace("service-ca-operator", buried),
      ...source,
    ),
    "from a file, manifests not in the last layer, forced": await fromFile(
      replace("service-ca-operator", buried, OVERRIDE),
      ...source,
    ),
    "from a file, an operator that refers to what is not there": await fromFile(
      replace("service-ca-operator", stranger, OVERRIDE),
      ...source,
    ),
    "from a file, a digest that is not there": await fromFile(
      replace("etcd", `${host}/okd/etcd@sha256:${"0".repeat(64)}`),
      ...source,
    ).then(({ code }) => ({ code })),
    "from a file, no semantic version": await fromFile((tags) => tags, ...source, "--name=mine"),
    "as we do it": await fromFile(
      (tags) =>
        replace("cluster-version-operator", newer, OVERRIDE)(replace("service-ca-operator", one, OVERRIDE)(tags)),
      ...[
        ...source,
        "--previous=4.22.0-okd-scos.6,4.22.0-okd-scos.7",
        '--metadata={"url":"https://example.org","io.okd-streams.key":"1"}',
      ],
    ),
  };
}
