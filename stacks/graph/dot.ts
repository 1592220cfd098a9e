import { instance } from "@viz-js/viz";

/** What a node is, which its shape shows. */
export type Shape = "task" | "start" | "store" | "group";

export interface Node {
  id: string;
  /** Lines of its label. */
  label: string[];
  shape: Shape;
  /** Not in every run: drawn dashed. */
  optional?: boolean;
  /** Several at once: drawn with a double line. */
  several?: boolean;
}

/** Nodes in a frame with a title. An edge may begin or end at a frame, by its id. */
export interface Frame {
  id: string;
  title: string;
  nodes: Node[];
}

export interface Edge {
  from: string;
  to: string;
  /** Order alone, nothing flows. */
  dashed?: boolean;
}

export interface Graph {
  title: string;
  frames: Frame[];
  nodes: Node[];
  edges: Edge[];
}

const SHAPES: Record<Shape, string> = {
  task: 'shape=box style="rounded,filled" fillcolor="#e7f0fa" color="#3a6ea5"',
  start: 'shape=cds style=filled fillcolor="#fdf1d8" color="#a5803a"',
  store: 'shape=cylinder style=filled fillcolor="#e9f5e9" color="#4a8a4a"',
  group: 'shape=box style=filled fillcolor="#f4f4f4" color="#888888"',
};

/** The graph in Graphviz's language: the same graph gives the same text. */
export function renderDot({ title, frames, nodes, edges }: Graph): string {
  const frame = ({ id, title: name, nodes: inside }: Frame) => [
    `  subgraph ${quoted(`cluster_${id}`)} {`,
    `    label=${quoted(name)} labeljust=l color="#bbbbbb" style=rounded`,
    ...inside.map((node) => `    ${renderNode(node)}`),
    "  }",
  ];
  return [
    `digraph ${quoted(title)} {`,
    // A background of its own: it is read in dark pages too.
    '  rankdir=LR compound=true bgcolor=white pad=0.2 nodesep=0.2 ranksep=0.35 fontname="Helvetica" fontsize=12',
    '  node [fontname="Helvetica" fontsize=11 height=0.3 margin="0.2,0.06"]',
    '  edge [color="#555555" arrowsize=0.7]',
    ...frames.flatMap(frame),
    ...nodes.map((node) => `  ${renderNode(node)}`),
    ...edges.map((edge) => `  ${renderEdge(edge, frames)}`),
    "}",
    "",
  ].join("\n");
}

/** Graphviz has edges between nodes alone: one of a frame is one of a node in it, cut off at the frame. */
function renderEdge({ from, to, dashed }: Edge, frames: Frame[]): string {
  const [tail, head] = [from, to].map((end) => frames.find(({ id, nodes }) => id === end && nodes.length > 0));
  const attributes = [
    ...(tail ? [`ltail=${quoted(`cluster_${tail.id}`)}`] : []),
    ...(head ? [`lhead=${quoted(`cluster_${head.id}`)}`] : []),
    ...(dashed ? ['style=dashed color="#999999"'] : []),
  ];
  const suffix = attributes.length > 0 ? ` [${attributes.join(" ")}]` : "";
  return `${quoted(tail?.nodes.at(-1)!.id ?? from)} -> ${quoted(head?.nodes[0]!.id ?? to)}${suffix}`;
}

function renderNode({ id, label, shape, optional, several }: Node): string {
  const dashes = optional ? SHAPES[shape].replace(/style="?([\w,]+)"?/, 'style="$1,dashed"') : SHAPES[shape];
  return `${quoted(id)} [label=${quoted(label.join("\n"))} ${dashes}${several ? " peripheries=2" : ""}]`;
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

/** Graphviz, which is compiled once for all pictures. */
let graphviz: ReturnType<typeof instance> | undefined;

/** The graph as SVG, by Graphviz compiled to WebAssembly: the same on every machine. */
export async function renderSvg(graph: Graph): Promise<string> {
  const svg = (await (graphviz ??= instance())).renderString(renderDot(graph), { format: "svg" });
  // The prologue and the generator's version say nothing of the graph.
  return svg.slice(svg.indexOf("<svg")).replace(/<!--.*?-->\n?/gs, "");
}
