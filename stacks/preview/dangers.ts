import type { Comparison, ResourceChange } from "./compare";
import type { PreviewResource } from "./json";

export type Act = "added" | "changed" | "replaced" | "removed" | "refused";

/** What a reviewer has to know before the change is made. */
export interface Danger {
  act: Act;
  /** What is lost or ends, in one clause. */
  means: string;
  resources: PreviewResource[];
  /** The fields that bring it about; none where the resource is removed or added. */
  because: string[];
}

const LOST: Act[] = ["replaced", "removed"];
const CHANGED: Act[] = ["added", "changed", "replaced", "removed"];
const DYNAMIC = "^pulumi-nodejs:dynamic/okd-streams:";
const kubernetes = (kinds: string) => new RegExp(`^kubernetes:[^:]+:(${kinds})$`);
const dynamic = (kind: string) => new RegExp(`${DYNAMIC}${kind}$`);

/** Data, leases and running builds: what goes with which resource. */
const TABLE: [type: RegExp, acts: Act[], means: string][] = [
  [kubernetes("PersistentVolumeClaim|PersistentVolume"), LOST, "the volume and everything on it are deleted"],
  [kubernetes("Namespace"), LOST, "everything in it is deleted, volumes and running builds too"],
  [kubernetes("CustomResourceDefinition"), LOST, "every object of that kind in the cluster is deleted"],
  [kubernetes("Task|Pipeline|StepAction|ServiceAccount"), LOST, "a running build that has yet to use it fails"],
  [
    /^kubernetes:(machineconfiguration\.openshift\.io|config\.openshift\.io)\/[^:]+:(MachineConfig|KubeletConfig|Image\w+)$/,
    CHANGED,
    "every node is drained or rebooted, one after the other: builds that run there end",
  ],
  [/^pulumi:providers:kubernetes$/, LOST, "every object in its cluster is deleted and made anew"],
  [dynamic("KindNodes"), LOST, "the cluster goes with all volumes and running builds"],
  [dynamic("KindRegistry"), LOST, "all images and the records of all builds are deleted"],
  [dynamic("Lease"), LOST, "the machine is given back and wiped, and nobody promises another"],
  [dynamic("NodeDeployment"), LOST, "the machine is wiped"],
  [dynamic("NodeAttachment"), LOST, "the machine loses its network, and what runs there its storage and peers"],
  [dynamic("AgentImage|AgentInstallation"), LOST, "OKD is installed anew on wiped machines (refused once it runs)"],
  [dynamic("GateCredentials"), LOST, "whoever sends signed events needs the new key"],
  [
    /^openstack:networking\/floatingIp:/,
    LOST,
    "the address goes back to the pool: names and kubeconfigs that have it break",
  ],
  [/^openstack:networking\//, LOST, "the cluster's machines are cut off, and builds there fail"],
];

/** What a change destroys, and what it cannot do, in the table's order. */
export function dangersOf({ components }: Comparison): Danger[] {
  const found = components.flatMap(({ added, removed, changed }) => [
    ...removed.map((resource) => ({ resource, act: "removed" as Act, because: [] as string[] })),
    ...changed.map((change) => ({ resource: change.resource, ...actOf(change) })),
    ...added.map((resource) => ({ resource, act: "added" as Act, because: [] as string[] })),
  ]);
  const dangers: Danger[] = [];
  for (const [type, acts, means] of TABLE) {
    const fitting = found.filter(
      ({ act, resource }) => acts.includes(act) && type.test(resource.type) && firstOf(resource) === type,
    );
    for (const act of acts)
      dangers.push(
        ...grouped(
          fitting.filter((it) => it.act === act),
          act,
          means,
        ),
      );
  }
  const refused = found.filter(({ act }) => act === "refused");
  return [...dangers, ...grouped(refused, "refused", "Kubernetes refuses that, and `up` fails there")];
}

/** A change that is refused destroys nothing. */
function actOf({ replacedBy, refused, differences }: ResourceChange): { act: Act; because: string[] } {
  if (refused.length > 0) return { act: "refused", because: refused };
  if (replacedBy.length > 0) return { act: "replaced", because: replacedBy };
  return { act: "changed", because: differences.map(({ path }) => path) };
}

function firstOf({ type }: PreviewResource): RegExp | undefined {
  return TABLE.find(([pattern]) => pattern.test(type))?.[0];
}

function grouped(found: { resource: PreviewResource; because: string[] }[], act: Act, means: string): Danger[] {
  if (found.length === 0) return [];
  const because = [...new Set(found.flatMap((it) => it.because))];
  return [{ act, means, resources: found.map(({ resource }) => resource), because }];
}
