import { compare } from "semver";
import type { Release } from "./release";
import type { UpgradeVerdict } from "./verdicts";

/** An update graph as clusters read it: Cincinnati's JSON. */
export interface Graph {
  nodes: { version: string; payload: string; metadata: Record<string, string> }[];
  /** From and to, by their places among the nodes. */
  edges: [from: number, to: number][];
  conditionalEdges: { edges: { from: string; to: string }[]; risks: Risk[] }[];
}

/** Why an update is not recommended, as a ClusterVersion has it. */
interface Risk {
  name: string;
  message: string;
  url: string;
  matchingRules: { type: "Always" }[];
}

/** What is known of an update: that its test passed or failed; that the release names its base, and nobody has tried it. */
type Standing = "tested" | "failed" | "claimed";

/** Where updates are described, for risks that have no page of their own. */
const UPDATES = "https://docs.okd.io/latest/updating/understanding_updates/intro-to-updates.html";

const OWN = "io.okd-streams.updates";

/**
 * The graph of a channel. An edge is there when its upgrade test has passed. Where nobody's verdicts are asked for, edges are what releases
 * claim, and the node says so; where somebody's are, claims that nobody has tried, and those whose test failed, are conditional.
 *
 * @param verdicts of upgrades to a release, by its digest. @default nobody is asked
 * @param architecture as Kubernetes names it, or `multi`. @default all
 */
export function graphOf(
  channel: string,
  releases: readonly Release[],
  verdicts?: ReadonlyMap<string, UpgradeVerdict[]>,
  architecture?: string,
): Graph {
  const nodes = releases
    .filter(({ architectures }) => runsOn(architectures, architecture))
    .sort((one, other) => compare(one.version, other.version));
  const graph: Graph = { nodes: [], edges: [], conditionalEdges: [] };
  const untried: { from: string; to: string }[] = [];
  for (const [to, release] of nodes.entries()) {
    const names: Record<Standing, string[]> = { tested: [], failed: [], claimed: [] };
    for (const [from, base] of nodes.entries()) {
      if (from === to) continue;
      const named = release.previous.includes(base.version);
      const judged = (verdicts?.get(release.digest) ?? []).filter((verdict) => isOf(base, verdict.from));
      const standing = standingOf(judged);
      // A test that failed says nothing of an update that nobody offers.
      if (standing === "tested" || (named && standing === "claimed" && !verdicts)) {
        graph.edges.push([from, to]);
      } else if (named && standing === "failed") {
        graph.conditionalEdges.push(conditional([edge(base, release)], failedRisk(judged)));
      } else if (named) {
        untried.push(edge(base, release));
      }
      if (named || standing === "tested") names[standing].push(base.version);
    }
    graph.nodes.push({
      version: release.version,
      payload: release.image,
      metadata: metadataOf(channel, release, names),
    });
  }
  if (untried.length > 0) graph.conditionalEdges.push(conditional(untried, UNTRIED));
  return graph;
}

function runsOn(architectures: string[], wanted: string | undefined): boolean {
  if (wanted === undefined) return true;
  return wanted === "multi" ? architectures.length > 1 : architectures.includes(wanted);
}

/** A test ran what was released, or the payload that this was made of. */
function isOf({ digest, madeOf }: Release, tested: string): boolean {
  return [digest, madeOf?.split("@")[1]].includes(tested);
}

function standingOf(judged: UpgradeVerdict[]): Standing {
  if (judged.length === 0) return "claimed";
  return judged.every(({ result }) => result === "PASSED") ? "tested" : "failed";
}

function edge({ version: from }: Release, { version: to }: Release): { from: string; to: string } {
  return { from, to };
}

function conditional(edges: { from: string; to: string }[], risk: Risk): Graph["conditionalEdges"][number] {
  return { edges, risks: [risk] };
}

const UNTRIED: Risk = {
  name: "UpgradeNotTested",
  message: "The release names this update, and nobody whose verdicts are asked for has tried it.",
  url: UPDATES,
  matchingRules: [{ type: "Always" }],
};

function failedRisk(judged: UpgradeVerdict[]): Risk {
  const { test, result, url = UPDATES } = judged.find((verdict) => verdict.result !== "PASSED")!;
  return {
    name: "UpgradeTestFailed",
    message: `The last verdict of ${test} on this update is ${result}.`,
    url,
    matchingRules: [{ type: "Always" }],
  };
}

function metadataOf(channel: string, { digest, url }: Release, names: Record<Standing, string[]>) {
  return {
    "io.openshift.upgrades.graph.release.channels": channel,
    "io.openshift.upgrades.graph.release.manifestref": digest,
    ...(url !== undefined && { url }),
    ...Object.fromEntries(
      Object.entries(names)
        .filter(([, versions]) => versions.length > 0)
        .map(([standing, versions]) => [`${OWN}.${standing}`, versions.join(",")]),
    ),
  };
}
