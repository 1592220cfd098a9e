import * as assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { findContainerEngine, probeContainerEngine } from "../../../components/clusters/kind/container-engine";
import { FakeTools } from "./fake-tools";

const PODMAN = {
  version: { Version: "5.4.0" },
  host: { cpus: 4, memTotal: 16e9, cgroupVersion: "v2", security: { rootless: true } },
};
const podmanEngine = {
  name: "podman",
  version: "5.4.0",
  cpus: 4,
  memoryBytes: 16e9,
  rootless: true,
  cgroupVersion: 2,
};
const dockerEngine = {
  name: "docker",
  version: "28.0.0",
  cpus: 2,
  memoryBytes: 8e9,
  rootless: false,
  cgroupVersion: 2,
};

describe("container engine", () => {
  let tools: FakeTools;
  const wanted = process.env.KIND_EXPERIMENTAL_PROVIDER;

  async function given(...names: string[]): Promise<void> {
    tools.stop();
    tools = await FakeTools.start(names, true);
  }
  function program(name: string, script: string): void {
    tools.write(name, `#!/bin/bash\n${script}\n`);
    chmodSync(tools.file(name), 0o755);
  }

  beforeEach(async () => {
    tools = await FakeTools.start();
  });
  afterEach(() => {
    tools.stop();
    delete process.env.KIND_EXPERIMENTAL_PROVIDER;
    if (wanted !== undefined) process.env.KIND_EXPERIMENTAL_PROVIDER = wanted;
  });

  it("is Docker where Docker answers", async () => {
    program("podman", `echo '${JSON.stringify(PODMAN)}'`);
    assert.deepEqual(await findContainerEngine(), dockerEngine);
  });

  it("is the one that kind's variable names", async () => {
    program("podman", `echo '${JSON.stringify(PODMAN)}'`);
    process.env.KIND_EXPERIMENTAL_PROVIDER = "podman";
    assert.deepEqual(await findContainerEngine(), podmanEngine);
  });

  it("is Podman where Docker does not answer", async () => {
    tools.dead = true;
    program("podman", `echo '${JSON.stringify(PODMAN)}'`);
    assert.deepEqual(await findContainerEngine(), podmanEngine);
  });

  it("is not Docker where `docker` is Podman's", async () => {
    await given();
    program("docker", `echo '${JSON.stringify(PODMAN)}'`);
    assert.deepEqual(await probeContainerEngine("docker"), { name: "docker", state: "missing" });
  });

  it("tells a silent engine from a missing one", async () => {
    await given("docker");
    tools.dead = true;
    const problem = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock";
    assert.deepEqual(await probeContainerEngine("docker"), { name: "docker", state: "silent", problem });
    assert.deepEqual(await probeContainerEngine("podman"), { name: "podman", state: "missing" });
  });

  it("refuses one that it does not know", async () => {
    process.env.KIND_EXPERIMENTAL_PROVIDER = "nerdctl";
    await assert.rejects(findContainerEngine(), {
      message: 'KIND_EXPERIMENTAL_PROVIDER is "nerdctl": allowed are docker and podman.',
    });
  });
});
