import { levelFindings } from "./cpu-level";
import type { Facts } from "./facts";
import { toolFinding, type Finding } from "./finding";
import { minimum } from "./pins";

/** What a cluster whose nodes are containers of this machine needs of it. */
export function localClusterFindings(facts: Facts): Finding[] {
  return [
    engineFinding(facts),
    toolFinding("kind", facts.kind, minimum.kind, facts.offline),
    ...facts.ports.map(portFinding),
    ...inotifyFindings(facts),
    sizeFinding("memory", facts.memoryGiB, 6, 8),
    sizeFinding("disk", facts.freeGiB, 10, 40),
    kvmFinding(facts),
    ...levelFindings(facts),
  ];
}

function engineFinding({ engine, debian, root }: Facts): Finding {
  const name = "container engine";
  if (!engine) {
    const remedy = debian ? "apt-get install docker.io, or https://docs.docker.com/engine/install" : installDocker;
    return { name, state: "missing", found: "no Docker and no Podman", remedy };
  }
  const { name: program, version, running, cgroup } = engine;
  if (!running) {
    const start = root ? "systemctl start docker, or npm run lab -- engine" : "start it, or join its group";
    return {
      name,
      state: "missing",
      found: `${program} does not answer`,
      remedy: program === "docker" ? start : "start it",
    };
  }
  const found = `${program} ${version}, cgroup v${cgroup}`;
  if (cgroup === 2) return { name, state: "ok", found };
  return {
    name,
    state: "note",
    found,
    remedy: "the kubelet of Kubernetes 1.35 and newer refuses it unless its node image says otherwise",
  };
}

const installDocker = "install Docker: https://docs.docker.com/engine/install";

function portFinding({ port, use, holder }: Facts["ports"][number]): Finding {
  const name = `port ${port}`;
  if (holder === "nobody") return { name, state: "ok", found: `free, for ${use}` };
  if (holder === "ours") return { name, state: "ok", found: `in use by this stack: ${use}` };
  if (holder === "unknown") return { name, state: "note", found: `in use, for ${use} once the container engine runs` };
  const remedy = `free it, or set another port for ${use} in the stack's configuration`;
  return { name, state: "missing", found: "taken by somebody else", remedy };
}

/** What a node of a KinD cluster takes (seen: 26), and what it needs to be left. */
const INOTIFY_OF_A_NODE = 26;

function inotifyFindings({ inotify }: Facts): Finding[] {
  if (!inotify || inotify.limit >= (inotify.nodes + 1) * INOTIFY_OF_A_NODE) return [];
  const found = `${inotify.limit} instances, and ${inotify.nodes} KinD nodes take ${INOTIFY_OF_A_NODE} each`;
  const remedy = "a further cluster would not get ready: sysctl -w fs.inotify.max_user_instances=512";
  return [{ name: "inotify", state: "note", found, remedy }];
}

function sizeFinding(name: string, gib: number, needed: number, wanted: number): Finding {
  const found = `${gib.toFixed(1)} GiB`;
  if (gib >= wanted) return { name, state: "ok", found };
  if (gib >= needed) return { name, state: "note", found, remedy: `${wanted} GiB are better` };
  return { name, state: "note", found, remedy: `less than the ${needed} GiB that a cluster with its pipelines takes` };
}

function kvmFinding({ kvm }: Facts): Finding {
  if (kvm === "yes") return { name: "KVM", state: "ok", found: "/dev/kvm" };
  if (kvm === "locked") {
    return { name: "KVM", state: "note", found: "/dev/kvm is not for this user", remedy: "join the group kvm" };
  }
  return { name: "KVM", state: "note", found: "none", remedy: "boot images and kola tests are left out" };
}
