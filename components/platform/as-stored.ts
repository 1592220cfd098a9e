import type { Manifest } from "../kubernetes/object";
import { type Container, mapContainers } from "./pods";

/**
 * An object in the words in which the API server gives it back. It means the same, but after a refresh the other words
 * would look like somebody's change.
 */
export function asStored(manifest: Manifest): Manifest {
  if (manifest.kind === "CustomResourceDefinition" && manifest.spec?.preserveUnknownFields === false) {
    const spec = { ...manifest.spec };
    delete spec.preserveUnknownFields;
    return { ...manifest, spec };
  }
  return mapContainers(manifest, ({ command, args, env, resources, ...rest }) => ({
    ...rest,
    ...(command?.length && { command }),
    ...(args?.length && { args }),
    ...(env && { env: env.map(({ value, ...variable }) => ({ ...variable, ...(value && { value }) })) }),
    ...(resources && { resources: withWholeCpus(resources) }),
  }));
}

function withWholeCpus(resources: NonNullable<Container["resources"]>): Container["resources"] {
  const entries = Object.entries(resources).map(([bound, { cpu, ...others }]) => {
    const whole = /^(\d+)000m$/.exec(String(cpu))?.[1] ?? cpu;
    return [bound, { ...others, ...(whole !== undefined && { cpu: whole }) }];
  });
  return Object.fromEntries(entries) as Container["resources"];
}
