import { Provider } from "@pulumi/kubernetes/provider"; // the package as a whole takes 0.2 s to load
import * as pulumi from "@pulumi/pulumi";
import { unknown } from "@pulumi/pulumi/output";
import { UserError } from "../errors";
import type { Capabilities, Cluster } from "./cluster";
import { STACK } from "../kubernetes/marks";
import { inspectCluster, type Inspection, type NamespaceMeta } from "./inspection";
import { readKubeconfig } from "./kubeconfig";

export interface ExistingClusterArgs {
  /** Name of the stack: what carries its mark is ours. */
  stack: string;
  /** Path of the kubeconfig file, or a list as KUBECONFIG has it. */
  kubeconfig: string | string[];
  /** Context of the files. @default its current context */
  context?: string;
  /** Architectures of the nodes. @default those that the nodes have; amd64 where the cluster is not asked */
  architectures?: string[];
  /** Nodes have /dev/kvm. @default a node offers devices.kubevirt.io/kvm; false where the cluster is not asked */
  kvm?: boolean;
  /** StorageClass to use. @default the cluster's default one; none named where the cluster is not asked */
  storageClass?: string;
  /** Read the kubeconfig and ask the cluster; false for the in-process preview, which needs neither. @default true */
  ask?: boolean;
}

/**
 * A cluster that is there already.
 *
 * @throws UserError when the kubeconfig is not usable or the cluster does not answer in time
 */
export async function existingCluster(
  name: string,
  args: ExistingClusterArgs,
  opts: pulumi.ComponentResourceOptions = {},
): Promise<ExistingCluster> {
  const { kubeconfig: files, context, ask = true } = args;
  if (!ask) return new ExistingCluster(name, { capabilities: renderCapabilities(args) }, opts);
  const kubeconfig = await readKubeconfig(files, context);
  const origin = typeof files === "string" ? files : files.join(", ");
  const inspection = await inspectCluster(kubeconfig, context === undefined ? origin : `${origin}, context ${context}`);
  const capabilities = renderCapabilities(args, inspection);
  return new ExistingCluster(
    name,
    {
      capabilities,
      kubeconfig,
      identifier: inspection.identifier,
      foreignNamespaces: foreignNamespaces(inspection, args.stack),
    },
    opts,
  );
}

function foreignNamespaces({ namespaces = [] }: Inspection, stack: string): string[] {
  const isOurs = ({ labels, annotations }: NamespaceMeta) => [labels?.[STACK], annotations?.[STACK]].includes(stack);
  return namespaces.filter((namespace) => !isOurs(namespace)).map(({ name }) => name);
}

/** What was configured, else what the cluster says, else a default. */
export function renderCapabilities(args: Omit<ExistingClusterArgs, "stack">, inspection?: Inspection): Capabilities {
  const architectures = args.architectures ?? (inspection ? inspection.architectures : ["amd64"]);
  if (!architectures?.length) {
    throw new UserError("The cluster does not let you list its nodes: set cluster.architectures (and cluster.kvm).");
  }
  const storageClass = args.storageClass ?? inspection?.storageClass;
  return {
    architectures,
    kvm: args.kvm ?? inspection?.kvm ?? false,
    ...(storageClass !== undefined && { storageClass }),
    openshift: inspection?.openshift ?? false,
    ...(inspection?.monitoring && { monitoring: true }),
    ...(inspection?.kubernetes && { kubernetes: inspection.kubernetes }),
    ...(inspection?.machinePools && { machinePools: inspection.machinePools }),
  };
}

interface FoundCluster {
  capabilities: Capabilities;
  /** Absent where the cluster was not asked: unknown until it is. */
  kubeconfig?: string;
  identifier?: string;
  foreignNamespaces?: string[];
}

/** See {@link existingCluster}, which makes it. */
export class ExistingCluster extends pulumi.ComponentResource implements Cluster {
  readonly provider: Provider;
  readonly kubeconfig: pulumi.Output<string>;
  readonly capabilities: Capabilities;
  readonly foreignNamespaces?: string[];

  constructor(name: string, found: FoundCluster, opts: pulumi.ComponentResourceOptions = {}) {
    super("okd-streams:clusters:ExistingCluster", name, {}, opts);
    this.capabilities = found.capabilities;
    this.foreignNamespaces = found.foreignNamespaces;
    this.kubeconfig = pulumi.secret(valueOrUnknown(found.kubeconfig));
    this.provider = new Provider(
      name,
      {
        kubeconfig: this.kubeconfig,
        clusterIdentifier: valueOrUnknown(found.identifier),
        upsertExistingObjects: true,
        enableConfigMapMutable: true,
        enableSecretMutable: true,
      },
      { parent: this },
    );
    this.registerOutputs({ kubeconfig: this.kubeconfig });
  }
}

function valueOrUnknown(value: string | undefined): pulumi.Output<string> {
  return pulumi.output(value ?? unknown) as pulumi.Output<string>;
}
