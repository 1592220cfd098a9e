import { DEFAULT_CLASS } from "../kubernetes/marks";
import type { Manifest } from "../kubernetes/object";
import { readDocuments, writeYaml } from "../kubernetes/yaml";
import type { PartContext } from "./part";
import { isOlder, versionIn } from "../versions";

/** The StorageClass of the storage that a stack installs. */
export const LOCAL_PATH = "local-path";

/** The published objects of the local-path provisioner as a stack wants them: its StorageClass is the cluster's default. */
export function adaptStorage(object: Manifest, { openshift, busybox }: PartContext): Manifest {
  const { metadata } = object;
  switch (object.kind) {
    case "Namespace":
      // Its helper pods mount folders of the nodes.
      return { ...object, metadata: { ...metadata, labels: { "pod-security.kubernetes.io/enforce": "privileged" } } };
    case "StorageClass": {
      // Only of volumes of type local does the kubelet have the files labelled for SELinux, which nodes of OpenShift enforce.
      const annotations = { [DEFAULT_CLASS]: "true", ...(openshift && { defaultVolumeType: "local" }) };
      return { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, ...annotations } } };
    }
    case "Deployment":
      return openshift ? withPrivilegedHelpers(object) : object;
    case "ConfigMap": {
      const data = object.data as Record<string, string>;
      return {
        ...object,
        data: { ...data, "helperPod.yaml": adaptHelper(data["helperPod.yaml"]!, openshift, busybox) },
      };
    }
    default:
      return object;
  }
}

/** From 0.0.36 on (CVE-2026-44543) the provisioner takes a privileged helper, which SELinux asks for, only where it is told to. */
function withPrivilegedHelpers(deployment: Manifest): Manifest {
  const { template } = deployment.spec as {
    template: { spec: { containers: { image: string; command?: string[] }[] } };
  };
  const containers = template.spec.containers.map((container) => {
    const version = versionIn(container.image.split(":").at(-1));
    const asks = version !== undefined && !isOlder(version, "0.0.36");
    return asks
      ? { ...container, command: [...(container.command ?? []), "--allow-unsafe-helper-pod-template"] }
      : container;
  });
  const spec = { ...template.spec, containers };
  return { ...deployment, spec: { ...deployment.spec, template: { ...template, spec } } };
}

/** The pod that makes and removes a volume's folder: SELinux lets only a privileged one do that. */
function adaptHelper(text: string, openshift: boolean, busybox: string): string {
  const pod = readDocuments(text, "helperPod.yaml")[0]!.value as Manifest;
  const containers = (pod.spec.containers as Manifest[]).map((container) => ({
    ...container,
    image: busybox,
    ...(openshift && { securityContext: { privileged: true } }),
  }));
  return writeYaml({ ...pod, spec: { ...pod.spec, containers } });
}
