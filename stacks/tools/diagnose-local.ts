import { levelFindings } from "./cpu-level";
import { engineFinding, portFinding } from "./diagnose-engine";
import { cpuFinding, diskFinding, inotifyFindings, memoryFinding } from "./diagnose-size";
import type { Facts } from "./facts";
import { toolFinding, type Finding } from "./finding";
import { minimum } from "./pins";

/** What a cluster whose nodes are containers of this machine needs of it. */
export function localClusterFindings(facts: Facts): Finding[] {
  return [
    engineFinding(facts),
    toolFinding("kind", facts.kind, { wanted: minimum.kind, home: "https://kind.sigs.k8s.io" }, facts.offline),
    ...facts.ports.map((port) => portFinding(port, facts)),
    ...inotifyFindings(facts),
    cpuFinding(facts),
    memoryFinding(facts),
    diskFinding(facts),
    kvmFinding(facts),
    ...levelFindings(facts),
  ];
}

const LEFT_OUT = "boot images and kola tests are left out";
const ANEW = "a cluster that is made anew has it: npm run destroy, then up";

/** Whether steps that boot machines, which are not root, will have /dev/kvm in their Pods. */
function kvmFinding({ kvm, engine, nodes }: Facts): Finding {
  const name = "KVM inside Pods";
  const note = (found: string, remedy?: string): Finding => ({
    ...{ name, state: "note", found },
    ...(remedy && { remedy }),
  });
  if (kvm === "locked") return note("/dev/kvm is not for this user", "join the group kvm");
  if (kvm === "no") return note("none", LEFT_OUT);
  if (nodes?.kvm === "nobody") return note("/dev/kvm is here, but not in the cluster's nodes", ANEW);
  if (nodes?.kvm === "root") return note("/dev/kvm is in the cluster's nodes, for Pods of root alone", ANEW);
  if (engine?.rootless) {
    return note(`/dev/kvm, with the rights that it has here: ${engine.name} is rootless`, "chmod 0666 /dev/kvm");
  }
  if (nodes?.kvm === "users") return { name, state: "ok", found: "/dev/kvm, as their own user's" };
  if (engine?.machine) return note(`/dev/kvm is here; that of ${engine.machine} is seen once there is a cluster`);
  return { name, state: "ok", found: "/dev/kvm, as a new cluster gives it to every user" };
}
