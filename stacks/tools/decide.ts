import { diagnose, lacksForRegistries } from "./diagnose";
import { localClusterFindings } from "./diagnose-local";
import type { Facts } from "./facts";
import { minimum } from "./pins";
import { atLeast } from "./versions";

/** What `npm start` does before it deploys. */
export interface Decision {
  /**
   * `ready`: nothing is to be got. `download`: tools from official hosts. `registries`: everything from the offline
   * folder, built from package registries where it is not there yet. `stop`: this machine cannot deploy; exit code 3.
   */
  way: "ready" | "download" | "registries" | "stop";
  /** Offline folder to use for this run. */
  offline?: string;
  /** Tools to download into the cache. */
  download: ("kind" | "pulumi")[];
  /** Debian packages to add. */
  packages: string[];
  /** Build the offline folder: about half an hour, once. */
  build: boolean;
  /** Start dockerd, since no container engine runs. */
  startEngine: boolean;
  /** Ask before the first step. */
  ask: boolean;
  /** Why it stops: what is missing and what to do, one sentence each. */
  missing: string[];
}

export interface Asking {
  /** Somebody sits at a terminal. */
  terminal: boolean;
  /** `--yes`: whatever would be asked is granted. */
  yes: boolean;
}

/**
 * The way from what a machine has to a deployed stack `kind`. A container engine that runs is never touched.
 * @param labFolder where an offline folder would be built
 */
export function decide(facts: Facts, labFolder: string, asking: Asking): Decision {
  // Neither is mended by another engine: of one that runs, or that whoever named it wants.
  const engine = facts.engine?.running || facts.engine?.problem ? findings(facts, "container engine") : [];
  const others = ["Node", "port", "inotify", "memory"].flatMap((name) => findings(facts, name));
  const blockers = [...others, ...engine];
  if (facts.offline) {
    const tools = ["kind", "Pulumi", "Kubernetes plugin"].flatMap((name) => findings(facts, name));
    return fromFolder(facts, facts.offline, [...blockers, ...tools], asking);
  }
  const unreachable = facts.hosts?.filter(({ reachable }) => !reachable) ?? [];
  if (unreachable.length === 0) return fromOfficialHosts(facts, blockers);
  if (facts.lab?.missing.length === 0) return fromFolder(facts, facts.lab, blockers, asking);
  const lacks = lacksForRegistries(facts);
  if (blockers.length > 0 || lacks.length > 0) {
    const hosts = unreachable.map(({ url }) => new URL(url).host).join(", ");
    const fallback = `official downloads: no answer from ${hosts}; package registries alone need ${lacks.join(", ")}`;
    return stop([
      ...blockers,
      ...(lacks.length > 0 ? [fallback] : []),
      ...findings(facts, "container engine").filter((it) => !blockers.includes(it)),
    ]);
  }
  const packages = facts.missingPackages;
  return {
    ...nothing,
    way: "registries",
    offline: labFolder,
    packages,
    build: true,
    startEngine: !facts.engine?.running,
    ask: asking.terminal && !asking.yes,
    missing: [],
  };
}

function fromOfficialHosts(facts: Facts, blockers: string[]): Decision {
  // A tool of the cache may be replaced; one that somebody else put on PATH may not.
  const old = (["kind", "pulumi"] as const).filter(
    (name) => facts[name]?.origin === "machine" && !atLeast(facts[name].version, minimum[name]),
  );
  const missing = [
    ...blockers,
    ...findings(facts, "container engine").filter((it) => !blockers.includes(it)),
    ...old.flatMap((name) => findings(facts, name === "pulumi" ? "Pulumi" : name)),
  ];
  if (missing.length > 0) return stop(missing);
  const download = (["kind", "pulumi"] as const).filter((name) => !atLeast(facts[name]?.version, minimum[name]));
  return { ...nothing, way: download.length > 0 ? "download" : "ready", download };
}

function fromFolder(facts: Facts, { folder }: { folder: string }, blockers: string[], asking: Asking): Decision {
  if (facts.engine?.running) {
    return blockers.length > 0 ? stop(blockers) : { ...nothing, way: "ready", offline: folder };
  }
  const canStart = facts.debian && facts.root;
  if (!canStart || blockers.length > 0)
    return stop([...blockers, ...findings(facts, "container engine").filter((it) => !blockers.includes(it))]);
  const packages = facts.engine ? [] : facts.missingPackages;
  return {
    ...nothing,
    way: "registries",
    offline: folder,
    packages,
    startEngine: true,
    ask: packages.length > 0 && asking.terminal && !asking.yes,
  };
}

const nothing: Omit<Decision, "way"> = {
  download: [],
  packages: [],
  build: false,
  startEngine: false,
  ask: false,
  missing: [],
};

function stop(missing: string[]): Decision {
  return { ...nothing, way: "stop", missing };
}

/** Sentences for the findings of that name (or that begins so) which stand in the way. */
function findings(facts: Facts, name: string): string[] {
  return diagnose(facts, localClusterFindings)
    .filter((finding) => finding.state === "missing" && finding.name.startsWith(name))
    .map(({ name: of, found, remedy }) => [`${of}: ${found}`, remedy].filter(Boolean).join("; "));
}
