import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { diagnose, lacksForRegistries } from "../../../stacks/tools/diagnose";
import { localClusterFindings } from "../../../stacks/tools/diagnose-local";
import type { Facts } from "../../../stacks/tools/facts";
import { findingLines } from "../../../stacks/tools/table";
import { complete } from "./facts";

describe("diagnose", () => {
  it("finds everything on a complete machine", () => {
    assert.deepEqual(
      diagnose(complete, localClusterFindings).map(({ name, state, found }) => [name, state, found]),
      [
        ["Node", "ok", "20.20.2"],
        ["container engine", "ok", "docker 28.2.2, cgroup v2"],
        ["kind", "ok", "0.33.0 (cache: /cache/bin/kind)"],
        ["port 5001", "ok", "free, for the registry"],
        ["memory", "ok", "16.0 GiB"],
        ["disk", "ok", "100.0 GiB"],
        ["KVM", "ok", "/dev/kvm"],
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
    ["no kind", { kind: undefined }, "kind", ["fetched", "none", "npm start gets it"]],
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
      "too many KinD nodes",
      { inotify: { limit: 128, nodes: 4 } },
      "inotify",
      [
        "note",
        "128 instances, and 4 KinD nodes take 26 each",
        "a further cluster would not get ready: sysctl -w fs.inotify.max_user_instances=512",
      ],
    ],
    [
      "little memory",
      { memoryGiB: 4 },
      "memory",
      ["note", "4.0 GiB", "less than the 6 GiB that a cluster with its pipelines takes"],
    ],
    ["some disk", { freeGiB: 20.04 }, "disk", ["note", "20.0 GiB", "40 GiB are better"]],
    ["no KVM", { kvm: "no" }, "KVM", ["note", "none", "boot images and kola tests are left out"]],
    ["KVM for others", { kvm: "locked" }, "KVM", ["note", "/dev/kvm is not for this user", "join the group kvm"]],
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

  it("says nothing of inotify while there is room", () => {
    const findings = diagnose({ ...complete, inotify: { limit: 128, nodes: 3 } }, localClusterFindings);
    assert.deepEqual(findings, diagnose(complete, localClusterFindings));
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
