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

function kvmFinding({ kvm }: Facts): Finding {
  if (kvm === "yes") return { name: "KVM", state: "ok", found: "/dev/kvm" };
  if (kvm === "locked") {
    return { name: "KVM", state: "note", found: "/dev/kvm is not for this user", remedy: "join the group kvm" };
  }
  return { name: "KVM", state: "note", found: "none", remedy: "boot images and kola tests are left out" };
}
