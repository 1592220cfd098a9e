import { entriesOf, type Entry } from "../preview/entries";
import { kindOf } from "../preview/names";
import type { Recorded, RecordedResource } from "../preview/recorded";
import type { Edge, Frame, Graph, Node, Shape } from "./dot";
import { reduced } from "./reduced";

/** Not drawn: everything depends on them, or they only keep the order in which a stack is removed. */
const NOT_DRAWN = [
  ...["Namespace", "accounts", "provider kubernetes", "provider openstack"],
  ...["ClaimsReleased", "Guard", "VolumesReleased"],
];

/** Kinds of which each object is drawn. */
const SINGLE: Record<string, Shape> = {
  Pipeline: "task",
  CronJob: "start",
  EventListener: "start",
  Deployment: "group",
  PersistentVolumeClaim: "store",
};

/** What the outputs list of things that are made by runs, and how one is called. */
const MADE = { streams: "SCOS", layers: "layer", releases: "release", payloads: "payload", operators: "operators" };

interface Made {
  name?: string;
  version?: string;
  runs?: Run[];
  run?: Run;
}
interface Run {
  spec?: { pipelineRef?: { name?: string } };
}

/**
 * A stack's components with what is in them: each component on those that it stands on, a resource to those of its component
 * that take something of it, a stream, layer, release or payload to the Pipeline that makes it. What follows from a longer way
 * is left out.
 */
export function stackGraph({ stack, resources, outputs }: Recorded): Graph {
  const [root] = resources;
  const parts = resources.filter(({ parent, custom }) => parent === root!.urn && !custom);
  const drawn = new Map<string, string>();
  const inFrame = new Map<string, string>();
  const frames = parts.map((part): Frame => {
    const nodes = drawPart(part, resources, drawn);
    for (const { id } of nodes) inFrame.set(id, part.urn);
    return { id: part.urn, title: `${part.name} (${kindOf(part)})`, nodes };
  });
  const made = drawMade(outputs, resources, drawn);
  const flows = resources.flatMap(({ urn, dependencies }) =>
    dependencies.flatMap((dependency): Edge[] => {
      const [from, to] = [drawn.get(dependency), drawn.get(urn)];
      return from && to && from !== to && inFrame.get(from) === inFrame.get(to) ? [{ from, to }] : [];
    }),
  );
  return { title: stack, frames, nodes: made.nodes, edges: reduced([...flows, ...made.edges, ...standing(frames)]) };
}

/** The platform stands on the cluster, and all else on the platform: by their names in the program. */
function standing(frames: Frame[]): Edge[] {
  const named = (wanted: string) => frames.find(({ title }) => title.startsWith(`${wanted} (`));
  const [cluster, platform] = [named("cluster"), named("platform")];
  if (!cluster || !platform) return [];
  const others = frames.filter((frame) => frame !== cluster && frame !== platform);
  return [
    { from: cluster.id, to: platform.id, dashed: true },
    ...others.map(({ id }): Edge => ({ from: platform.id, to: id, dashed: true })),
  ];
}

/** The nodes of a component, what its components hold included; `drawn` learns where each resource is found. */
function drawPart(part: RecordedResource, resources: RecordedResource[], drawn: Map<string, string>): Node[] {
  const children = (urn: string) => resources.filter(({ parent }) => parent === urn);
  const hasChildren = ({ urn }: RecordedResource) => children(urn).length > 0;
  const below = (urn: string): RecordedResource[] => children(urn).flatMap((child) => [child, ...below(child.urn)]);
  return entriesOf(children(part.urn), hasChildren).flatMap((entry) => {
    const [first] = entry.members;
    const kind = kindOf(first!).split(" ").at(-1)!;
    if (NOT_DRAWN.includes(entry.title) || NOT_DRAWN.includes(kindOf(first!))) return [];
    const single = SINGLE[kind];
    const groups = single ? entry.members.map((member) => ({ ...entry, members: [member] })) : [entry];
    return groups.map((group): Node => {
      const { urn } = group.members[0]!;
      for (const member of group.members) {
        drawn.set(member.urn, urn);
        // What is in an installed part depends on whether its manifests can be had.
        if (kind === "InstalledPart") continue;
        for (const inner of below(member.urn)) drawn.set(inner.urn, urn);
      }
      return { id: urn, label: labelOf(group), shape: single ?? "group", several: group.members.length > 1 };
    });
  });
}

function labelOf({ members }: Entry): string[] {
  const [first] = members;
  const kind = kindOf(first!).split(" ").at(-1)!;
  if (members.length > 1) return [`${members.length} ${kind}s`];
  return [first!.name.split("/").at(-1)!, kind];
}

/** What the outputs list, the Pipelines that make it, and the registry that takes it. */
function drawMade(outputs: Recorded["outputs"], resources: RecordedResource[], drawn: Map<string, string>) {
  const nodes: Node[] = [];
  const edges: Edge[] = [];
  const pipelines = resources.filter(({ type }) => kindOf({ type }).endsWith(" Pipeline"));
  const { address } = (outputs.registry ?? {}) as { address?: string };
  if (address) nodes.push({ id: "registry", label: [address, "registry"], shape: "store" });
  for (const [key, word] of Object.entries(MADE)) {
    for (const { name, version, runs = [], run } of (outputs[key] ?? []) as Made[]) {
      const id = `${key} ${name ?? version}`;
      nodes.push({ id, label: [`${word} ${name ?? version}`], shape: "start" });
      const wanted = new Set([...runs, ...(run ? [run] : [])].map(({ spec }) => spec?.pipelineRef?.name));
      for (const { urn, name: full } of pipelines) {
        const node = drawn.get(urn);
        if (!node || !wanted.has(full.split("/").at(-1))) continue;
        edges.push({ from: id, to: node }, ...(address ? [{ from: node, to: "registry" }] : []));
      }
    }
  }
  return { nodes, edges };
}
