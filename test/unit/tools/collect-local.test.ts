import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { requireFreePort, tryPort } from "../../../components/clusters/kind/port";
import { collectLocal, type WantedPort } from "../../../stacks/tools/collect-local";
import { FakeTools } from "../clusters/fake-tools";

describe("what containers of this machine hold", () => {
  let tools: FakeTools;
  beforeEach(async () => {
    tools = await FakeTools.start();
  });
  afterEach(() => tools.stop());

  const nodes = { cluster: "c", controlPlanes: 1, workers: 2 };
  const wanted = (port: number, protocol: WantedPort["protocol"] = "TCP"): WantedPort => ({
    port,
    protocol,
    use: "x",
    mayHold: ({ name }) => name === "ours",
  });
  const holder = async (port: WantedPort) => (await collectLocal({ ports: [port], nodes })).ports[0];
  const node = (cluster: string, role: string, running = true) =>
    tools.addContainer({
      name: `${cluster}-${role}`,
      running,
      labels: { "io.x-k8s.kind.cluster": cluster, "io.x-k8s.kind.role": role },
    });

  it("is told by the engine, also of ports on which nobody is seen to listen", async () => {
    tools.addContainer({ name: "ours", ports: { "5000/tcp": "5001" } });
    tools.addContainer({ name: "theirs", ports: { "80/tcp": "5002" } });
    assert.deepEqual(await holder(wanted(5001)), { port: 5001, use: "x", holder: "ours", container: "ours" });
    assert.deepEqual(await holder(wanted(5002)), { port: 5002, use: "x", holder: "somebody", container: "theirs" });
  });

  it("is not what a stopped container will want, nor a port of another protocol or another interface", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    tools.addContainer({ name: "theirs", running: false, ports: { "80/udp": String(port) } });
    tools.addContainer({ name: "resolver", ports: { "53/tcp": String(port) } });
    tools.addContainer({ name: "elsewhere", ports: { "53/udp": `192.0.2.7:${port}` } });
    const stopping = tools.addContainer({ name: "stopping", ports: { "53/udp": String(port) } });
    tools.afterListing = () => (stopping.running = false);
    try {
      assert.deepEqual(await holder(wanted(port, "UDP")), { port, protocol: "UDP", use: "x", holder: "nobody" });
    } finally {
      server.close();
    }
  });

  it("is somebody's where a program listens, TCP or UDP", async () => {
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    const { port } = socket.address();
    try {
      assert.deepEqual(await holder(wanted(port, "UDP")), { port, protocol: "UDP", use: "x", holder: "somebody" });
      assert.equal((await holder(wanted(port)))?.holder, "nobody");
    } finally {
      socket.close();
    }
  });

  it("is unknown where the engine cannot be asked", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    tools.unanswered = "ps";
    try {
      assert.equal((await holder(wanted(port)))?.holder, "unknown");
      tools.stop();
      tools = await FakeTools.start(["docker"], true);
      tools.dead = true;
      assert.equal((await holder(wanted(port)))?.holder, "unknown");
    } finally {
      server.close();
    }
  });

  it("is not known of a port that this user may not listen on", async function () {
    // Root may: it becomes another user for the while.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid!(65534);
    try {
      // Some systems give low ports to all.
      if ((await tryPort(1)) === "free") return this.skip();
      assert.equal((await holder(wanted(1)))?.holder, "untried");
      await requireFreePort(1, "cluster.ports[0].host");
    } finally {
      if (isRoot) process.seteuid!(0);
    }
  });

  it("is counted in nodes: those that run, and those of the stack that are still to come", async () => {
    node("c", "control-plane");
    node("c", "worker", false);
    node("other", "control-plane");
    node("other", "external-load-balancer");
    const { nodes: found } = await collectLocal({ ports: [], nodes });
    assert.deepEqual(found, { controlPlanes: 1, workers: 2, pending: 2, running: 2 });
  });

  it("is /dev/kvm in Pods of the stack's nodes, as a node that runs says", async () => {
    tools.said = "users\n";
    node("other", "control-plane");
    assert.equal((await collectLocal({ ports: [], nodes })).nodes?.kvm, undefined);
    node("c", "control-plane");
    assert.equal((await collectLocal({ ports: [], nodes })).nodes?.kvm, "users");
  });

  it("is nothing that is asked for by a stack without containers", async () => {
    const { ports, nodes: found } = await collectLocal();
    assert.deepEqual([ports, found], [[], undefined]);
  });

  it("is in an engine of which is said what it can, or why it is not used", async () => {
    assert.deepEqual((await collectLocal()).engine, {
      ...{ name: "docker", running: true, version: "28.0.0", cgroup: 2, rootless: false, lacks: [] },
      ...{ cpus: 2, memoryGiB: 8e9 / 1024 ** 3 },
    });
    tools.endpoint = "tcp://far:2376";
    assert.deepEqual((await collectLocal()).engine, {
      name: "docker",
      running: false,
      problem:
        "is that of tcp://far, where a KinD cluster has its ports and folders, not here (unset DOCKER_HOST, or: docker context use default)",
    });
  });

  it("is said of an engine that this project does not know", async () => {
    process.env.KIND_EXPERIMENTAL_PROVIDER = "nerdctl";
    try {
      assert.deepEqual((await collectLocal()).engine, {
        name: "nerdctl",
        running: false,
        problem: "is none that this project knows: unset KIND_EXPERIMENTAL_PROVIDER",
      });
    } finally {
      delete process.env.KIND_EXPERIMENTAL_PROVIDER;
    }
  });
});
