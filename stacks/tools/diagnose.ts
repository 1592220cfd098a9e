import type { Facts, Tool } from "./facts";
import { minimum } from "./pins";
import { atLeast } from "./versions";

/** One thing the machine has or lacks. */
export interface Finding {
  name: string;
  /** `missing`: stack `kind` cannot be deployed without it. `fetched`: `npm start` gets it. */
  state: "ok" | "fetched" | "missing" | "note";
  found: string;
  /** What to do, where there is something to do. */
  remedy?: string;
}

/** Judges what was found on a machine, for stack `kind`. */
export function diagnose(facts: Facts): Finding[] {
  return [
    nodeFinding(facts),
    engineFinding(facts),
    toolFinding("kind", facts.kind, minimum.kind, facts.offline),
    toolFinding("Pulumi", facts.pulumi, minimum.pulumi, facts.offline),
    pluginFinding(facts),
    dynamicProviderFinding(facts),
    kubectlFinding(facts),
    ...facts.ports.map(portFinding),
    ...inotifyFindings(facts),
    sizeFinding("memory", facts.memoryGiB, 6, 8),
    sizeFinding("disk", facts.freeGiB, 10, 40),
    kvmFinding(facts),
    ...offlineFindings(facts),
    registriesFinding(facts),
  ];
}

function nodeFinding({ node }: Facts): Finding {
  if (atLeast(node, minimum.node)) return { name: "Node", state: "ok", found: node };
  return { name: "Node", state: "missing", found: node, remedy: `install ${minimum.node} or newer` };
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

function toolFinding(name: string, tool: Tool | undefined, wanted: string, offline: Facts["offline"]): Finding {
  if (!tool && offline) {
    return { name, state: "missing", found: "none", remedy: `put ${name.toLowerCase()} into ${offline.folder}/bin` };
  }
  if (!tool) return { name, state: "fetched", found: "none", remedy: "npm start gets it" };
  const found = `${tool.version ?? "does not start"} (${tool.origin}: ${tool.path})`;
  if (atLeast(tool.version, wanted)) return { name, state: "ok", found };
  return { name, state: "missing", found, remedy: `remove it, or install ${wanted} or newer` };
}

function pluginFinding({ kubernetesPlugin, offline }: Facts): Finding {
  const name = "Kubernetes plugin";
  if (!kubernetesPlugin && offline) {
    return {
      name,
      state: "missing",
      found: "none",
      remedy: `put pulumi-resource-kubernetes into ${offline.folder}/bin`,
    };
  }
  if (!kubernetesPlugin)
    return { name, state: "fetched", found: "published one", remedy: "Pulumi gets it when needed" };
  const { path, standIn } = kubernetesPlugin;
  if (!standIn) return { name, state: "ok", found: `published one (${path})` };
  return { name, state: "note", found: `stand-in (${path})`, remedy: "it serves stack kind and no other" };
}

function dynamicProviderFinding({ dynamicProvider }: Facts): Finding {
  return { name: "dynamic provider", state: "ok", found: dynamicProvider ?? "the project's own launcher" };
}

function kubectlFinding({ kubectl }: Facts): Finding {
  if (kubectl) return { name: "kubectl", state: "ok", found: `${kubectl.version ?? "found"} (${kubectl.path})` };
  return { name: "kubectl", state: "note", found: "none", remedy: "not needed, good to have" };
}

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

function offlineFindings({ offline, lab }: Facts): Finding[] {
  const name = "offline folder";
  if (offline) {
    if (offline.missing.length === 0) return [{ name, state: "ok", found: offline.folder }];
    const found = `${offline.folder} lacks ${offline.missing.join(", ")}`;
    return [{ name, state: "note", found, remedy: "nothing is downloaded, so what needs that cannot be deployed" }];
  }
  if (!lab) return [{ name, state: "note", found: "none", remedy: "needed only where nothing can be downloaded" }];
  if (lab.missing.length > 0) return [{ name, state: "note", found: `${lab.folder} lacks ${lab.missing.join(", ")}` }];
  return [
    { name, state: "note", found: `${lab.folder}, not in use`, remedy: `export OKD_STREAMS_OFFLINE=${lab.folder}` },
  ];
}

/** Whether this machine could make an offline folder from package registries alone. */
function registriesFinding(facts: Facts): Finding {
  const lacks = lacksForRegistries(facts);
  const name = "from registries";
  if (lacks.length === 0) return { name, state: "note", found: "possible here (npm run lab -- build)" };
  return { name, state: "note", found: `not here: needs ${lacks.join(", ")}` };
}

/** What `npm run lab -- build` needs and cannot add by itself. */
export function lacksForRegistries({ debian, root, go }: Facts): string[] {
  return [
    debian ? undefined : "Debian",
    root ? undefined : "root",
    atLeast(go?.version, minimum.go) ? undefined : `Go ${minimum.go} or newer`,
  ].filter((it) => it !== undefined);
}
