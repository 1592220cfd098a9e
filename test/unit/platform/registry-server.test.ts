import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { REGISTRY_SERVER } from "../../../components/registry-server";
import { pushManifest } from "../gate/fake-registry";
import { answering, find, freePort, requireTools } from "../scripts/machine";
import { run } from "../scripts/task";

/** Before the sweep that is due, and before the quiet that it waits for. */
const YESTERDAY = new Date(Date.now() - 48 * 3_600_000);

describe("the program of a registry of ours", () => {
  let folder: string;
  let address: string;
  let program: ChildProcess;
  let said: string;

  beforeEach(async function () {
    if (!find("registry", "docker-registry")) this.skip();
    folder = mkdtempSync(join(tmpdir(), "okd-streams-registry-"));
    mkdirSync(join(folder, "data"));
    address = `127.0.0.1:${await freePort()}`;
  });
  afterEach(async () => {
    if (program.exitCode === null) await end();
    rmSync(folder, { recursive: true });
  });

  async function start(): Promise<void> {
    said = "";
    program = spawn("/bin/sh", ["-c", REGISTRY_SERVER], {
      env: {
        PATH: process.env.PATH,
        REGISTRY_HTTP_ADDR: address,
        REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: data(),
        LOOK_SECONDS: "0.1",
      },
      stdio: ["ignore", "pipe", "ignore"],
    });
    program.stdout!.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await answering(`http://${address}/v2/`);
  }
  async function end(): Promise<number | null> {
    const ended = new Promise<number | null>((done) => program.once("exit", done));
    program.kill("SIGTERM");
    return ended;
  }
  const data = (...path: string[]) => join(folder, "data", ...path);
  const blob = (digest: string) => data("docker/registry/v2/blobs/sha256", digest.slice(7, 9), digest.slice(7), "data");
  const manifest = (digest: string, method = "GET") =>
    fetch(`http://${address}/v2/okd/x/manifests/${digest}`, {
      method,
      headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
    });
  const remove = async (digest: string) => assert.equal((await manifest(digest, "DELETE")).status, 202);
  function age(): void {
    for (const file of readdirSync(data(), { recursive: true, encoding: "utf8" }))
      utimesSync(data(file), YESTERDAY, YESTERDAY);
  }
  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await pause(20);
  }

  it("sweeps what no manifest names once a day has passed, and goes on to serve what one names", async () => {
    await start();
    const [stays, goes] = [
      await pushManifest(address, "okd/x", "stays", { a: "1" }),
      await pushManifest(address, "okd/x", "goes", { a: "2" }),
    ];
    await remove(goes);
    assert.ok(existsSync(blob(goes)), "the registry itself only forgets it");
    age();
    await until(() => said.includes("swept: 1 blobs"));
    assert.ok(!existsSync(blob(goes)));
    await answering(`http://${address}/v2/`);
    assert.equal((await manifest(stays)).status, 200);
    const again = await pushManifest(address, "okd/x", "goes", { a: "2" });
    assert.equal((await manifest(again)).status, 200, "what is gone can be pushed again");
  });

  it("waits as long as something is pushed, and says so", async () => {
    await start();
    const goes = await pushManifest(address, "okd/x", "goes", {});
    await remove(goes);
    utimesSync(data(".swept"), YESTERDAY, YESTERDAY);
    await until(() => said.includes("a sweep is due, and waits until nothing was pushed for 30 minutes\n"));
    assert.ok(existsSync(blob(goes)));
    age();
    await until(() => said.includes("swept: 2 blobs"));
    assert.equal(said.split("a sweep is due").length, 2, "once");
  });

  it("ends with its registry when it is told to, and when that ends", async () => {
    await start();
    assert.equal(await end(), 0);
    await assert.rejects(fetch(`http://${address}/v2/`));
    await start();
    const ended = new Promise<number | null>((done) => program.once("exit", done));
    await run("pkill", ["-KILL", "-P", String(program.pid), "registry|docker-registry"]);
    assert.notEqual(await ended, 0, "whoever runs it starts it again");
  });

  it("passes shellcheck", async function () {
    requireTools(this, "shellcheck");
    assert.deepEqual(await run("shellcheck", ["components/registry-server.sh"]), { code: 0, log: "" });
  });
});
