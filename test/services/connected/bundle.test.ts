import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { writeLayout } from "../../../components/images/layout";
import { imageName } from "../../../components/images/repository";
import { parseManifests } from "../../../components/kubernetes/manifest";
import { loadImages } from "../../../components/pipelines/images";
import { pulledReferences } from "../../../components/platform/images";
import { fetchImages } from "../../../stacks/tools/bundle/images";
import { offlineFolder } from "../../cluster/needs";
import { inSequence } from "../../sequence";
import { MemoryRegistry } from "../../unit/bundle/memory-registry";
import { lacking } from "./lacking";
import { ADDRESSES, ConnectedMachine } from "./world";

/** The registry that stands for all, as only the machine sees it. */
const REGISTRY_PORT = 5050;

/** An engine that loads what it is given, says what it has, and starts no container. */
const ENGINE = (folder: string) => `#!/bin/sh
case $1 in
  info) echo '{"ServerVersion":"28.2.2","CgroupVersion":"2","NCPU":4,"MemTotal":17179869184,"SecurityOptions":[]}' ;;
  ps|network) ;;
  load) tar -xOf "$3" manifest.json >>'${folder}/loaded' ;;
  image|inspect) for it in "$@"; do :; done; grep -qF "\\"$it\\"" '${folder}/loaded' && echo sha256:0 ;;
  *) echo "this engine starts nothing: $1" >&2; exit 1 ;;
esac
`;

describe("a bundle, made in the network of the official hosts and used without any", function () {
  this.timeout(600_000);
  inSequence(this);
  let machine: ConnectedMachine;
  const file = (name: string) => path.join(machine.folder, name);
  const bundle = () => file("bundle");

  before(async function () {
    const programs = ["docker-registry", "skopeo"].filter((name) => !isThere(name));
    const reason = lacking([]) ?? (programs.length > 0 ? `there is no ${programs.join(", ")}` : undefined);
    if (reason !== undefined) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    machine = new ConnectedMachine(offlineFolder());
    await machine.start(REGISTRY_PORT);
    await startRegistry("registry", REGISTRY_PORT);
    machine.program("docker", ENGINE(machine.folder));
    fs.writeFileSync(file("loaded"), "");
    await putImages();
  });
  after(() => (machine as ConnectedMachine | undefined)?.stop());
  beforeEach(() => {
    machine.forget();
    machine.answer({});
  });

  async function startRegistry(name: string, port: number): Promise<void> {
    const storage = { filesystem: { rootdirectory: file(name) } };
    fs.writeFileSync(file(`${name}.yaml`), stringify({ version: 0.1, storage, http: { addr: `127.0.0.1:${port}` } }));
    machine.background(name, "docker-registry", ["serve", file(`${name}.yaml`)]);
    const ask = ["--fail", "--silent", `http://127.0.0.1:${port}/v2/`];
    for (let tries = 0; (await machine.exec("curl", ask)).exitCode !== 0; tries++) {
      assert.ok(tries < 120, fs.readFileSync(file(`${name}.log`), "utf8"));
      await sleep(1_000);
    }
  }

  /** Small images under the names of all that the stack and its platform name, which the list of the project has by digest. */
  async function putImages(): Promise<void> {
    const list = path.join(machine.project, "pipelines/images.yaml");
    const { pipelines, triggers, interceptors, argoCd, dashboard, storage } = ADDRESSES;
    const texts = [pipelines, triggers, interceptors, argoCd, dashboard, storage].map((url) => {
      const { host, pathname } = new URL(url);
      return fs.readFileSync(path.join(machine.folder, "files", host, pathname), "utf8");
    });
    const ofManifests = pulledReferences(texts.flatMap((text) => parseManifests(text, "a manifest")));
    const tagged = (reference: string) => reference.split("@")[0]!;
    const references = [...new Set([...Object.values(loadImages(list)).map(tagged), ...ofManifests])];
    const source = new MemoryRegistry();
    const host = await source.start();
    try {
      let text = fs.readFileSync(list, "utf8");
      for (const reference of references) {
        const { registry, repository, tag } = imageName(reference);
        const digest = source.add(`${registry}/${repository}`, tag!);
        text = text.replace(new RegExp(`(: ${reference.replace(/[.]/g, "\\.")})(@\\S+)?$`, "m"), `$1@${digest}`);
      }
      fs.writeFileSync(list, text);
      const at = (reference: string) => {
        const { registry, repository, tag } = imageName(reference);
        return `${host}/${registry}/${repository}:${tag!}`;
      };
      const wanted = { references: references.map(at), architectures: ["all"], single: new Map<string, string>() };
      const stored = await fetchImages(file("small"), wanted, { say: () => undefined });
      await writeLayout(
        file("small"),
        stored.map((it, index) => ({ ...it, reference: `image-${index}` })),
      );
    } finally {
      await source.stop();
    }
    const copies = references.map((reference, index) => {
      const { repository, tag } = imageName(reference);
      const to = `docker://127.0.0.1:${REGISTRY_PORT}/${repository}:${tag!}`;
      return `skopeo copy --quiet --all --dest-tls-verify=false oci:${file("small")}:image-${index} ${to}`;
    });
    const { exitCode, text } = await machine.exec("sh", ["-ec", copies.join("\n")]);
    assert.equal(exitCode, 0, text);
  }

  const make = (...args: string[]) => machine.run("bundle", "kind", "--out", bundle(), ...args);

  it("ends in one sentence where a blob is missing, and what is there is no whole bundle; then it is made whole", async () => {
    const images = Object.values(loadImages(path.join(machine.project, "pipelines/images.yaml")));
    const node = images.find((it) => it.includes("kindest/node"))!;
    const url = `https://registry-1.docker.io/v2/kindest/node/manifests/${node.split("@")[1]!}`;
    machine.answer({ [url]: "404" });
    const failed = await make();
    assert.equal(failed.exitCode, 1, failed.text);
    assert.match(failed.text.trimEnd().split("\n").at(-1)!, /kindest\/node:\S+: https:\S+ answers 404$/);
    assert.ok(!fs.existsSync(path.join(bundle(), "SHA256SUMS")));
    machine.answer({});
    machine.forget();
    const { exitCode, text } = await make();
    assert.equal(exitCode, 0, text);
    // Tools came whole before.
    assert.ok(!machine.asked.includes(`GET ${ADDRESSES.pulumi}`), machine.asked.join("\n"));
    assert.deepEqual(fs.readdirSync(bundle()).sort(), ["SHA256SUMS", "bin", "bundle.json", "images", "manifests"]);
    execFileSync("sha256sum", ["--quiet", "--check", "SHA256SUMS"], { cwd: bundle() });
  });

  it("asks for nothing but what tags lead to when it is made again, and is the same", async () => {
    const before = fs.readFileSync(path.join(bundle(), "SHA256SUMS"), "utf8");
    const { exitCode, text } = await make();
    assert.equal(exitCode, 0, text);
    assert.deepEqual(
      machine.asked.filter((line) => !line.includes("/manifests/")),
      [],
    );
    assert.equal(fs.readFileSync(path.join(bundle(), "SHA256SUMS"), "utf8"), before);
  });

  it("is all that npm start needs: without any network it comes to where an engine would make nodes", async () => {
    machine.clean();
    const start = 'ip link set lo up && exec "$@"';
    const command = [process.execPath, "--import", "tsx", "stacks/commands/main.ts", "start", "--yes"];
    const { exitCode, text } = await machine.exec("unshare", ["--net", "sh", "-c", start, "sh", ...command], {
      OKD_STREAMS_OFFLINE: bundle(),
    });
    assert.equal(exitCode, 1, text);
    assert.match(text, /Everything that is needed is here\./);
    assert.match(text, /Tools, manifests and images come from \S+\/bundle; nothing is downloaded\./);
    // The nodes' image is in the engine by then, or it would be told that it is not in the bundle.
    assert.match(text, /`kind create cluster` failed/);
  });
});

function isThere(program: string): boolean {
  try {
    execFileSync("which", [program], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
