import type { Manifest } from "../kubernetes/object";

// Tekton's controllers take images of the pods they make as arguments: `-entrypoint-image REF`, `--shell-image=REF`.
const FLAG = /^--?(?:[a-z-]+-)?image(?:-win)?$/;
const FLAG_WITH_VALUE = /^(--?(?:[a-z-]+-)?image(?:-win)?=)(.+)$/;

/** A workload with every image reference rewritten: those of its containers and those in their arguments. */
export function rewriteImages(manifest: Manifest, rewrite: (reference: string) => string): Manifest {
  const { spec } = manifest;
  if (spec?.jobTemplate) {
    const jobTemplate = rewriteImages({ ...manifest, spec: spec.jobTemplate.spec }, rewrite).spec;
    return { ...manifest, spec: { ...spec, jobTemplate: { ...spec.jobTemplate, spec: jobTemplate } } };
  }
  if (!spec?.template?.spec) return manifest;
  const template = { ...spec.template, spec: rewritePod(spec.template.spec, rewrite) };
  return { ...manifest, spec: { ...spec, template } };
}

function rewritePod(pod: PodSpec, rewrite: (reference: string) => string): PodSpec {
  const containers = (list: Container[] | undefined) => list?.map((container) => rewriteContainer(container, rewrite));
  return {
    ...pod,
    ...(pod.initContainers && { initContainers: containers(pod.initContainers) }),
    ...(pod.containers && { containers: containers(pod.containers) }),
  };
}

function rewriteContainer(container: Container, rewrite: (reference: string) => string): Container {
  const { image, command, args } = container;
  return {
    ...container,
    ...(image && { image: rewrite(image) }),
    ...(command && { command: rewriteArguments(command, rewrite) }),
    ...(args && { args: rewriteArguments(args, rewrite) }),
  };
}

function rewriteArguments(args: string[], rewrite: (reference: string) => string): string[] {
  return args.map((argument, index) => {
    if (FLAG.test(args[index - 1] ?? "")) return rewrite(argument);
    const [, flag, value] = FLAG_WITH_VALUE.exec(argument) ?? [];
    return flag && value ? flag + rewrite(value) : argument;
  });
}

interface PodSpec {
  containers?: Container[];
  initContainers?: Container[];
  [field: string]: unknown;
}

interface Container {
  image?: string;
  command?: string[];
  args?: string[];
  [field: string]: unknown;
}
