import { UserError } from "../errors";
import type { Manifest } from "../kubernetes/object";
import { imagesOf } from "./images";
import type { Library } from "./library";
import type { Pipeline, PipelineRun, Task } from "./tekton";

const ARCHITECTURE = "kubernetes.io/arch";

/** What a run is placed by. */
export interface Placement {
  /** Its Pipeline and Tasks, among others, as {@link Library.objects} gives them. */
  objects: Manifest[];
  library: Pick<Library, "single" | "images">;
  /** Architectures of the cluster's nodes. */
  available: string[];
}

/** No node of the cluster has the processor that an image of a run is for. */
export class NowhereToRun extends UserError {}

/**
 * A run whose tasks go to nodes that their images exist for: the whole run where it may be anywhere, since its tasks may share a
 * volume, else the tasks alone.
 *
 * @throws NowhereToRun where no node has that architecture
 */
export function placeRun(run: PipelineRun, { objects, library, available }: Placement): PipelineRun {
  const { spec } = run;
  const bound = boundTasks(spec.pipelineRef.name, objects, library.single);
  const [first] = bound;
  if (!first || bound.every(({ architecture }) => available.every((it) => it === architecture))) return run;
  const missing = bound.find(({ architecture }) => !available.includes(architecture));
  if (missing) {
    const name = Object.entries(library.images).find(([, reference]) => reference === missing.image)![0];
    throw new NowhereToRun(
      `PipelineRun ${run.metadata.name ?? run.metadata.generateName}: image ${name} of task ${missing.task} exists for ${missing.architecture} alone, and the nodes are ${available.join(", ")}: name one for these in images.${name}, as a release's own image of component cli by digest.`,
    );
  }
  const { podTemplate } = spec.taskRunTemplate;
  const { nodeSelector } = (podTemplate ?? {}) as { nodeSelector?: Record<string, string> };
  const selector = (architecture: string) => ({ nodeSelector: { ...nodeSelector, [ARCHITECTURE]: architecture } });
  if (!nodeSelector) {
    const placed = { ...podTemplate, ...selector(first.architecture) };
    return { ...run, spec: { ...spec, taskRunTemplate: { ...spec.taskRunTemplate, podTemplate: placed } } };
  }
  const apart = bound.filter(({ architecture }) => nodeSelector[ARCHITECTURE] !== architecture);
  if (apart.length === 0) return run;
  const specs = apart.map(({ task, architecture }) => ({
    pipelineTaskName: task,
    podTemplate: selector(architecture),
  }));
  return { ...run, spec: { ...spec, taskRunSpecs: [...(spec.taskRunSpecs ?? []), ...specs] } };
}

/** Tasks of a Pipeline that have a step in an image of one architecture. */
function boundTasks(
  name: string,
  objects: Manifest[],
  single: ReadonlyMap<string, string>,
): { task: string; image: string; architecture: string }[] {
  const find = (kind: string, wanted: string) =>
    objects.find((object) => object.kind === kind && object.metadata.name === wanted);
  const pipeline = find("Pipeline", name) as Pipeline | undefined;
  return [...(pipeline?.spec.tasks ?? []), ...(pipeline?.spec.finally ?? [])].flatMap(({ name: task, taskRef }) => {
    const definition = find("Task", taskRef.name) as Task | undefined;
    const image = definition && imagesOf(definition).find((it) => single.has(it.image))?.image;
    return image === undefined ? [] : [{ task, image, architecture: single.get(image)! }];
  });
}
