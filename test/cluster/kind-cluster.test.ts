import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { findContainerEngine } from "../../components/clusters/kind/container-engine";
import { kvmIn, listNodes } from "../../components/clusters/kind/containers";
import { readImageArchives } from "../../components/clusters/kind/image-archives";
import { provider as nodes, type KindNodesInputs } from "../../components/clusters/kind/nodes-provider";
import { provider as registry, type KindRegistryInputs } from "../../components/clusters/kind/registry-provider";
import { inSequence } from "../sequence";
import { assertSame, clustersAsked, objectsSent } from "./beside-kubectl";
import { offlineFolder, skipUnless } from "./needs";

const NAME = "t-kind";
const REGISTRY = "t-kind-registry";
const PORT = 5012;

/** The dynamic providers at work on real containers: what Pulumi's engine would call, in the order in which it would. */
describe("a KinD cluster", function () {
  this.timeout("10m");
  inSequence(this);
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-test-"));
  const kubeconfig = path.join(scratch, "kubeconfig");
  const { PATH } = process.env;
  let inputs: KindNodesInputs;
  let beside: KindRegistryInputs;
  let id = "";

  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 120_000 });
  const kubectl = (...args: string[]) => run("kubectl", "--kubeconfig", kubeconfig, ...args);
  const create = async () => {
    const { id: made, outs } = await nodes.create!(inputs);
    fs.writeFileSync(kubeconfig, (outs as { kubeconfig: string }).kubeconfig, { mode: 0o600 });
    return made;
  };

  before(async function () {
    skipUnless(this, { bin: ["kind", "kubectl"], images: ["index.txt", "kind-node.tar", "registry.tar"] });
    process.env.PATH = `${path.join(offlineFolder(), "bin")}:${PATH ?? ""}`;
    const images = path.join(offlineFolder(), "images");
    const index = fs.readFileSync(path.join(images, "index.txt"), "utf8").split("\n");
    const named = (part: string) => index.find((line) => line.includes(part))!.split(" ")[0]!;
    const nodeImage = named("kind-node:");
    inputs = {
      ...{ stack: "test", name: NAME, controlPlanes: 1, workers: 0, nodeImage, mounts: [], ports: [], kvm: false },
      defaultNodeImage: "default:1",
      archivesFolder: images,
      registry: { name: REGISTRY, port: PORT },
    };
    beside = { cluster: "", clusterName: NAME, name: REGISTRY, port: PORT, image: named("registry:"), nodeImage };
    // The index names images of localhost:5001, which is not this registry: they are left where they are.
    const own = path.join(scratch, "images");
    fs.mkdirSync(own);
    for (const file of ["kind-node.tar", "registry.tar"]) fs.symlinkSync(path.join(images, file), path.join(own, file));
    fs.writeFileSync(
      path.join(own, "index.txt"),
      index
        .filter((line) => line && !line.startsWith("localhost:") && /(kind-node|registry)\.tar$/.test(line))
        .join("\n"),
    );
    inputs.archivesFolder = own;
    beside.imageArchives = await readImageArchives(own);
  });

  after(async () => {
    if (!inputs) return;
    await registry.delete!(REGISTRY, beside);
    await nodes.delete!(id, inputs);
    process.env.PATH = PATH;
    fs.rmSync(scratch, { recursive: true, force: true });
  });

  it("is made, and its nodes are ready", async () => {
    id = await create();
    assert.match(kubectl("get", "nodes"), /t-kind-control-plane +Ready/);
    assert.deepEqual(await nodes.diff!(id, inputs, inputs), { changes: false });
  });

  it("has nodes whose containers get devices as their own user's: steps that boot machines are not root", async () => {
    const configuration = run("docker", "exec", `${NAME}-control-plane`, "containerd", "config", "dump");
    assert.match(configuration, /^ *device_ownership_from_security_context = true$/m);
    const engine = await findContainerEngine();
    const [node] = await listNodes(engine, NAME);
    assert.equal(await kvmIn(engine, node!), fs.existsSync("/dev/kvm") ? "users" : "nobody");
  });

  it("is taken over as it is when an update was killed after it was made", async () => {
    assert.equal(await create(), id);
  });

  it("has a registry beside it that its nodes reach", async () => {
    await registry.create!({ ...beside, cluster: id });
    assert.equal((await registry.diff!(REGISTRY, beside, { ...beside, cluster: id })).changes, true);
    const hosts = run("docker", "exec", `${NAME}-control-plane`, "curl", "-fsS", `http://${REGISTRY}:5000/v2/`);
    assert.equal(hosts.trim(), "{}");
    run(
      "docker",
      "exec",
      `${NAME}-control-plane`,
      "test",
      "-s",
      `/etc/containerd/certs.d/localhost:${PORT}/hosts.toml`,
    );
  });

  it("gets from us the objects that it gets from kubectl", async () => {
    assertSame(await objectsSent(kubeconfig, scratch), 30);
  });

  it("is asked by us as by kubectl, whatever the kubeconfig is like", async () => {
    assertSame(await clustersAsked(kubeconfig, scratch), 8);
  });

  it("is started again when its container was stopped", async () => {
    run("docker", "stop", `${NAME}-control-plane`);
    assert.deepEqual(await nodes.diff!(id, inputs, inputs), { changes: true });
    await nodes.update!(id, inputs, inputs);
    assert.match(kubectl("get", "nodes"), /Ready/);
  });

  it("is made anew, under another identity, when it was deleted behind our back", async () => {
    run("kind", "delete", "cluster", "--name", NAME, "--kubeconfig", kubeconfig);
    assert.deepEqual(await nodes.diff!(id, inputs, inputs), { changes: true, replaces: ["name"] });
    assert.deepEqual(await nodes.read!(id, inputs), { id: "", props: {} });
    const anew = await create();
    assert.notEqual(anew, id);
    id = anew;
  });

  it("is refused to another stack", async () => {
    await assert.rejects(nodes.create!({ ...inputs, stack: "another" }), /stack another did not make/);
  });

  it("is removed without a trace, and again without an error", async () => {
    for (let times = 0; times < 2; times++) {
      await registry.delete!(REGISTRY, beside);
      await nodes.delete!(id, inputs);
    }
    assert.doesNotMatch(run("docker", "ps", "-a", "--format", "{{.Names}}"), /t-kind/);
  });
});
