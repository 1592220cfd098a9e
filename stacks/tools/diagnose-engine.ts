import type { Facts } from "./facts";
import type { Finding } from "./finding";

/** Whether there is a container engine that can run nodes. */
export function engineFinding({ engine, debian, root }: Facts): Finding {
  const name = "container engine";
  if (!engine) {
    const remedy = debian ? "apt-get install docker.io, or https://docs.docker.com/engine/install" : installDocker;
    return { name, state: "missing", found: "no Docker and no Podman", remedy };
  }
  const { name: program, version, running, problem, cgroup, rootless, machine, lacks = [] } = engine;
  if (problem) return { name, state: "missing", found: `${program} ${problem}` };
  if (!running) {
    const start = root ? "systemctl start docker, or npm run lab -- engine" : "start it, or join its group";
    return {
      name,
      state: "missing",
      found: `${program} does not answer`,
      remedy: program === "docker" ? start : "start it",
    };
  }
  const found = [`${program} ${version}`, rootless && "rootless", machine && `in ${machine}`, `cgroup v${cgroup}`]
    .filter(Boolean)
    .join(", ");
  if (lacks.length > 0) {
    const cannot = `${found}, without the controllers ${lacks.join(", ")}`;
    return {
      name,
      state: "missing",
      found: cannot,
      remedy: rootless ? delegate : "the kernel has to be started with them",
    };
  }
  if (cgroup === 2) return { name, state: "ok", found };
  if (rootless) return { name, state: "missing", found, remedy: `kind needs cgroup v2 there: ${ROOTLESS}` };
  return {
    name,
    state: "note",
    found,
    remedy: "the kubelet of Kubernetes 1.35 and newer refuses it unless its node image says otherwise",
  };
}

const installDocker = "install Docker: https://docs.docker.com/engine/install";
const ROOTLESS = "https://kind.sigs.k8s.io/docs/user/rootless";
const delegate = `systemd has to delegate them to this user: ${ROOTLESS}`;

/** Whether a port can be published. */
export function portFinding(port: Facts["ports"][number], { engine }: Facts): Finding {
  const { port: number, protocol, use, holder, container } = port;
  const name = protocol === "UDP" ? `port ${number}/udp` : `port ${number}`;
  const another = `set another port for ${use} in the stack's configuration`;
  switch (holder) {
    case "nobody":
      return { name, state: "ok", found: `free, for ${use}` };
    case "ours":
      return { name, state: "ok", found: `in use by this stack: ${use}` };
    case "unknown":
      return { name, state: "note", found: `in use, for ${use} once the container engine runs` };
    case "untried":
      return engine?.rootless
        ? {
            name,
            state: "missing",
            found: "not for this user, whose rights the engine has",
            remedy: `sysctl -w net.ipv4.ip_unprivileged_port_start=${number}, or ${another}`,
          }
        : { name, state: "note", found: `cannot be tried by this user; the engine will, for ${use}` };
    case "somebody":
      return {
        name,
        state: "missing",
        found: container ? `taken by container ${container}` : "taken by somebody else",
        remedy: `free it, or ${another}`,
      };
  }
}
