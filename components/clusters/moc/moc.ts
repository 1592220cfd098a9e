import { Provider } from "@pulumi/kubernetes/provider"; // the package as a whole takes 0.2 s to load
import * as pulumi from "@pulumi/pulumi";
import { unknown } from "@pulumi/pulumi/output";
import { Lease, NodeAttachment, NodeDeployment } from "../../openstack/nodes";
import type { LeaseSource } from "../../openstack/lease-provider";
import type { NodeSource } from "../../openstack/deployment";
import type { Capabilities, Cluster } from "../cluster";
import { renderAgentConfig } from "./agent-config";
import { renderDnsRecords, type DnsRecord } from "./dns-records";
import { ARCHITECTURE, NO_PULL_SECRET, renderInstallConfig } from "./install-config";
import { gatewayOf, parseNetwork } from "./ipv4";
import type { IsoServer } from "./iso";
import { isSingleNode, nodesOf, type Layout, type LayoutNode } from "./layout";
import { warningOfEnd } from "./lease-end";
import { NodeNetwork, type NodeNetworkArgs } from "./network";
import type { Site } from "./site-networks";
import { AgentImage, AgentInstallation, NodesKubeconfig } from "./resources";

export interface MocClusterArgs {
  /** Name of the stack, by which everything is known again; also the cluster's. */
  stack: string;
  /** Name of the cloud in clouds.yaml. */
  cloud: string;
  layout: Layout;
  nodes:
    | NodesWanted
    | { /** Uuids of leases that were granted, one for each node, control planes first. */ leases: string[] }
    | {
        /** Names or uuids of machines that the project owns, one for each node, control planes first. */
        own: string[];
        /** How long they are kept, from the first `up` on. */
        hours: number;
      };
  network: Omit<NodeNetworkArgs, "stack" | "cloud" | "externalId" | "subnetId">;
  runs: { okd: OkdArgs } | { image: NodeImageArgs };
  /** Public SSH key for logging in to nodes. @default nobody can */
  sshKey?: string;
  /** What the preflight found. @default nobody was asked, as in the in-process preview */
  site?: Site;
}

/** Nodes that are claimed. */
export interface NodesWanted {
  /** How long they are kept, from the first `up` on. */
  hours: number;
  /** @default any */
  resourceClass?: string;
  /** Conditions on their properties, as `memory_mb>=65536`. */
  nodeProperties: string[];
}

export interface OkdArgs {
  /** Major and minor, as `4.20`: that of the installer on PATH. */
  version: string;
  /** @default the installer's own */
  releaseImage?: string;
  baseDomain: string;
  /** JSON. @default one for public registries */
  pullSecret?: pulumi.Input<string>;
  /** Web server that nodes boot the ISO from. @default a private image in Glance */
  iso?: IsoServer;
  /** Id of Ironic's project, which that image is shared with. @default nobody's */
  ironicProject?: string;
  /** The disk that OKD is written to. @default the installer chooses */
  rootDevice?: string;
}

/** An image that brings a Kubernetes of its own. */
export interface NodeImageArgs {
  /** Id in Glance, or a URL. */
  source: string;
  /** SHA-256, of a URL. */
  checksum?: string;
  /** File of the kubeconfig of what the image brings. */
  kubeconfig: string;
}

const UNKNOWN = unknown as string;

/** A node of the cluster, on a network. */
interface MocNode extends LayoutNode {
  lease: Lease;
  attachment: NodeAttachment;
}

/** Bare metal of a site that runs ESI (the Mass Open Cloud), from leases to a cluster. */
export class MocCluster extends pulumi.ComponentResource implements Cluster {
  readonly provider: Provider;
  readonly kubeconfig: pulumi.Output<string>;
  readonly capabilities: Capabilities;
  readonly resource: pulumi.Resource;
  readonly outputs: Record<string, pulumi.Input<unknown>>;

  constructor(
    private readonly name: string,
    private readonly args: MocClusterArgs,
    opts: pulumi.ComponentResourceOptions = {},
  ) {
    super("okd-streams:clusters:MocCluster", name, {}, opts);
    const { stack, cloud, network, runs, site = { cloud, externalNetwork: UNKNOWN, subnet: UNKNOWN } } = args;
    const made = new NodeNetwork(
      `${name}-network`,
      { ...network, stack, cloud: site.cloud, externalId: site.externalNetwork, subnetId: site.subnet },
      { parent: this },
    );
    const nodes = nodesOf(args.layout).map((node, index) => this.takeNode(made, node, index));
    const installed = "okd" in runs ? this.install(nodes, runs.okd) : this.deployImage(nodes, runs.image);
    const isOkd = "okd" in runs;

    this.resource = installed;
    this.kubeconfig = pulumi.secret(installed.kubeconfig);
    this.provider = new Provider(
      name,
      {
        kubeconfig: installed.kubeconfig,
        clusterIdentifier: installed.id,
        deleteUnreachable: true,
        upsertExistingObjects: true,
        enableConfigMapMutable: true,
        enableSecretMutable: true,
      },
      { parent: this },
    );
    this.capabilities = {
      architectures: [ARCHITECTURE],
      kvm: true,
      openshift: isOkd,
      // Without workers the control plane does their work.
      ...(isOkd && { machinePools: [args.layout.workers > 0 ? "worker" : "master"] }),
    };
    this.outputs = {
      nodes: nodes.map(({ name, lease }) => ({ name, machine: lease.nodeName, until: lease.endTime })),
      ...(isOkd && { dns: this.dnsRecords(made, nodes, runs.okd) }),
    };
    this.registerOutputs({ kubeconfig: this.kubeconfig });
  }

  /** A machine for a time, attached to the network. */
  private takeNode(network: NodeNetwork, node: LayoutNode, index: number): MocNode {
    const { stack, cloud, nodes } = this.args;
    const mark = { cloud, stack, name: node.name };
    const lease = new Lease(
      node.name,
      { ...mark, source: renderSource(nodes, index), purpose: `okd-streams, stack ${stack}` },
      { parent: this },
    );
    pulumi.all([lease.nodeName, lease.startTime, lease.endTime]).apply(([machine, start, end]) => {
      const label = `${node.name} (${machine})`;
      const warning = warningOfEnd({ node: label, start, end, claimed: !("leases" in nodes) });
      if (warning) void pulumi.log.warn(warning, this);
    });
    const attachment = new NodeAttachment(
      node.name,
      { ...mark, node: lease.node, network: network.id },
      { parent: this, dependsOn: network.subnets },
    );
    return { ...node, lease, attachment };
  }

  private install(nodes: MocNode[], okd: OkdArgs): AgentInstallation {
    const { stack, cloud, layout, network, sshKey } = this.args;
    const { version, releaseImage, baseDomain, rootDevice, iso: server, ironicProject } = okd;
    const mark = { cloud, stack, name: "iso" };
    const hosts = nodes.map(({ name, role, attachment: { macAddress, addresses } }) => ({
      ...{ name, role, macAddress },
      address: addresses.apply(([first]) => first),
    }));
    const image = new AgentImage(
      `${this.name}-iso`,
      {
        ...{ ...mark, server, ironicProject, version, releaseImage, sshKey },
        installConfig: renderInstallConfig({
          ...layout,
          ...{ name: stack, baseDomain, cidr: network.cidr, virtualAddresses: network.virtualAddresses },
        }),
        agentConfig: renderAgentConfig({
          ...{ name: stack, hosts, rootDevice },
          network: {
            prefixLength: parseNetwork(network.cidr)!.prefixLength,
            gateway: gatewayOf(network),
            nameservers: network.nameservers,
          },
        }),
        pullSecret: pulumi.secret(okd.pullSecret ?? NO_PULL_SECRET),
      },
      { parent: this },
    );
    const deployments = nodes.map((node) =>
      this.deploy(
        node,
        image.iso.apply((iso) => ({ iso })),
      ),
    );
    const machines = pulumi.all(Object.fromEntries(nodes.map(({ name, lease }) => [name, lease.node])));
    return new AgentInstallation(
      `${this.name}-installation`,
      { ...mark, server, image: image.id, iso: image.iso, files: image.files, nodes: machines },
      { parent: this, dependsOn: deployments },
    );
  }

  private deployImage(nodes: MocNode[], { source, checksum, kubeconfig }: NodeImageArgs): NodesKubeconfig {
    const { sshKey } = this.args;
    const userData = sshKey && `#cloud-config\nssh_authorized_keys: [${JSON.stringify(sshKey)}]\n`;
    const deployments = nodes.map((node) => this.deploy(node, { image: source, checksum }, userData));
    return new NodesKubeconfig(
      `${this.name}-kubeconfig`,
      { path: kubeconfig, deployments: pulumi.all(deployments.map(({ id }) => id)) },
      { parent: this },
    );
  }

  private deploy(node: MocNode, source: pulumi.Input<NodeSource>, userData?: string): NodeDeployment {
    const { stack, cloud } = this.args;
    const { name, lease, attachment } = node;
    return new NodeDeployment(
      name,
      {
        cloud,
        stack,
        name,
        node: lease.node,
        source,
        attachments: pulumi.all([attachment.id]),
        ...(userData && { userData }),
      },
      { parent: this },
    );
  }

  private dnsRecords(network: NodeNetwork, nodes: MocNode[], { baseDomain }: OkdArgs): DnsRecord[] {
    const { stack, layout } = this.args;
    const { api, ingress } = network.ports;
    const domain = `${stack}.${baseDomain}`;
    if (isSingleNode(layout) || !api || !ingress) {
      const [{ attachment }] = nodes;
      const inside = attachment.addresses.apply(([first]) => first);
      const outside = network.floatingAddress("node", attachment.id)?.address ?? inside;
      return renderDnsRecords({
        domain,
        inside: { api: inside, ingress: inside },
        outside: { api: outside, ingress: outside },
      });
    }
    const virtual = this.args.network.virtualAddresses!;
    const outside = {
      api: network.floatingAddress("api", api.id)?.address ?? virtual.api,
      ingress: network.floatingAddress("ingress", ingress.id)?.address ?? virtual.ingress,
    };
    return renderDnsRecords({ domain, inside: virtual, outside });
  }
}

export function renderSource(nodes: MocClusterArgs["nodes"], index: number): LeaseSource {
  if ("leases" in nodes) return { uuid: nodes.leases[index] };
  if ("own" in nodes) return { node: nodes.own[index], hours: nodes.hours };
  const { hours, ...offer } = nodes;
  return { offer, hours };
}
