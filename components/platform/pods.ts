import type { Manifest } from "../kubernetes/object";

export interface Container {
  image?: string;
  command?: string[];
  args?: string[];
  env?: { name: string; value?: string }[];
  resources?: Record<string, Record<string, string | number>>;
  [field: string]: unknown;
}

interface PodSpec {
  containers?: Container[];
  initContainers?: Container[];
  [field: string]: unknown;
}

/** The object with every container of its pods changed; an object without pods as it is. */
export function mapContainers(manifest: Manifest, change: (container: Container) => Container): Manifest {
  const { spec } = manifest;
  if (spec?.jobTemplate) {
    const jobTemplate = mapContainers({ ...manifest, spec: spec.jobTemplate.spec }, change).spec;
    return { ...manifest, spec: { ...spec, jobTemplate: { ...spec.jobTemplate, spec: jobTemplate } } };
  }
  const pod = spec?.template?.spec as PodSpec | undefined;
  if (!pod) return manifest;
  const changed = {
    ...pod,
    ...(pod.initContainers && { initContainers: pod.initContainers.map(change) }),
    ...(pod.containers && { containers: pod.containers.map(change) }),
  };
  return { ...manifest, spec: { ...spec, template: { ...spec.template, spec: changed } } };
}
