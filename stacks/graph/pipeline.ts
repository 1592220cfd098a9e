import type { Edge, Graph, Node } from "./dot";
import { reduced } from "./reduced";

interface PipelineTask {
  name: string;
  taskRef?: { name?: string };
  runAfter?: string[];
  when?: unknown[];
  matrix?: unknown;
}

interface Pipeline {
  metadata: { name: string };
  spec: { tasks: PipelineTask[]; finally?: PipelineTask[] };
}

/**
 * A Pipeline's tasks in their order, by `runAfter` and by the results that one takes of another; what runs only at times is
 * dashed, a matrix has a double line. An order that follows from others is left out.
 */
export function pipelineGraph({ metadata, spec }: Pipeline): Graph {
  const edges = spec.tasks.flatMap((task) => [...predecessors(task)].map((from): Edge => ({ from, to: task.name })));
  return {
    title: metadata.name,
    frames: spec.finally?.length ? [{ id: "finally", title: "finally", nodes: spec.finally.map(node) }] : [],
    nodes: spec.tasks.map(node),
    edges: [...reduced(edges), ...toFinally(spec, edges)],
  };
}

function node({ name, taskRef, when, matrix }: PipelineTask): Node {
  const task = taskRef?.name;
  return {
    id: name,
    label: task === undefined || task === name ? [name] : [name, task],
    shape: "task",
    optional: when !== undefined,
    several: matrix !== undefined,
  };
}

function predecessors(task: PipelineTask): Set<string> {
  const taken = JSON.stringify(task).matchAll(/\$\(tasks\.([\w-]+)\.results/g);
  return new Set([...(task.runAfter ?? []), ...[...taken].map(([, name]) => name!)]);
}

/** What nothing follows leads to `finally`. */
function toFinally({ tasks, finally: last = [] }: Pipeline["spec"], edges: Edge[]): Edge[] {
  if (last.length === 0) return [];
  const ends = tasks.filter(({ name }) => !edges.some(({ from }) => from === name));
  return ends.map(({ name }) => ({ from: name, to: "finally", dashed: true }));
}
