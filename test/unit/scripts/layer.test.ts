import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderContext } from "../../../components/streams/layers/containerfile";
import { wantedPackages } from "../../../components/streams/layers/layer";
import { layerSettings } from "../../../components/streams/layers/schema";
import { exampleLayer, type WrittenLayer } from "../streams/samples";
import { ARCHITECTURE, type Machine, pushBootableImage, requireBuilds, startMachine } from "./machine";
import { lastLine, type Outcome, run, runTask } from "./task";

const SAYS = "rehearsal: no operating system was built";

describe("Task coreos-build-layer", function () {
  this.timeout(120_000);
  let machine: Machine;
  /** The base by its tag and by its digest. */
  let tag: string;
  let base: string;

  before(async function () {
    requireBuilds(this);
    machine = await startMachine();
    const repository = `${machine.registry}/okd/stream-coreos`;
    tag = `${repository}:4.21-${ARCHITECTURE}`;
    base = `${repository}@${await pushBootableImage(machine, tag)}`;
  });
  after(() => machine?.stop());

  /** Builds a context, as the run of a layer does. */
  async function build(context: Record<string, string>, params: Record<string, string> = {}): Promise<Outcome> {
    const folder = mkdtempSync(join(machine.folder, "layer-"));
    for (const name of ["context", "storage"]) mkdirSync(join(folder, name));
    for (const [name, text] of Object.entries(context)) writeFileSync(join(folder, "context", name), text);
    const outcome = await runTask("coreos-build-layer", {
      params: {
        layer: "test",
        version: "4.21",
        base,
        "target-registry": `${machine.registry}/okd`,
        "image-name": "layer-test",
        usage: "osImageURL: okd/layer-test@DIGEST",
        "insecure-registries": machine.registry,
        rehearsal: "true",
        ...params,
      },
      workspaces: { context: join(folder, "context") },
      // as root, buildah would leave mounts of overlay behind
      env: { STORAGE: join(folder, "storage"), DRIVERS: "vfs" },
    });
    rmSync(folder, { recursive: true });
    return outcome;
  }
  const buildLayer = (layer: Partial<WrittenLayer>, params: Record<string, string> = {}) => {
    const whole = layerSettings.parse({ name: "test", version: "4.21", base, ...layer });
    const packages = wantedPackages(whole).join(" ");
    const removed = (whole.packages?.remove ?? []).join(" ");
    return build(renderContext(whole), { packages, "removed-packages": removed, ...params });
  };
  /** What a pushed image says of itself, and files of it. */
  async function look(
    reference: string,
    ...paths: string[]
  ): Promise<{ labels: Record<string, string>; files: string }> {
    const folder = mkdtempSync(join(machine.folder, "look-"));
    const script = `
      export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot CONTAINERS_STORAGE_CONF=$1
      container=$(buildah from --tls-verify=false "$2"); shift 2
      buildah run "$container" -- sh -c 'for file; do stat -c "%n %a" "$file" && cat "$file"; done' sh "$@" 2>&1
      buildah rm "$container" > /dev/null`;
    const conf = join(machine.folder, "storage.conf");
    const { log: files } = await run("bash", ["-euc", script, "look", conf, reference, ...paths]);
    const { log } = await run("skopeo", ["inspect", "--tls-verify=false", `docker://${reference}`]);
    rmSync(folder, { recursive: true });
    return { labels: (JSON.parse(log) as { Labels: Record<string, string> }).Labels, files };
  }

  it("builds the README's example, and pushes it by digest", async () => {
    const { code, log, results } = await buildLayer({ ...exampleLayer(), base: undefined }, { "base-name": tag });
    assert.equal(code, 0, log);
    assert.equal(results.reference, `${machine.registry}/okd/layer-test@${results.digest}`);
    assert.equal(results.usage, `osImageURL: okd/layer-test@${results.digest}\n`);
    assert.equal(lastLine(log), SAYS);
    const { labels, files } = await look(
      results.reference,
      "/usr/share/rpm/packages",
      "/etc/yum.repos.d/layer-okd.repo",
    );
    assert.match(files, /cri-o\ncri-tools\nconmon-rs\n[^]*layer-okd\.repo.*No such file/);
    assert.deepEqual(
      [labels["containers.bootc"], labels["ostree.bootable"], labels["io.okd-streams.layer"]],
      ["1", "1", "test"],
    );
    assert.equal(labels["org.opencontainers.image.base.name"], tag);
    assert.equal(labels["org.opencontainers.image.base.digest"], base.split("@")[1]);
    const answer = await fetch(`http://${machine.registry}/v2/okd/layer-test/tags/list`);
    const { tags } = (await answer.json()) as { tags: string[] };
    assert.match(
      tags.sort().join(" "),
      new RegExp(
        `^4\\.21-${ARCHITECTURE}-rehearsal 4\\.21-${ARCHITECTURE}-rehearsal-at-\\d+ 4\\.21\\.\\d{12}-${ARCHITECTURE}-rehearsal$`,
      ),
    );
  });

  it("swaps the kernel, replaces and removes packages, adds files and units just as they are", async () => {
    const contents = "anything ' \" $(id) `id`\n";
    const { code, log, results } = await buildLayer({
      kernel: ["kernel-rt-core", "kernel-rt-modules"],
      packages: { add: ["rsyslog"], remove: ["podman"], replace: { next: ["crun"] } },
      repositories: [{ name: "next", baseUrl: "https://mirror.example/next" }],
      files: [{ path: "/usr/bin/hello", contents, mode: "0755" }],
      units: [
        { name: "hello.service", contents },
        { name: "sshd.service", enabled: false },
      ],
    });
    assert.equal(code, 0, log);
    assert.match(log, /kernel 6\.0\.0-kernel-rt-core\.rehearsal alone/);
    const { files } = await look(
      results.reference!,
      ...["/usr/bin/hello", "/etc/systemd/system/multi-user.target.wants/hello.service"],
    );
    assert.ok(files.includes(`/usr/bin/hello 755\n${contents}`), files);
    assert.ok(files.endsWith(contents), files);
  });

  it("takes a newer kernel as the README's example does", async () => {
    const { code, log, results } = await buildLayer({ ...exampleLayer("kernel"), base });
    assert.equal(code, 0, log);
    assert.match(log, /kernel 6\.0\.0-\S+\.rehearsal alone/);
    const { files } = await look(results.reference!, "/etc/yum.repos.d/layer-c10s-baseos.repo");
    assert.match(files, /No such file/);
  });

  const commit = "ostree container commit";
  const refusals: [why: string, error: RegExp, lines: string, params?: Record<string, string>][] = [
    [
      "a change that is not committed",
      /^error: the last change is not committed: end it with "ostree container commit"; it is: \/bin\/sh -c touch \/usr\/x/,
      `RUN ${commit}\nRUN touch /usr/x`,
    ],
    [
      "files in /var",
      /^error: \/var belongs to the machine, .*: \/var\/lib\/x$/,
      `RUN mkdir -p /var/lib && touch /var/lib/x && ${commit}`,
    ],
    [
      "two kernels",
      /^\/usr\/lib\/modules\/\S+\/vmlinuz$/,
      `RUN cp -R /usr/lib/modules/* /usr/lib/modules/other && ${commit}`,
    ],
    [
      "a kernel without initramfs",
      /^error: kernel \S+ has no initramfs$/,
      `RUN rm /usr/lib/modules/*/initramfs.img && ${commit}`,
    ],
    [
      "a package that is not there",
      /^error: package cri-o is not in the layer$/,
      `RUN ${commit}`,
      { packages: "bash cri-o" },
    ],
    [
      "a package that is there still",
      /^error: package podman is in the layer still$/,
      `RUN ${commit}`,
      { "removed-packages": "runc podman" },
    ],
    [
      "marks that are gone",
      /^error: the base's labels containers\.bootc and ostree\.bootable are \{.*, the layer's \{.*"0".*\}$/,
      `RUN ${commit}\nLABEL containers.bootc=0`,
    ],
  ];
  for (const [why, error, lines, params] of refusals) {
    it(`pushes nothing that has ${why}`, async () => {
      const { code, log, results } = await build({ Containerfile: `FROM ${base}\n${lines}\n` }, params);
      assert.equal(code, 1, log);
      assert.match(lastLine(log), error);
      assert.equal(results.reference, undefined);
    });
  }

  it("ends where the tools of the image end: a package that no repository has", async () => {
    const { code, log } = await buildLayer({ packages: { add: ["conmon-rs"] } });
    assert.notEqual(code, 0);
    assert.match(log, /error: Packages not found: conmon-rs/);
    assert.doesNotMatch(log, /pushed/);
  });

  it("says what is wrong with a base or a context", async () => {
    const Containerfile = `FROM scratch\n`;
    const none = `${machine.registry}/okd/stream-coreos@sha256:${"0".repeat(64)}`;
    for (const [context, params, error] of [
      [
        { Containerfile },
        { base: tag },
        /^error: base \S+:4\.21-\w+ is no digest: what is checked could stand on another/,
      ],
      [{ Containerfile }, { base: none }, /^error: base \S+@sha256:0+ cannot be read: is it there still\?$/],
      [{ other: "" }, {}, /^error: the context has no Containerfile$/],
    ] as const) {
      const { code, log } = await build(context as Record<string, string>, params);
      assert.equal(code, 1, log);
      assert.match(lastLine(log), error);
    }
  });
});
