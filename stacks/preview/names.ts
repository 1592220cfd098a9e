import type { RecordedResource } from "./recorded";

type Named = Pick<RecordedResource, "type" | "name">;

/** Kind of a resource in few words: `ConfigMap`, `tekton.dev/v1 Task`, `KindCluster`, `provider kubernetes`. */
export function kindOf({ type }: Pick<Named, "type">): string {
  const [pkg, module = "", kind = module] = type.split(":");
  if (pkg === "kubernetes") return module.startsWith("core/") ? kind : `${module} ${kind}`;
  if (type.startsWith("pulumi:providers:")) return `provider ${kind}`;
  return kind.split("/").at(-1)!;
}

/** A resource in few words: `ConfigMap okd-coreos/settings`. */
export function label(resource: Named): string {
  return `${kindOf(resource)} ${resource.name}`;
}
