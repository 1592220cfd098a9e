import { join } from "node:path";
import type { Manifest } from "../kubernetes/object";
import { requireSound } from "./check";
import { storedDuration } from "./durations";
import { type Images, loadImages, resolveImages } from "./images";
import { loadPipelines } from "./load";
import { loadPrivileged } from "./privileged";
import { KINDS, type Pipeline, type Task } from "./tekton";

/** What a stack puts into pipelines that are the same in every stack. */
export interface Preparation {
  namespace: string;
  /** Labels for every object, beside its own. */
  labels: Record<string, string>;
  /** Resolved references by name. */
  images: Images;
}

export interface PreparePipelinesArgs extends Omit<Preparation, "images"> {
  /** Folder with `images.yaml`, `privileged.yaml` and a folder per pipeline set. */
  folder: string;
  /** Sets that are created together, as they call each other's Tasks. */
  sets: string[];
  /** References that take the place of those in `images.yaml`, by their names there. @default none */
  images?: Images;
  /** Registry (and path) that holds all other images under their full names. @default each from its own registry */
  imageMirror?: string;
}

/** Pipeline sets as a stack creates them. @throws UserError with every fault in them, and for images that are not known */
export function preparePipelines(args: PreparePipelinesArgs): Manifest[] {
  const { folder, sets, images, imageMirror, ...place } = args;
  const known = loadImages(join(folder, "images.yaml"));
  const sources = loadPipelines(sets.map((set) => join(folder, set)));
  requireSound(sources, { images: known, privileged: loadPrivileged(join(folder, "privileged.yaml")) });
  const resolved = resolveImages(known, images, imageMirror);
  return sources.map(({ object }) => prepare(object, { ...place, images: resolved }));
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
