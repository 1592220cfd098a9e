import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { readImageArchives } from "../../../components/clusters/kind/image-archives";
import { provider, type KindRegistryInputs } from "../../../components/clusters/kind/registry-provider";
import { REGISTRY_SERVER, REGISTRY_SERVER_DIGEST } from "../../../components/registry-server";
import { writeLayout } from "../../../components/images/layout";
import { fetchImages } from "../../../stacks/tools/bundle/images";
import { MemoryRegistry } from "../bundle/memory-registry";
import { FakeTools, type FakeContainer } from "./fake-tools";

const PROGRAM = { "okd-streams.io/registry-program": REGISTRY_SERVER_DIGEST };
const OURS = { "okd-streams.io/registry": "", ...PROGRAM };

describe("provider of the registry beside KinD", () => {
  let tools: FakeTools;
  let inputs: KindRegistryInputs;
  let node: FakeContainer;

  beforeEach(async () => {
    tools = await FakeTools.start();
    node = addNode("c", "c-control-plane");
    inputs = { cluster: "c-0001", clusterName: "c", name: "reg", port: await freePort(), image: "registry:3" };
  });
  afterEach(() => {
    tools.stop();
  });

  function addNode(cluster: string, name: string): FakeContainer {
    const labels = { "io.x-k8s.kind.cluster": cluster, "io.x-k8s.kind.role": "control-plane" };
    return tools.addContainer({ name, labels });
  }

  async function made(): Promise<FakeContainer> {
    await provider.create(inputs);
    tools.calls = [];
    return tools.containers.find(({ name }) => name === "reg")!;
  }

  const runCall = () =>
    "docker run --detach --restart always --name reg --label okd-streams.io/registry=registry:3 " +
    `--label okd-streams.io/registry-program=${REGISTRY_SERVER_DIGEST} --network kind ` +
    `--publish 127.0.0.1:${String(inputs.port)}:5000 --volume okd-streams-reg:/var/lib/registry ` +
    `--entrypoint /bin/sh registry:3 -c ${REGISTRY_SERVER}`;
  const write = (file: string) =>
    `docker exec --interactive ${node.id} sh -c mkdir -p "$(dirname "$0")" && cat >"$0" ${file}`;
  const hosts = () =>
    [`localhost:${String(inputs.port)}`, "reg:5000"].map((name) => `/etc/containerd/certs.d/${name}/hosts.toml`);
  const diff = (news: Partial<KindRegistryInputs> = {}) => provider.diff!("reg", inputs, { ...inputs, ...news });

  describe("create and update", () => {
    it("runs it on the nodes' network and tells the nodes how to reach it", async () => {
      assert.deepEqual(await provider.create(inputs), { id: "reg", outs: inputs });
      assert.deepEqual(tools.calls, ["docker pull --quiet registry:3", runCall(), ...hosts().map(write)]);
      const text = '[host."http://reg:5000"]';
      assert.deepEqual(node.files, Object.fromEntries(hosts().map((file) => [file, text])));
    });

    it("has the usual names in a network of its own", async () => {
      node.networks = ["c-net"];
      await provider.create({ ...inputs, host: "kind-registry" });
      assert.ok(tools.calls.some((it) => it.includes("--network c-net --network-alias kind-registry --publish")));
      const names = [`localhost:${String(inputs.port)}`, "localhost:5001", "kind-registry:5000"];
      const text = '[host."http://kind-registry:5000"]';
      assert.deepEqual(
        node.files,
        Object.fromEntries(names.map((name) => [`/etc/containerd/certs.d/${name}/hosts.toml`, text])),
      );
    });

    it("uses the one that runs", async () => {
      await made();
      assert.deepEqual(await provider.update!("reg", inputs, inputs), { outs: inputs });
      assert.deepEqual(tools.calls, hosts().map(write));
    });

    it("starts the one that is stopped", async () => {
      const registry = await made();
      registry.running = false;
      tools.stopRegistry();
      await provider.create(inputs);
      assert.deepEqual(tools.calls, [`docker start ${registry.id}`, ...hosts().map(write)]);
    });

    it("connects it to the network of a cluster that was made anew", async () => {
      const registry = await made();
      registry.networks = [];
      await provider.update!("reg", inputs, inputs);
      assert.deepEqual(tools.calls, [`docker network connect kind ${registry.id}`, ...hosts().map(write)]);
    });

    it("runs it anew, with what it held, when its image or port changes", async () => {
      const registry = await made();
      registry.labels = { "okd-streams.io/registry": "registry:2", ...PROGRAM };
      await provider.update!("reg", inputs, inputs);
      assert.deepEqual(tools.calls, [`docker rm --force ${registry.id}`, runCall(), ...hosts().map(write)]);
    });

    it("runs it anew, with what it held, when an earlier version of this project made it", async () => {
      const registry = await made();
      registry.labels = { "okd-streams.io/registry": "registry:3" };
      assert.equal((await diff()).changes, true);
      await provider.update!("reg", inputs, inputs);
      assert.deepEqual(tools.calls, [`docker rm --force ${registry.id}`, runCall(), ...hosts().map(write)]);
    });

    it("knows its image by the name that it was run by, which Podman does not show; an older one by the engine's", async () => {
      const registry = await made();
      registry.image = "docker.io/library/registry:3";
      await provider.update!("reg", inputs, inputs);
      assert.deepEqual(tools.calls, hosts().map(write));
      registry.labels = OURS;
      await provider.update!("reg", inputs, inputs);
      assert.equal(tools.calls.includes(runCall()), true);
    });

    it("uses one that somebody else made, when it is on that port", async () => {
      const registry = await made();
      registry.labels = {};
      await provider.create(inputs);
      assert.deepEqual(tools.calls, hosts().map(write));
    });

    for (const harm of [{ running: false }, { ports: { "5000/tcp": "1" } }]) {
      it(`refuses a container of that name that somebody else made: ${JSON.stringify(harm)}`, async () => {
        Object.assign(await made(), { labels: {}, ...harm });
        await assert.rejects(provider.create(inputs), {
          name: "UserError",
          message:
            `A container reg exists that OKD Streams did not make, and it is no registry on port ` +
            `${String(inputs.port)} (cluster.registryPort): remove it with \`docker rm --force reg\`.`,
        });
        assert.deepEqual(tools.calls, []);
      });
    }

    it("names an occupied port and its key, before anything is touched", async () => {
      const server = createServer().listen(inputs.port, "127.0.0.1");
      await assert.rejects(provider.create(inputs), {
        message:
          `Port ${String(inputs.port)} of this machine (cluster.registryPort) is in use: end what listens there, ` +
          "or set cluster.registryPort to a free port.",
      });
      server.close();
      assert.deepEqual(tools.calls, []);
    });

    it("says that the cluster went away", async () => {
      tools.containers = [];
      await assert.rejects(provider.create(inputs), { message: "The kind cluster c went away: run it again." });
    });
  });

  describe("image archives", () => {
    const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
    const push = (name: string, archive: string) =>
      "skopeo --insecure-policy copy --quiet --dest-tls-verify=false " +
      `docker-archive:TMP/${archive}:localhost:${String(inputs.port)}/${name} ` +
      `docker://127.0.0.1:${String(inputs.port)}/${name}`;

    /** An archive as `docker save` makes it, as far as it is read. */
    function archive(file: string, configs: Record<string, string>): void {
      const manifest = Object.entries(configs).map(([tag, letter]) => ({
        Config: `${letter.repeat(64)}.json`,
        RepoTags: [tag],
      }));
      mkdirSync(tools.file(`${file}.d`), { recursive: true });
      tools.write(`${file}.d/manifest.json`, JSON.stringify(manifest));
      execFileSync("tar", ["-cf", tools.file(file), "-C", tools.file(`${file}.d`), "manifest.json"]);
      for (const [tag, letter] of Object.entries(configs)) tools.archived[tag] = digest(letter);
    }

    beforeEach(async () => {
      const local = `localhost:${String(inputs.port)}`;
      archive("tools.tar", { [`${local}/lab/tools:1`]: "a", [`${local}/lab/shell:1`]: "b" });
      archive("registry.tar", { "registry:3": "c" });
      archive("other.tar", { "other:1": "d", "other:2": "e" });
      archive("node.tar", { "node:1": "f" });
      tools.write(
        "index.txt",
        `# reference archive\n${local}/lab/tools:1 tools.tar\n${local}/lab/shell:1 tools.tar\n` +
          "registry:3 registry.tar\nother:1 other.tar\nother:2 other.tar\nnode:1 node.tar\n",
      );
      inputs = { ...inputs, nodeImage: "node:1", imageArchives: await readImageArchives(tools.file("")) };
    });

    it("pushes the registry's own images, loads the others into the nodes, and pulls nothing", async () => {
      await provider.create(inputs);
      assert.deepEqual(tools.calls, [
        "docker load --input TMP/registry.tar",
        runCall(),
        ...hosts().map(write),
        push("lab/tools:1", "tools.tar"),
        push("lab/shell:1", "tools.tar"),
        "kind load image-archive TMP/other.tar --name c",
      ]);
    });

    it("pushes only what the registry lacks or has otherwise", async () => {
      await made();
      tools.pushed["lab/shell:1"] = digest("0");
      await provider.update!("reg", inputs, inputs);
      assert.deepEqual(
        tools.calls.filter((call) => call.startsWith("skopeo")),
        [push("lab/shell:1", "tools.tar")],
      );
    });

    it("has another digest when an image is another one, and the same wherever the archives lie", async () => {
      const before = inputs.imageArchives!.digest;
      assert.equal((await readImageArchives(`${tools.file("")}/.`)).digest, before);
      archive("node.tar", { "node:1": "0" });
      assert.notEqual((await readImageArchives(tools.file(""))).digest, before);
    });

    it("says which archive lacks an image that the index names", async () => {
      archive("node.tar", { "node:2": "0" });
      await assert.rejects(readImageArchives(tools.file("")), {
        message: `${tools.file("node.tar")} has no image node:1, which index.txt beside it says.`,
      });
    });

    it("says which line of the index it does not understand", async () => {
      tools.write("index.txt", "node:1\n");
      await assert.rejects(readImageArchives(tools.file("")), {
        message: `${tools.file("index.txt")}: found "node:1", expected "reference archive-file".`,
      });
    });

    it("updates for other images, and for none that merely lie elsewhere", async () => {
      await made();
      const { digest: same } = inputs.imageArchives!;
      assert.deepEqual(await diff({ imageArchives: { folder: "/elsewhere", digest: same } }), { changes: false });
      assert.deepEqual(await diff({ imageArchives: { folder: inputs.imageArchives!.folder, digest: "other" } }), {
        changes: true,
      });
    });
  });

  describe("images of a bundle", () => {
    let registry: MemoryRegistry;
    const images = () => tools.file("images");

    beforeEach(async () => {
      registry = new MemoryRegistry();
      const address = await registry.start();
      const names = ["library/registry", "kindest/node", "library/busybox"];
      for (const name of names) registry.add(name, "1", ["amd64", "arm64"]);
      const [architecture] = [process.arch === "x64" ? "amd64" : process.arch];
      const wanted = { references: names.map((it) => `${address}/${it}:1`), architectures: [architecture] };
      const stored = await fetchImages(images(), { ...wanted, single: new Map() }, { say: () => undefined });
      const reference = ({ reference: of, digest }: { reference: string; digest: string }) =>
        `${of.replace(address, "docker.io")}@${digest}`;
      const named = stored.map((it) => ({ ...it, reference: reference(it) }));
      await writeLayout(images(), named);
      const [own, node] = named.map((it) => it.reference);
      inputs = { ...inputs, image: own!, nodeImage: node!, imageArchives: await readImageArchives(images()) };
    });
    afterEach(() => registry.stop());

    const runs = () => tools.calls.filter((call) => /^docker (load|run|pull)|^skopeo|^kind/.test(call));

    it("has the engine load this machine's image of the registry, by its tag, and take lists with gaps", async () => {
      await assert.rejects(provider.create(inputs), { message: /: its registry does not take|answers/ });
      assert.match(runs()[0]!, /^docker load --input \S+\/image\.tar$/);
      assert.match(
        runs()[1]!,
        / --env REGISTRY_VALIDATION_MANIFESTS_INDEXES_PLATFORMS=none .* docker\.io\/library\/registry:1 -c /,
      );
    });

    it("has the others in the registry under their full names, and nodes ask it first", async () => {
      const target = new MemoryRegistry();
      const port = Number((await target.start()).split(":")[1]);
      const labels = { "okd-streams.io/registry": inputs.image, ...PROGRAM };
      tools.addContainer({ name: "reg", labels, ports: { "5000/tcp": String(port) } });
      try {
        await provider.create({ ...inputs, port });
        assert.deepEqual(runs(), []);
        const digest = registry.add("library/busybox", "1");
        assert.deepEqual(
          [...target.documents.keys()].filter((name) => !name.includes(":") || name.endsWith(digest)).sort(),
          ["1", digest].map((name) => `docker.io/library/busybox/manifests/${name}`),
        );
        assert.equal(
          node.files["/etc/containerd/certs.d/docker.io/hosts.toml"],
          '[host."http://reg:5000/v2/docker.io"]\noverride_path = true',
        );
      } finally {
        await target.stop();
      }
    });
  });

  describe("diff and read", () => {
    it("sees no change in one that runs", async () => {
      await made();
      assert.deepEqual(await diff(), { changes: false });
      assert.deepEqual(await provider.read!("reg", inputs), { id: "reg", props: inputs });
    });

    for (const news of [{ cluster: "c-0002" }, { port: 1 }, { image: "registry:4" }]) {
      it(`updates for ${JSON.stringify(news)}`, async () => {
        await made();
        assert.deepEqual(await diff(news), { changes: true });
      });
    }

    it("replaces it for another name", async () => {
      await made();
      assert.deepEqual(await diff({ name: "other" }), { changes: true, replaces: ["name"], deleteBeforeReplace: true });
    });

    it("updates when it is stopped", async () => {
      (await made()).running = false;
      assert.deepEqual(await diff(), { changes: true });
      assert.deepEqual(await provider.read!("reg", inputs), { id: "reg", props: inputs });
    });

    it("updates when it is gone; a refresh forgets it", async () => {
      await made();
      tools.containers.pop();
      assert.deepEqual(await diff(), { changes: true });
      assert.deepEqual(await provider.read!("reg", inputs), { id: "", props: {} });
    });
  });

  describe("delete", () => {
    const removeVolume = "docker volume rm --force okd-streams-reg";

    it("removes container and volume", async () => {
      const registry = await made();
      await provider.delete!("reg", inputs);
      assert.deepEqual(tools.calls, [`docker rm --force ${registry.id}`, removeVolume]);
    });

    it("is content when the container is gone", async () => {
      await provider.delete!("reg", inputs);
      assert.deepEqual(tools.calls, [removeVolume]);
    });

    it("leaves one that somebody else made", async () => {
      tools.addContainer({ name: "reg", labels: {} });
      await provider.delete!("reg", inputs);
      assert.deepEqual(tools.calls, []);
    });

    it("leaves one that another kind cluster uses, even a stopped one, and removes it after that", async () => {
      await made();
      const other = addNode("d", "d-control-plane");
      Object.assign(other, { running: false, files: { [hosts()[0]!]: "" } });
      await provider.delete!("reg", inputs);
      assert.deepEqual(tools.calls, []);
      other.files = {};
      await provider.delete!("reg", inputs);
      assert.equal(tools.calls.length, 2);
    });

    it("takes no container for it whose name only contains its name", async () => {
      tools.addContainer({ name: "my-reg-2", labels: OURS });
      await provider.delete!("reg", inputs);
      assert.deepEqual(tools.calls, [removeVolume]);
    });
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
