import type { Manifest } from "../kubernetes/object";
import { storedDuration } from "./durations";
import type { Images } from "./images";
import { KINDS, type Pipeline, type Task } from "./tekton";

/** What a stack puts into pipelines that are the same in every stack. */
export interface Preparation {
  namespace: string;
  /** Labels for every object, beside its own. */
  labels: Record<string, string>;
  /** Resolved references by name. */
  images: Images;
}

/** The object as a stack creates it: placed, labelled, in Tekton's own words, with references in place of image names. */
export function prepare(manifest: Manifest, { namespace, labels, images }: Preparation): Manifest {
  const { metadata, ...rest } = manifest;
  const prepared: Manifest = {
    ...structuredClone(rest),
    apiVersion: manifest.apiVersion,
    kind: manifest.kind,
    metadata: {
      ...structuredClone(metadata),
      ...(!KINDS[manifest.kind]?.clusterScoped && { namespace }),
      labels: { ...metadata.labels, ...labels },
    },
  };
  switch (manifest.kind) {
    case "Task":
      return withImages(prepared as Task, images);
    case "Pipeline":
      return withStoredTimeouts(prepared as Pipeline);
    default:
      return prepared;
  }
}

function withStoredTimeouts(pipeline: Pipeline): Pipeline {
  const { tasks, finally: last } = pipeline.spec;
  const spec = {
    ...pipeline.spec,
    ...(tasks && { tasks: tasks.map(withStoredTimeout) }),
    ...(last && { finally: last.map(withStoredTimeout) }),
  };
  return { ...pipeline, spec };
}

function withStoredTimeout<T extends { timeout?: string }>(limited: T): T {
  return { ...limited, ...(limited.timeout && { timeout: storedDuration(limited.timeout) }) };
}

function withImages(task: Task, images: Images): Task {
  const resolve = <T extends { image?: string }>(container: T): T =>
    container.image && images[container.image] ? { ...container, image: images[container.image] } : container;
  const { stepTemplate, steps, sidecars } = task.spec;
  return {
    ...task,
    spec: {
      ...task.spec,
      ...(stepTemplate && { stepTemplate: resolve(stepTemplate) }),
      steps: steps.map((step) => withStoredTimeout(resolve(step))),
      ...(sidecars && { sidecars: sidecars.map(resolve) }),
    },
  };
}
