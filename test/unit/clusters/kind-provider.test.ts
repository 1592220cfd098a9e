import * as assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import type { UserError } from "../../../components/errors";
import { markPath } from "../../../components/clusters/kind/config";
import {
  provider,
  removeClusters,
  type KindNodesInputs,
  type KindNodesState,
} from "../../../components/clusters/kind/nodes-provider";
import { FakeTools } from "./fake-tools";

const inputs: KindNodesInputs = {
  stack: "kind",
  name: "c",
  controlPlanes: 1,
  workers: 1,
  defaultNodeImage: "default:1",
  nodeImage: "node:1",
  mounts: [],
  ports: [],
  registry: { name: "reg", port: 0 },
};
const state: KindNodesState = { ...inputs, kubeconfig: "kubeconfig of c\n" };
const id = "c-000100010001";
const FIRST = "0001".repeat(16);
const SECOND = "0002".repeat(16);

const CREATE = "kind create cluster --name c --retain --config - --kubeconfig TMP/kubeconfig";
const DELETE = "kind delete cluster --name c --kubeconfig TMP/kubeconfig";
const GET = "kind get kubeconfig --name c";
const wait = (node: string) => `docker exec ${node} kubectl wait nodes --all --for=condition=Ready --timeout=10s`;
const complete = (node: string) =>
  `docker exec --interactive ${node} sh -c mkdir -p "$(dirname "$0")" && cat >"$0" /etc/okd-streams/complete`;

const create = (news: KindNodesInputs = inputs) => provider.create(news);
const diff = (news: KindNodesInputs = inputs, olds = state) => provider.diff!(id, olds, news);

describe("provider of KinD nodes", () => {
  let tools: FakeTools;
  beforeEach(async () => {
    tools = await FakeTools.start();
  });
  afterEach(() => {
    tools.stop();
  });

  /** A cluster that the provider made, and of which nothing was called yet. */
  async function made(news = inputs): Promise<void> {
    await create(news);
    tools.calls = [];
  }

  describe("create", () => {
    it("makes a cluster, waits for its nodes and marks it as complete", async () => {
      assert.deepEqual(await create(), { id, outs: state });
      assert.deepEqual(tools.calls, ["docker pull --quiet node:1", CREATE, wait(FIRST), complete(FIRST), GET]);
      const marks = tools.containers.map(({ mounts }) => mounts);
      assert.deepEqual(marks, [[markPath(inputs)], [markPath(inputs)]]);
    });

    it("is in a network of its own where it has one, made before it and removed with it", async () => {
      const own = { ...inputs, network: "c-net", until: "2026-01-01T00:00:00.000Z" };
      await create(own);
      assert.equal(
        tools.calls[1],
        "docker network create --label okd-streams.io/stack=kind --label okd-streams.io/until=2026-01-01T00:00:00.000Z " +
          "--opt com.docker.network.driver.mtu=1450 c-net",
      );
      assert.deepEqual(
        tools.containers.map(({ networks }) => networks),
        [["c-net"], ["c-net"]],
      );
      await provider.delete!(id, { ...own, kubeconfig: "" });
      assert.deepEqual([tools.networks, tools.containers], [{}, []]);
    });

    it("is refused a network of that name that the stack did not make", async () => {
      tools.networks["c-net"] = {};
      await assert.rejects(create({ ...inputs, network: "c-net" }), /^UserError: A network c-net of docker exists/);
      assert.deepEqual(tools.containers, []);
    });

    it("excepts what is the cluster's own from a proxy, and sets nothing without one", async () => {
      const names = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];
      const saved = names.map((name) => [name, process.env[name]] as const);
      try {
        for (const name of names) Reflect.deleteProperty(process.env, name);
        await create();
        assert.equal(tools.noProxy, "");
        tools.containers = [];
        Object.assign(process.env, { https_proxy: "http://proxy:3128", no_proxy: "corp" });
        await create({ ...inputs, registry: { ...inputs.registry, host: "there" } });
        assert.equal(tools.noProxy, `corp,there,10.244.0.0/16,10.96.0.0/16,.svc,.cluster.local`);
      } finally {
        for (const [name, value] of saved) {
          if (value === undefined) Reflect.deleteProperty(process.env, name);
          else process.env[name] = value;
        }
      }
    });

    it("uses a complete cluster of ours that no state knows", async () => {
      await made();
      assert.deepEqual(await create(), { id, outs: state });
      assert.deepEqual(tools.calls, [wait(FIRST), GET]);
    });

    it("does not take an engine that does not answer for an answer: what is there stays", async () => {
      await made();
      tools.unanswered = "cp";
      await assert.rejects(create(), /Cannot connect to the Docker daemon/);
      await assert.rejects(provider.delete!("c-of-before", state), /Cannot connect to the Docker daemon/);
      assert.deepEqual(tools.calls, []);
    });

    it("starts such a cluster's stopped nodes", async () => {
      await made();
      for (const node of tools.containers) node.running = false;
      await create();
      assert.deepEqual(tools.calls, [`docker start ${FIRST} ${SECOND}`, wait(FIRST), GET]);
    });

    const halfMade: Record<string, () => unknown> = {
      "that was never completed": () => tools.containers.forEach((node) => (node.files = {})),
      "that lost its worker": () => tools.containers.pop(),
      "that lost its control plane": () => tools.containers.shift(),
      "that has another shape": () =>
        tools.containers.forEach((node) => (node.mounts = ["/etc/okd-streams/kind/000000000000"])),
    };
    for (const [what, harm] of Object.entries(halfMade)) {
      it(`makes a cluster of ours anew ${what}`, async () => {
        await made();
        harm();
        const { id: newId } = await create();
        assert.equal(newId, "c-000300030003");
        const third = "0003".repeat(16);
        assert.deepEqual(tools.calls, [DELETE, CREATE, wait(third), complete(third), GET]);
      });
    }

    for (const mark of ["/srv", "/etc/okd-streams/other/000000000000"]) {
      it(`refuses a cluster of that name that the stack did not make, marked ${mark}`, async () => {
        await made();
        for (const node of tools.containers) node.mounts = [mark];
        await assert.rejects(create(), {
          name: "UserError",
          message:
            "A kind cluster named c exists that stack kind did not make: remove it with " +
            "`kind delete cluster --name c`, or set cluster.name to another name.",
        });
        assert.deepEqual(tools.calls, []);
      });
    }

    it("leaves nothing behind when kind fails, and says why", async () => {
      tools.createFails = true;
      await assert.rejects(create(), {
        message: "`kind create cluster` failed: failed to create cluster: exit status 125.",
      });
      assert.deepEqual(tools.calls, ["docker pull --quiet node:1", CREATE, DELETE]);
      assert.deepEqual(tools.containers, []);
    });

    for (const [key, protocol, wanting] of [
      ["cluster.ports[0].host", "TCP", (port: number) => ({ ports: [{ host: port, container: 80 }] })],
      [
        "cluster.ports[0].host",
        "UDP",
        (host: number) => ({ ports: [{ host, container: 53, protocol: "UDP" as const }] }),
      ],
      ["cluster.registryPort", "TCP", (port: number) => ({ registry: { name: "reg", port } })],
    ] as const) {
      it(`names an occupied port of ${key}, ${protocol}, before any node is made`, async () => {
        const holder =
          protocol === "TCP" ? createServer().listen(0, "127.0.0.1") : createSocket("udp4").bind(0, "127.0.0.1");
        await once(holder, "listening");
        const { port } = holder.address() as AddressInfo;
        try {
          await assert.rejects(create({ ...inputs, ...wanting(port) }), {
            message:
              `Port ${String(port)} of this machine (${key}) is in use: end what listens there, ` +
              `or set ${key} to a free port.`,
          });
        } finally {
          holder.close();
        }
        assert.equal(tools.calls.includes(CREATE), false);
      });
    }

    it("takes no offence at the registry's port where the registry listens on it", async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      tools.addContainer({ name: "reg", ports: { "5000/tcp": String(port) } });
      await create({ ...inputs, registry: { name: "reg", port } });
      server.close();
      assert.equal(tools.calls.includes(CREATE), true);
    });

    it("keeps an old cluster until it knows that the new one's image is there", async () => {
      await made();
      await assert.rejects(create({ ...inputs, nodeImage: "missing:1" }), { name: "UserError" });
      assert.equal(tools.calls.includes(DELETE), false);
    });

    const wrong: [what: string, news: Partial<KindNodesInputs>, message: string][] = [
      [
        "an image that cannot be pulled",
        { nodeImage: "missing:1" },
        "Image missing:1 (cluster.nodeImage) cannot be pulled: manifest unknown.",
      ],
      [
        "a relative path",
        { mounts: [{ hostPath: "data", containerPath: "/data" }] },
        "cluster.mounts[0].hostPath: found data, expected an absolute path.",
      ],
      [
        "a path that is not there",
        { mounts: [{ hostPath: "/not/there", containerPath: "/data" }] },
        "cluster.mounts[0].hostPath: /not/there is not there.",
      ],
    ];
    for (const [what, news, message] of wrong) {
      it(`refuses ${what}`, async () => {
        await assert.rejects(create({ ...inputs, ...news }), { name: "UserError", message });
        assert.equal(tools.calls.includes(CREATE), false);
      });
    }

    it("loads the node image from an archive, and pulls nothing", async () => {
      tools.write("index.txt", "node:1 node.tar\n");
      await create({ ...inputs, archivesFolder: tools.file("") });
      assert.deepEqual(tools.calls.slice(0, 2), ["docker load --input TMP/node.tar", CREATE]);
    });

    it("refuses a node image that the archives lack, and pulls nothing", async () => {
      tools.write("index.txt", "");
      await assert.rejects(create({ ...inputs, archivesFolder: tools.file("") }), {
        message: `Image node:1 (cluster.nodeImage) is not in ${tools.file("")}, and nothing is downloaded.`,
      });
      assert.deepEqual(tools.calls, []);
    });
  });

  describe("prerequisites", () => {
    it("says that the container engine does not answer", async () => {
      tools.dead = true;
      const expected = {
        exitCode: 3,
        message:
          "The container engine docker does not answer, start it: Cannot connect to the Docker daemon at " +
          "unix:///var/run/docker.sock.",
      };
      await assert.rejects(create(), expected);
      await assert.rejects(diff(), expected);
      await assert.rejects(provider.delete!(id, state), expected);
    });

    it("says that there is no container engine", async () => {
      tools.stop();
      tools = await FakeTools.start(["kind"], true);
      await assert.rejects(create(), {
        exitCode: 3,
        message: "No container engine is on PATH (docker, podman): install Docker or Podman.",
      });
    });

    it("says that kind is missing, and leaves nothing behind", async () => {
      tools.stop();
      tools = await FakeTools.start(["docker"], true);
      await assert.rejects(create(), (error: UserError) => {
        assert.equal(error.message, "kind is not on PATH: `npm run doctor` says how to get it.");
        assert.equal(error.exitCode, 3);
        return true;
      });
    });
  });

  describe("diff", () => {
    it("sees no change in a cluster that runs", async () => {
      await made();
      assert.deepEqual(await diff(), { changes: false });
    });

    it("is not disturbed by containers that go away while it looks", async () => {
      await made();
      const passing = tools.addContainer({ name: "d", labels: { "io.x-k8s.kind.cluster": "c" } });
      tools.afterListing = () => tools.containers.splice(tools.containers.indexOf(passing), 1);
      assert.deepEqual(await diff(), { changes: false });
    });

    const changes: [key: string, news: Partial<KindNodesInputs>][] = [
      ["stack", { stack: "other" }],
      ["name", { name: "d" }],
      ["controlPlanes", { controlPlanes: 3 }],
      ["workers", { workers: 0 }],
      ["nodeImage", { nodeImage: "node:2" }],
      ["nodeImage", { nodeImage: undefined }],
      ["mounts", { mounts: [{ hostPath: "/srv", containerPath: "/srv" }] }],
      ["ports", { ports: [{ host: 8080, container: 80 }] }],
    ];
    for (const [key, news] of changes) {
      it(`replaces a cluster when ${key} is ${JSON.stringify(news)}`, async () => {
        await made();
        const expected = { changes: true, replaces: [key] };
        assert.deepEqual(await diff({ ...inputs, ...news }), expected);
      });
    }

    it("does not care where the archives lie, for the registry, nor for a newer default image of nodes", async () => {
      await made();
      const news = {
        ...inputs,
        archivesFolder: "/elsewhere",
        defaultNodeImage: "default:2",
        registry: { name: "reg", port: 1 },
      };
      assert.deepEqual(await diff(news), { changes: false });
    });

    const behindOurBack: [what: string, harm: () => unknown][] = [
      ["was deleted", () => (tools.containers = [])],
      ["lost a node", () => tools.containers.pop()],
      ["was made anew by somebody else", () => (tools.containers[0]!.id = "f".repeat(64))],
    ];
    for (const [what, harm] of behindOurBack) {
      it(`replaces a cluster that ${what}; a refresh forgets it`, async () => {
        await made();
        harm();
        assert.deepEqual(await diff(), { changes: true, replaces: ["name"] });
        assert.deepEqual(await provider.read!(id, state), { id: "", props: {} });
        assert.deepEqual(tools.calls, []);
      });
    }

    it("updates a cluster whose nodes are stopped: they are started", async () => {
      await made();
      tools.containers[1]!.running = false;
      assert.deepEqual(await diff(), { changes: true });
      assert.deepEqual(await provider.read!(id, state), { id, props: state });
      assert.deepEqual(await provider.update!(id, state, inputs), { outs: state });
      assert.deepEqual(tools.calls, [`docker start ${SECOND}`, wait(FIRST), GET]);
      assert.deepEqual(await diff(), { changes: false });
    });
  });

  describe("delete", () => {
    it("deletes the cluster", async () => {
      await made();
      await provider.delete!(id, state);
      assert.deepEqual(tools.calls, [DELETE]);
      assert.deepEqual(tools.containers, []);
    });

    it("is content when the cluster is gone", async () => {
      await provider.delete!(id, state);
      assert.deepEqual(tools.calls, []);
    });

    it("leaves the cluster alone that has replaced it", async () => {
      await made({ ...inputs, workers: 2 });
      await provider.delete!("c-ffffffffffff", state);
      assert.deepEqual(tools.calls, []);
    });

    const leftovers: Record<string, () => unknown> = {
      "a cluster that lost its control plane": () => tools.containers.shift(),
      "a cluster that was never completed": () => tools.containers.forEach((node) => (node.files = {})),
    };
    for (const [what, harm] of Object.entries(leftovers)) {
      it(`deletes what is left of ${what}`, async () => {
        await made();
        harm();
        await provider.delete!("c-ffffffffffff", state);
        assert.deepEqual(tools.calls, [DELETE]);
      });
    }

    it("leaves a foreign cluster of that name alone", async () => {
      await made();
      tools.containers.forEach((node) => (node.mounts = []));
      await provider.delete!(id, state);
      assert.deepEqual(tools.calls, []);
    });
  });

  describe("removeClusters", () => {
    it("removes all clusters of the stack, also unknown ones, and no other's", async () => {
      await made();
      await made({ ...inputs, name: "d" });
      await made({ ...inputs, name: "e", stack: "other" });
      assert.deepEqual(await removeClusters("kind"), ["c", "d"]);
      assert.deepEqual(tools.calls, [DELETE, DELETE.replace("name c", "name d")]);
    });
  });
});
