import type { Facts } from "../../../stacks/tools/facts";

/** A machine on which stack `kind` can be deployed at once. */
export const complete: Facts = {
  os: "linux",
  architecture: "amd64",
  debian: true,
  root: true,
  cpus: 4,
  memoryGiB: 16,
  freeGiB: 100,
  kvm: "yes",
  node: "20.20.2",
  engine: { name: "docker", running: true, version: "28.2.2", cgroup: 2, cpus: 4, memoryGiB: 16 },
  kind: { path: "/cache/bin/kind", origin: "cache", version: "0.33.0" },
  kubectl: { path: "/usr/bin/kubectl", origin: "machine", version: "1.35.4" },
  pulumi: { path: "/usr/bin/pulumi", origin: "machine", version: "3.248.0" },
  go: { path: "/usr/bin/go", origin: "machine", version: "1.26.8" },
  ports: [{ port: 5001, use: "the registry", holder: "nobody" }],
  missingPackages: [],
};
