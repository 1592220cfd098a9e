import assert from "node:assert/strict";
import { type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { secret } from "@pulumi/pulumi";
import { Engine } from "../../../stacks/commands/engine/engine";
import { prepareWorkspace } from "../../../stacks/commands/engine/workspace";
import { DEFAULT_LIMITS } from "../../../stacks/commands/engine/watch";
import { readStack } from "../../../stacks/commands/stack";
import { PROJECT_FOLDER } from "../../../stacks/environment";
import { inSequence } from "../../sequence";
import { offlineFolder } from "../../cluster/needs";
import { pushManifest } from "../../unit/gate/fake-registry";
import { answering, find, freePort, requireTools, startRegistry } from "../../unit/scripts/machine";
import { run } from "../../unit/scripts/task";

const MAIN = path.join(PROJECT_FOLDER, "stacks/commands/main.ts");
const KUBECONFIG = "apiVersion: v1\nkind: Config\nusers: [{ name: admin, user: { token: very-secret } }]\n";
const FIRST = { note: "first" };

/** Pulumi's real engine and a real registry; the stack is two outputs of a program of the test. */
describe("a stack's backup", function () {
  inSequence(this);
  this.timeout("5m");
  let folder: string, backup: string, address: string;
  let registry: ChildProcess;
  let digest: string;
  const environment = { ...process.env };

  before(async function () {
    if (!find("registry")) requireTools(this, "docker-registry");
    if (!fs.existsSync(path.join(offlineFolder(), "bin/pulumi"))) {
      console.log(`      skipped: ${offlineFolder()} has no bin/pulumi`);
      return this.skip();
    }
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-backup-"));
    backup = path.join(folder, "backup");
    Object.assign(process.env, {
      OKD_STREAMS_OFFLINE: offlineFolder(),
      HOME: path.join(folder, "home"),
      XDG_DATA_HOME: path.join(folder, "data"),
      XDG_CONFIG_HOME: path.join(folder, "config"),
      XDG_CACHE_HOME: path.join(folder, "cache"),
    });
    address = `127.0.0.1:${await freePort()}`;
    registry = startRegistry(folder, address);
    await answering(`http://${address}/v2/`);
    digest = await pushManifest(address, "okd/stream-coreos", "5.0-x86_64", FIRST);
    await pushManifest(address, "okd/okd-coreos-records", "5.0-a-amd64", { record: "a" });
    await work(async (engine) => engine.up());
  });
  after(() => {
    registry?.kill();
    if (folder) fs.rmSync(folder, { recursive: true });
    process.env = environment;
  });

  /** The engine on stack kind, with what the test lets it be. */
  async function work<T>(act: (engine: Engine) => Promise<T>): Promise<T> {
    const { configuration, environment } = readStack("kind");
    const engine = await Engine.open({
      ...{ stack: "kind", workspace: prepareWorkspace(configuration, environment), limits: DEFAULT_LIMITS },
      ...{ parallel: 4, logFile: path.join(folder, "log"), recoverable: true },
      program: () =>
        Promise.resolve({
          kubeconfig: secret(KUBECONFIG),
          registry: { address: "kind-registry:5000", pullAddress: address, insecure: true },
        }),
    });
    try {
      return await act(engine);
    } finally {
      engine.close();
    }
  }
  const command = (...args: string[]) => run(process.execPath, ["--import", "tsx", MAIN, ...args]);
  async function succeeds(...args: string[]): Promise<string> {
    const { code, log } = await command(...args);
    assert.equal(code, 0, log);
    return log;
  }
  const tag = async (name: string) => {
    const headers = { accept: "application/vnd.oci.image.manifest.v1+json" };
    return (await fetch(`http://${address}/v2/${name}`, { headers })).headers.get("docker-content-digest");
  };

  it("has the state with its secrets encrypted, what the registry holds, and names the passphrase that it has not", async () => {
    const said = await succeeds("backup", "kind", "--out", backup);
    const passphrase = path.join(folder, "config/okd-streams/passphrase");
    assert.match(said, /The state of stack kind and 2 images of kind-registry:5000 are in /);
    assert.ok(said.includes(`keep ${passphrase} too.`), said);
    const all = fs.readdirSync(backup, { recursive: true, withFileTypes: true }).filter((it) => it.isFile());
    const texts = all.map((it) => fs.readFileSync(path.join(it.parentPath, it.name), "utf8")).join("\n");
    assert.ok(texts.includes('"ciphertext"'), "the state is there");
    assert.ok(!texts.includes("very-secret") && !texts.includes(fs.readFileSync(passphrase, "utf8").trim()));
    await succeeds("backup", "kind", "--out", backup);
  });

  it("does not take the place of a state that is there, nor move a tag back", async () => {
    const moved = await pushManifest(address, "okd/stream-coreos", "5.0-x86_64", { note: "second" });
    const said = await succeeds("restore", "kind", "--from", backup);
    assert.match(said, /Stack kind has a state: it stays as it is\./);
    assert.match(said, /okd\/stream-coreos:5\.0-x86_64 leads to another image by now, and stays there\./);
    assert.equal(await tag("okd/stream-coreos/manifests/5.0-x86_64"), moved);
  });

  it("asks for the passphrase where state and passphrase are gone, and makes none of its own", async () => {
    for (const name of ["data", "home"]) fs.rmSync(path.join(folder, name), { recursive: true, force: true });
    const config = path.join(folder, "config");
    fs.renameSync(config, `${config}-kept`);
    const { code, log } = await command("restore", "kind", "--from", backup);
    assert.equal(code, 3, log);
    assert.match(
      log,
      /passphrase is not there, and the backup's secrets are encrypted: bring the passphrase, which was in /,
    );
    assert.ok(!fs.existsSync(config));
    fs.renameSync(`${config}-kept`, config);
  });

  it("brings back the state, and all images into a registry that has nothing", async () => {
    registry.kill();
    const empty = path.join(folder, "empty");
    fs.mkdirSync(empty);
    registry = startRegistry(empty, address);
    await answering(`http://${address}/v2/`);
    const said = await succeeds("restore", "kind", "--from", backup);
    assert.match(said, /Stack kind has its state of 2\S+Z back/);
    assert.match(said, /has 2 images back; 0 were there, 0 under tags that have moved on/);
    assert.equal(await tag("okd/stream-coreos/manifests/5.0-x86_64"), digest);
    const outputs = await work((engine) => engine.outputs());
    assert.deepEqual(outputs.kubeconfig, { value: KUBECONFIG, secret: true });
    await work((engine) => engine.up(true));
    assert.match(await succeeds("restore", "kind", "--from", backup), /has 0 images back; 2 were there/);
  });
});
