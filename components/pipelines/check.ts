import { UserError } from "../errors";
import { checkPipeline } from "./check-pipeline";
import { checkSteps, type Privileged } from "./check-steps";
import { checkTask } from "./check-task";
import { type Finding, finding, findingText } from "./finding";
import { type Images, imagesOf } from "./images";
import { pipelinesOf, type Source, tasksOf } from "./source";
import type { Task } from "./tekton";

/** What pipeline sets are held against. */
export interface Known {
  /** Images that steps may name. */
  images: Images;
  /** Steps that may be privileged. */
  privileged: Privileged;
}

/** Every fault in pipeline sets that call each other's Tasks, file by file. */
export function checkPipelines(sources: Source[], { images, privileged }: Known): Finding[] {
  const tasks = tasksOf(sources);
  return [
    ...tasks.flatMap((task) => [...checkTask(task), ...checkSteps(task, privileged), ...checkImages(task, images)]),
    ...pipelinesOf(sources).flatMap((pipeline) => checkPipeline(pipeline, tasks)),
  ];
}

/** @throws UserError with a line per fault */
export function requireSound(sources: Source[], known: Known): void {
  const findings = checkPipelines(sources, known);
  if (findings.length > 0) {
    throw new UserError(findings.map(findingText).join("\n"));
  }
}

function checkImages(source: Source<Task>, images: Images): Finding[] {
  return [
    ...imagesOf(source.object)
      .filter(({ image }) => !(image in images) && !/^\$\(params\.[^()]+\)$/.test(image))
      .map(({ image, path }) =>
        finding(source, path, `${image} is not in pipelines/images.yaml; add it there, or use a name it has.`),
      ),
    ...source.object.spec.steps.flatMap((step, index) =>
      (step.image ?? source.object.spec.stepTemplate?.image)
        ? []
        : [finding(source, ["spec", "steps", index], `${step.name} has no image; name one of pipelines/images.yaml.`)],
    ),
  ];
}
