import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import {
  provider as images,
  type AgentImageInputs,
  type AgentImageState,
} from "../../../../components/clusters/moc/agent-image-provider";
import { removeIso } from "../../../../components/clusters/moc/iso";
import { credentialsIn, requireInstaller, watcherTokenIn } from "../../../../components/clusters/moc/installer";
import { FakeCloud } from "../../openstack/fake-cloud";
import { findableAs } from "../../openstack/provider-cloud";
import { StandInInstaller } from "./installer";

const host = (mac: string) => ({ hostname: mac, interfaces: [{ name: "nic0", macAddress: mac }] });
const agentConfig = (...macs: string[]) => ({ kind: "AgentConfig", hosts: macs.map(host) });

const SURROUNDINGS = { proxy: { httpProxy: "http://proxy:3128" } };

describe("ISO that installs a cluster (with a stand-in for openshift-install)", () => {
  findableAs("site", new FakeCloud());
  let installer: StandInInstaller;
  let server: { folder: string; url: string };
  let inputs: AgentImageInputs;
  beforeEach(() => {
    installer = new StandInInstaller();
    server = { folder: path.join(installer.folder, "www"), url: "https://iso.example.org/okd/" };
    mkdirSync(server.folder);
    inputs = {
      ...{ cloud: "site", stack: "moc", name: "iso", version: "4.21", pullSecret: '{"auths":{}}', server },
      installConfig: { metadata: { name: "moc" } },
      agentConfig: agentConfig("52:54:00:00:00:01", "52:54:00:00:00:02"),
    };
  });
  afterEach(() => installer.end());

  const make = async (changes: Partial<AgentImageInputs> = {}) =>
    (await images.create!({ ...inputs, ...changes })) as { id: string; outs: AgentImageState };
  /** Its ISO is taken away, as after the installation. */
  const install = async ({ outs }: Awaited<ReturnType<typeof make>>) => removeIso(outs, outs.iso);
  const diff = (olds: AgentImageState, changes: Partial<AgentImageInputs>) =>
    images.diff!("id", olds, { ...inputs, ...changes });
  const temporary = () => readdirSync(installer.folder).filter((name) => name.startsWith("okd-streams-installer-"));

  it("gives the installer its files, and the nodes an ISO that nobody finds by chance", async () => {
    const { outs } = await make({
      releaseImage: "quay.io/okd/scos-release:4.21.0",
      sshKey: "ssh-ed25519 AAAA",
      surroundings: SURROUNDINGS,
    });
    const [name] = readdirSync(server.folder);
    assert.equal(outs.iso, `https://iso.example.org/okd/${name!}`);
    assert.match(name!, /^okd-streams-moc-[0-9a-f-]{36}\.iso$/);
    const iso = readFileSync(path.join(server.folder, name!), "utf8");
    assert.match(iso, /ISO of quay.io\/okd\/scos-release:4.21.0\n/);
    assert.match(iso, /pullSecret: '\{"auths":\{\}\}'/);
    assert.match(iso, /sshKey: ssh-ed25519 AAAA\n/);
    assert.match(iso, /^proxy:\n {2}httpProxy: http:\/\/proxy:3128$/m);
    assert.match(iso, /kind: AgentConfig\n/);
    assert.deepEqual(temporary(), []);
  });

  it("keeps what the installation needs: kubeconfig, password, and what the service lets a watcher in with", async () => {
    const { outs } = await make();
    const { kubeconfig, password } = credentialsIn(outs.files);
    assert.match(kubeconfig, /^apiVersion: v1\nkind: Config\n/);
    assert.ok(password.length > 10);
    assert.equal(watcherTokenIn(outs.files), "stand-in.watcher.token");
  });

  it("is minimal for nodes that boot by iPXE, and has the user's web server give the rest", async () => {
    const { outs } = await make({ minimal: true, bootArtifactsBaseURL: "https://boot.example.org" });
    const iso = readFileSync(path.join(server.folder, path.basename(outs.iso)), "utf8");
    assert.match(iso, /^minimalISO: true\nbootArtifactsBaseURL: https:\/\/boot.example.org$/m);
    assert.ok(readdirSync(server.folder).includes("agent.x86_64-rootfs.img"));
    await images.delete!("id", outs);
    assert.deepEqual(readdirSync(server.folder), ["agent.x86_64-rootfs.img"]);
  });

  it("is not minimal where nobody asks for it", async () => {
    const { outs } = await make({ minimal: false, bootArtifactsBaseURL: "https://boot.example.org" });
    assert.doesNotMatch(
      readFileSync(path.join(server.folder, path.basename(outs.iso)), "utf8"),
      /minimalISO|bootArtifacts/,
    );
  });

  it("removes what a killed run left in the temporary folder, of the same stack only", async () => {
    const left = path.join(installer.folder, "okd-streams-installer-moc-x1y2z3");
    const others = path.join(installer.folder, "okd-streams-installer-moc-test-x1y2z3");
    for (const folder of [left, others]) {
      mkdirSync(folder);
      writeFileSync(path.join(folder, "kubeconfig"), "a secret");
    }
    await make();
    assert.deepEqual(temporary(), [path.basename(others)]);
  });

  it("makes another ISO for any change before the installation", async () => {
    const { outs } = await make();
    assert.deepEqual(await diff(outs, {}), { changes: false });
    assert.deepEqual(await diff(outs, { pullSecret: "{}" }), { changes: true, replaces: ["pullSecret"] });
    assert.deepEqual(await diff(outs, { agentConfig: agentConfig("52:54:00:00:00:03") }), {
      changes: true,
      replaces: ["agentConfig"],
    });
  });

  it("never installs anew for a change: writes down what is changed in the cluster, refuses the rest", async () => {
    const image = await make();
    await install(image);
    const { outs } = image;
    assert.deepEqual(await diff(outs, {}), { changes: false });
    assert.deepEqual(await diff(outs, { pullSecret: "{}", version: "4.22", minimal: true }), { changes: true });
    assert.deepEqual(await diff(outs, { surroundings: SURROUNDINGS }), { changes: true });
    const refused = /^OKD is installed on these nodes, and .* changed since .*npm run destroy -- moc` first\.$/;
    await assert.rejects(diff(outs, { installConfig: { metadata: { name: "other" } } }), { message: refused });
    await assert.rejects(diff(outs, { agentConfig: agentConfig("52:54:00:00:00:01", "52:54:00:00:00:09") }), {
      message: refused,
    });
  });

  it("is as it was where a worker was given back, and where a control plane was it is not", async () => {
    const host = (role: string, mac: string) => ({ role, interfaces: [{ macAddress: mac }] });
    const config = (roles: string[], replicas: number) => ({
      agentConfig: {
        kind: "AgentConfig",
        hosts: roles.map((role, index) => host(role, `52:54:00:00:00:0${String(index)}`)),
      },
      installConfig: { metadata: { name: "moc" }, compute: [{ name: "worker", replicas }] },
    });
    const image = await make(config(["master", "master", "worker", "worker"], 2));
    await install(image);
    assert.deepEqual(await diff(image.outs, config(["master", "master", "worker"], 1)), { changes: true });
    await assert.rejects(diff(image.outs, config(["master"], 0)), {
      message: /^OKD is installed on these nodes, and agentConfig/,
    });
  });

  it("installs anew where all machines are others, and leaves open what a preview does not know", async () => {
    const image = await make();
    await install(image);
    assert.deepEqual(await diff(image.outs, { agentConfig: agentConfig("52:54:00:00:00:08") }), {
      changes: true,
      replaces: ["agentConfig"],
    });
    const unknown = agentConfig("52:54:00:00:00:01", "04da6b54-80e4-46f7-96ec-b56ff0331ba9");
    assert.deepEqual(await diff(image.outs, { agentConfig: unknown }), { changes: true });
  });

  it("takes away an ISO that nothing was installed from", async () => {
    const { outs } = await make();
    await images.delete!("id", outs);
    await images.delete!("id", outs);
    assert.deepEqual(readdirSync(server.folder), []);
  });

  it("says that the web server's folder is not there", async () => {
    rmSync(server.folder, { recursive: true });
    await assert.rejects(make(), { message: /^cluster.okd.iso.folder: .*www is not there: make the folder/ });
    assert.deepEqual(temporary(), []);
  });

  it("wants the installer of the version, and nmstatectl", async () => {
    await requireInstaller("4.21");
    await assert.rejects(requireInstaller("4.20"), {
      message: /^openshift-install on PATH is of 4.21, but cluster.okd.version is 4.20/,
      exitCode: 3,
    });
    process.env.PATH = installer.folder;
    await assert.rejects(requireInstaller("4.21"), {
      message: /^openshift-install is missing: the installation of OKD 4.21 needs it on PATH, `oc adm release extract/,
      exitCode: 3,
    });
  });
});
