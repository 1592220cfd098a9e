import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { diagnose, lacksForRegistries } from "../../../stacks/tools/diagnose";
import { localClusterFindings } from "../../../stacks/tools/diagnose-local";
import type { Facts } from "../../../stacks/tools/facts";
import { findingLines } from "../../../stacks/tools/table";
import { complete } from "./facts";

const KVM = "KVM inside Pods";
const nodes = (kvm: NonNullable<Facts["nodes"]>["kvm"]) => ({
  ...{ controlPlanes: 1, workers: 0, pending: 0, running: 1 },
  kvm,
});

describe("diagnose", () => {
  it("finds everything on a complete machine", () => {
    assert.deepEqual(
      diagnose(complete, localClusterFindings).map(({ name, state, found }) => [name, state, found]),
      [
        ["Node", "ok", "20.20.2"],
        ["container engine", "ok", "docker 28.2.2, cgroup v2"],
        ["kind", "ok", "0.33.0 (cache: /cache/bin/kind)"],
        ["port 5001", "ok", "free, for the registry"],
        ["CPUs", "ok", "4"],
        ["memory", "ok", "16.0 GiB"],
        ["disk", "ok", "100.0 GiB"],
        ["KVM inside Pods", "ok", "/dev/kvm, as a new cluster gives it to every user"],
        ["Pulumi", "ok", "3.248.0 (machine: /usr/bin/pulumi)"],
        ["Kubernetes plugin", "fetched", "published one"],
        ["dynamic provider", "ok", "the project's own launcher"],
        ["kubectl", "ok", "1.35.4 (/usr/bin/kubectl)"],
        ["offline folder", "note", "none"],
        ["from registries", "note", "possible here (npm run lab -- build)"],
      ],
    );
  });

  const offline = { folder: "/offline", missing: [] };
  const cases: [string, Partial<Facts>, string, [state: string, found: string, remedy: string | undefined]][] = [
    ["an old Node", { node: "18.2.0" }, "Node", ["missing", "18.2.0", "install 20.19.0 or newer"]],
    [
      "no container engine",
      { engine: undefined, debian: false },
      "container engine",
      ["missing", "no Docker and no Podman", "install Docker: https://docs.docker.com/engine/install"],
    ],
    [
      "a dead Docker",
      { engine: { name: "docker", running: false } },
      "container engine",
      ["missing", "docker does not answer", "systemctl start docker, or npm run lab -- engine"],
    ],
    [
      "a dead Docker of somebody else's",
      { engine: { name: "docker", running: false }, root: false },
      "container engine",
      ["missing", "docker does not answer", "start it, or join its group"],
    ],
    [
      "control groups of version 1",
      { engine: { name: "podman", running: true, version: "5.0.0", cgroup: 1 } },
      "container engine",
      [
        "note",
        "podman 5.0.0, cgroup v1",
        "the kubelet of Kubernetes 1.35 and newer refuses it unless its node image says otherwise",
      ],
    ],
    [
      "an engine of another machine",
      { engine: { name: "docker", running: false, problem: "is that of ssh://far (unset DOCKER_HOST)" } },
      "container engine",
      ["missing", "docker is that of ssh://far (unset DOCKER_HOST)", undefined],
    ],
    [
      "an engine without root's rights that can limit nothing",
      { engine: { ...complete.engine!, name: "podman", rootless: true, lacks: ["cpu"] } },
      "container engine",
      [
        "missing",
        "podman 28.2.2, rootless, cgroup v2, without the controllers cpu",
        "systemd has to delegate them to this user: https://kind.sigs.k8s.io/docs/user/rootless",
      ],
    ],
    [
      "an engine whose kernel can limit no memory",
      { engine: { ...complete.engine!, lacks: ["memory"] } },
      "container engine",
      ["missing", "docker 28.2.2, cgroup v2, without the controllers memory", "the kernel has to be started with them"],
    ],
    [
      "control groups of version 1 without root's rights",
      { engine: { ...complete.engine!, cgroup: 1, rootless: true } },
      "container engine",
      [
        "missing",
        "docker 28.2.2, rootless, cgroup v1",
        "kind needs cgroup v2 there: https://kind.sigs.k8s.io/docs/user/rootless",
      ],
    ],
    [
      "an engine in a virtual machine",
      { engine: { ...complete.engine!, machine: "Colima" } },
      "container engine",
      ["ok", "docker 28.2.2, in Colima, cgroup v2", undefined],
    ],
    [
      "the memory of a virtual machine",
      { engine: { ...complete.engine!, machine: "Docker Desktop", memoryGiB: 7.6 } },
      "memory",
      ["note", "7.6 GiB of Docker Desktop", "8 GiB are better: Settings, Resources of Docker Desktop"],
    ],
    [
      "an engine that has far less memory than this machine",
      { engine: { ...complete.engine!, machine: "Colima", memoryGiB: 2 } },
      "memory",
      [
        "missing",
        "2.0 GiB of Colima",
        "less than the 6 GiB that a cluster with its pipelines takes: colima stop && colima start --memory 8",
      ],
    ],
    [
      "memory for many nodes",
      { memoryGiB: 8, nodes: { controlPlanes: 3, workers: 4, pending: 7, running: 0 } },
      "memory",
      ["note", "8.0 GiB", "less than the 10 GiB that a cluster of 7 nodes with its pipelines takes"],
    ],
    [
      "the CPUs of a virtual machine",
      { engine: { ...complete.engine!, machine: "Podman machine", cpus: 1 } },
      "CPUs",
      ["note", "1 of Podman machine", "podman machine stop && podman machine set --cpus 4 && podman machine start"],
    ],
    [
      "a disk that is not seen",
      { engine: { ...complete.engine!, machine: "Colima" } },
      "disk",
      ["ok", "100.0 GiB here; that of Colima is not seen", undefined],
    ],
    [
      "a proxy",
      { proxies: { HTTPS_PROXY: "http://proxy:3128" } },
      "proxy",
      ["ok", "http://proxy:3128 (HTTPS_PROXY)", undefined],
    ],
    [
      "a proxy on this machine",
      { proxies: { HTTP_PROXY: "http://127.0.0.1:3128" } },
      "proxy",
      [
        "note",
        "http://127.0.0.1:3128 (HTTP_PROXY)",
        "KinD's nodes have another localhost: name it by this machine's address",
      ],
    ],
    ["no kind", { kind: undefined }, "kind", ["fetched", "none", "npm start gets it, or https://kind.sigs.k8s.io"]],
    ["no kind, offline", { kind: undefined, offline }, "kind", ["missing", "none", "put kind into /offline/bin"]],
    [
      "an old kind",
      { kind: { path: "/bin/kind", origin: "machine", version: "0.11.0" } },
      "kind",
      ["missing", "0.11.0 (machine: /bin/kind)", "remove it, or install 0.27.0 or newer"],
    ],
    [
      "a Pulumi that does not start",
      { pulumi: { path: "/bin/pulumi", origin: "machine" } },
      "Pulumi",
      ["missing", "does not start (machine: /bin/pulumi)", "remove it, or install 3.206.0 or newer"],
    ],
    [
      "the stand-in plugin",
      { kubernetesPlugin: { path: "/lab/plugin", standIn: true } },
      "Kubernetes plugin",
      ["note", "stand-in (/lab/plugin)", "it serves stack kind and no other"],
    ],
    [
      "no plugin, offline",
      { offline },
      "Kubernetes plugin",
      ["missing", "none", "put pulumi-resource-kubernetes into /offline/bin"],
    ],
    [
      "a port that is taken",
      { ports: [{ port: 5001, use: "the registry", holder: "somebody" }] },
      "port 5001",
      [
        "missing",
        "taken by somebody else",
        "free it, or set another port for the registry in the stack's configuration",
      ],
    ],
    [
      "a port that a container of another's holds",
      { ports: [{ port: 53, protocol: "UDP", use: "cluster.ports[0].host", holder: "somebody", container: "dns" }] },
      "port 53/udp",
      [
        "missing",
        "taken by container dns",
        "free it, or set another port for cluster.ports[0].host in the stack's configuration",
      ],
    ],
    [
      "a port that this user may not try",
      { ports: [{ port: 80, use: "cluster.ports[0].host", holder: "untried" }] },
      "port 80",
      ["note", "cannot be tried by this user; the engine will, for cluster.ports[0].host", undefined],
    ],
    [
      "a port that neither this user nor the engine may publish",
      {
        ports: [{ port: 80, use: "cluster.ports[0].host", holder: "untried" }],
        engine: { ...complete.engine!, rootless: true },
      },
      "port 80",
      [
        "missing",
        "not for this user, whose rights the engine has",
        "sysctl -w net.ipv4.ip_unprivileged_port_start=80, or set another port for cluster.ports[0].host in the stack's configuration",
      ],
    ],
    [
      "a port that the stack itself holds",
      { ports: [{ port: 5001, use: "the registry", holder: "ours" }] },
      "port 5001",
      ["ok", "in use by this stack: the registry", undefined],
    ],
    [
      "a port in use while no container engine runs",
      { ports: [{ port: 5001, use: "the registry", holder: "unknown" }] },
      "port 5001",
      ["note", "in use, for the registry once the container engine runs", undefined],
    ],
    [
      "little memory",
      { memoryGiB: 4 },
      "memory",
      ["note", "4.0 GiB", "less than the 6 GiB that a cluster with its pipelines takes"],
    ],
    ["some disk", { freeGiB: 20.04 }, "disk", ["note", "20.0 GiB", "40 GiB are better"]],
    ["no KVM", { kvm: "no" }, KVM, ["note", "none", "boot images and kola tests are left out"]],
    ["KVM for others", { kvm: "locked" }, KVM, ["note", "/dev/kvm is not for this user", "join the group kvm"]],
    ["KVM in nodes", { nodes: nodes("users") }, KVM, ["ok", "/dev/kvm, as their own user's", undefined]],
    [
      "KVM that nodes keep for root",
      { nodes: nodes("root") },
      KVM,
      [
        "note",
        "/dev/kvm is in the cluster's nodes, for Pods of root alone",
        "a cluster that is made anew has it: npm run destroy, then up",
      ],
    ],
    [
      "KVM that nodes were made without",
      { nodes: nodes("nobody") },
      KVM,
      [
        "note",
        "/dev/kvm is here, but not in the cluster's nodes",
        "a cluster that is made anew has it: npm run destroy, then up",
      ],
    ],
    [
      "KVM under an engine without root's rights",
      { engine: { ...complete.engine!, name: "podman", rootless: true }, nodes: nodes("users") },
      KVM,
      ["note", "/dev/kvm, with the rights that it has here: podman is rootless", "chmod 0666 /dev/kvm"],
    ],
    [
      "KVM beside an engine in a virtual machine",
      { engine: { ...complete.engine!, machine: "Docker Desktop" } },
      KVM,
      ["note", "/dev/kvm is here; that of Docker Desktop is seen once there is a cluster", undefined],
    ],
    ["no kubectl", { kubectl: undefined }, "kubectl", ["note", "none", "not needed, good to have"]],
    [
      "half an offline folder",
      { offline: { folder: "/offline", missing: ["manifests/argo-cd.yaml"] } },
      "offline folder",
      ["note", "/offline lacks manifests/argo-cd.yaml", "nothing is downloaded, so what needs that cannot be deployed"],
    ],
    [
      "an offline folder that is not in use",
      { lab: { folder: "/lab", missing: [] } },
      "offline folder",
      ["note", "/lab, not in use", "export OKD_STREAMS_OFFLINE=/lab"],
    ],
  ];
  for (const [title, facts, name, [state, found, remedy]] of cases) {
    it(`judges ${title}`, () => {
      const finding = diagnose({ ...complete, ...facts }, localClusterFindings).find((it) => it.name === name);
      assert.deepEqual(finding, { name, state, found, ...(remedy !== undefined && { remedy }) });
    });
  }

  describe("of inotify", () => {
    const inotify = (limit: number | undefined, pending: number, running: number) =>
      diagnose(
        { ...complete, inotify: limit, nodes: { controlPlanes: 3, workers: 4, pending, running } },
        localClusterFindings,
      ).find(({ name }) => name === "inotify");

    it("counts the nodes that the stack will make, and those that run", () => {
      assert.deepEqual(inotify(128, 7, 0), {
        name: "inotify",
        state: "missing",
        found: "128 instances, and 7 nodes take 26 each",
        remedy: "sysctl -w fs.inotify.max_user_instances=512",
      });
      assert.equal(inotify(128, 1, 4)?.found, "128 instances, and 1 node beside the 4 that run take 26 each");
      assert.equal(inotify(128, 1, 3), undefined);
    });

    it("says nothing where no node will be made, and where it is not known", () => {
      assert.equal(inotify(128, 0, 7), undefined);
      assert.equal(inotify(undefined, 7, 0), undefined);
    });
  });

  it("says what a build from package registries lacks", () => {
    assert.deepEqual(lacksForRegistries(complete), []);
    assert.deepEqual(lacksForRegistries({ ...complete, debian: false, root: false, go: undefined }), [
      "Debian",
      "root",
      "Go 1.26.4 or newer",
    ]);
  });

  it("aligns its table", () => {
    const lines = findingLines([
      { name: "Node", state: "ok", found: "20.20.2" },
      { name: "kind", state: "fetched", found: "none", remedy: "npm start gets it" },
    ]);
    assert.deepEqual(
      lines.map((line) => stripVTControlCharacters(line)),
      ["✓ Node  20.20.2", "↓ kind  none → npm start gets it"],
    );
  });
});
