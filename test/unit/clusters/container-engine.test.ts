import * as assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { findContainerEngine, probeContainerEngine } from "../../../components/clusters/kind/container-engine";
import { readDockerInfo, readPodmanInfo } from "../../../components/clusters/kind/engine-info";
import { elsewhere } from "../../../components/clusters/kind/engine-place";
import { FakeTools } from "./fake-tools";

// As Podman 4.3.1 of Debian 12 says it: `podman info --format '{{json .}}'`, without what is not read.
const PODMAN = {
  host: {
    cgroupVersion: "v2",
    cgroupControllers: ["cpuset", "cpu", "io", "memory", "pids"],
    cpus: 4,
    memTotal: 16e9,
    serviceIsRemote: false,
    security: { rootless: true },
  },
  store: { graphRoot: "/var/lib/containers/storage" },
  version: { Version: "4.3.1" },
};
const podmanEngine = {
  name: "podman",
  version: "4.3.1",
  cpus: 4,
  memoryBytes: 16e9,
  rootless: true,
  cgroupVersion: 2,
  lacks: [],
  dataFolder: "/var/lib/containers/storage",
};
const dockerEngine = {
  name: "docker",
  version: "28.0.0",
  cpus: 2,
  memoryBytes: 8e9,
  rootless: false,
  cgroupVersion: 2,
  lacks: [],
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

  it("is not the engine of another machine", async () => {
    tools.endpoint = "ssh://me@far.example.org:2222";
    await assert.rejects(findContainerEngine(), {
      exitCode: 3,
      message:
        "The container engine docker is that of ssh://far.example.org, where a KinD cluster has its ports and folders, " +
        "not here (unset DOCKER_HOST, or: docker context use default).",
    });
  });

  it("refuses Podman's service of another machine", async () => {
    await given();
    program("podman", `echo '${JSON.stringify(PODMAN)}'`);
    process.env.CONTAINER_HOST = "tcp://10.0.0.7:8080";
    try {
      assert.deepEqual(await probeContainerEngine("podman"), {
        name: "podman",
        state: "elsewhere",
        address: "tcp://10.0.0.7",
      });
    } finally {
      delete process.env.CONTAINER_HOST;
    }
  });

  it("is asked for the machine of Podman's connection, the one that is named or the default", async () => {
    await given();
    const connections = [
      { Name: "far", URI: "ssh://core@far.example.org:22/run/podman.sock" },
      { Name: "near", URI: "ssh://core@127.0.0.1:22/run/podman.sock" },
      { Name: "usual", URI: "tcp://10.0.0.7:8080", Default: true },
    ];
    program("podman", `[ "$1" = info ] && echo '${JSON.stringify(PODMAN)}' || echo '${JSON.stringify(connections)}'`);
    const place = async () => {
      const finding = await probeContainerEngine("podman");
      return finding.state === "elsewhere" ? finding.address : finding.state;
    };
    const platform = Object.getOwnPropertyDescriptor(process, "platform")!;
    try {
      process.env.CONTAINER_CONNECTION = "far";
      assert.equal(await place(), "ssh://far.example.org");
      process.env.CONTAINER_CONNECTION = "near";
      assert.equal(await place(), "ready");
      delete process.env.CONTAINER_CONNECTION;
      Object.defineProperty(process, "platform", { ...platform, value: "darwin" });
      assert.equal(await place(), "tcp://10.0.0.7");
    } finally {
      Object.defineProperty(process, "platform", platform);
      delete process.env.CONTAINER_CONNECTION;
    }
  });

  it("is where DOCKER_HOST says to a client that knows no contexts", async () => {
    await given();
    program("docker", "exit 1");
    const { DOCKER_HOST: before } = process.env;
    process.env.DOCKER_HOST = "tcp://10.0.0.7:2376";
    try {
      const elsewhere = { name: "docker", state: "elsewhere", address: "tcp://10.0.0.7" };
      assert.deepEqual(await probeContainerEngine("docker"), elsewhere);
    } finally {
      delete process.env.DOCKER_HOST;
      if (before !== undefined) process.env.DOCKER_HOST = before;
    }
  });

  it("refuses one that it does not know", async () => {
    process.env.KIND_EXPERIMENTAL_PROVIDER = "nerdctl";
    await assert.rejects(findContainerEngine(), {
      message: 'KIND_EXPERIMENTAL_PROVIDER is "nerdctl": allowed are docker and podman.',
    });
  });
});

describe("the place of a container engine", () => {
  for (const here of [
    "unix:///var/run/docker.sock",
    "npipe:////./pipe/docker",
    "tcp://127.0.0.1:2375",
    "ssh://core@localhost:5",
    "tcp://[::1]:1",
    "",
    undefined,
  ]) {
    it(`is this machine for ${String(here)}`, () => assert.equal(elsewhere(here), undefined));
  }
  for (const [address, machine] of [
    ["tcp://docker:2376", "tcp://docker"],
    ["ssh://root:word@10.0.0.7:22/run/podman.sock", "ssh://10.0.0.7"],
    ["tcp://[fd00::7]:2375", "tcp://[fd00::7]"],
  ] as const) {
    it(`is another machine for ${address}, whose credentials stay out of it`, () =>
      assert.equal(elsewhere(address), machine));
  }
});

describe("what a container engine says of itself", () => {
  const DOCKER = { ServerVersion: "28.0.0", NCPU: 4, MemTotal: 8e9, CgroupDriver: "systemd", CgroupVersion: "2" };
  const limits = { CPUShares: true, MemoryLimit: true, PidsLimit: true };

  // Docker Desktop 4.40 and Colima 0.8, as their `docker info` says it.
  const machines: [object, NodeJS.Platform, string | undefined][] = [
    [{ OperatingSystem: "Docker Desktop", Name: "docker-desktop" }, "darwin", "Docker Desktop"],
    [{ OperatingSystem: "Docker Desktop", Name: "docker-desktop" }, "linux", "Docker Desktop"],
    [{ OperatingSystem: "Ubuntu 24.04.2 LTS", Name: "colima" }, "darwin", "Colima"],
    [{ OperatingSystem: "Ubuntu 24.04.2 LTS", Name: "colima-work" }, "darwin", "Colima"],
    [{ OperatingSystem: "OrbStack", Name: "orbstack" }, "darwin", "a virtual machine"],
    [{ OperatingSystem: "Debian GNU/Linux 12", Name: "laptop" }, "linux", undefined],
  ];
  for (const [info, system, machine] of machines) {
    it(`is that it runs in ${machine ?? "no machine of its own"}: ${JSON.stringify(info)} on ${system}`, () => {
      assert.equal(readDockerInfo({ ...DOCKER, ...limits, ...info }, system)?.machine, machine);
    });
  }

  it("is which controllers it has", () => {
    const lacks = (info: object) => readDockerInfo({ ...DOCKER, ...limits, ...info }, "linux")?.lacks;
    assert.deepEqual(lacks({}), []);
    assert.deepEqual(lacks({ CPUShares: false, PidsLimit: false }), ["cpu", "pids"]);
    assert.deepEqual(lacks({ CgroupDriver: "none" }), ["cpu", "memory", "pids"]);
    const podman = (cgroupControllers: string[] | null, Version = "4.3.1") =>
      readPodmanInfo({ ...PODMAN, version: { Version }, host: { ...PODMAN.host, cgroupControllers } }, "linux").lacks;
    assert.deepEqual(podman(["memory", "pids"]), ["cpu"]);
    assert.deepEqual(podman(null), ["cpu", "memory", "pids"]);
    assert.deepEqual(podman(null, "3.4.4"), []);
  });

  it("is whether its containers have the rights of this user", () => {
    const rootless = (...SecurityOptions: string[]) =>
      readDockerInfo({ ...DOCKER, SecurityOptions }, "linux")?.rootless;
    assert.equal(rootless("name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"), true);
    assert.equal(rootless("name=seccomp,profile=/etc/not-rootless.json"), false);
  });
});
