import { Provider } from "@pulumi/kubernetes/provider"; // the package as a whole takes 0.2 s to load
import * as pulumi from "@pulumi/pulumi";
import { unknown } from "@pulumi/pulumi/output";
import type { NodeSource } from "../../openstack/deployment";
import { isoBootOf, type IsoBoot } from "../../openstack/iso-boot";
import { Lease, NodeAttachment, NodeDeployment } from "../../openstack/nodes";
import type { Capabilities, Cluster } from "../cluster";
import { renderAgentConfig } from "./agent-config";
import { renderSource, type MocClusterArgs, type NodeImageArgs, type OkdArgs } from "./args";
import { cardOf } from "./cards";
import { renderDnsRecords, renderHosts, type Addresses } from "./dns-records";
import { ARCHITECTURE, NO_PULL_SECRET, renderInstallConfig, renderSurroundings } from "./install-config";
import { gatewayOf, parseNetwork } from "./ipv4";
import { isSingleNode, nodesOf, type LayoutNode } from "./layout";
import { warningOfEnd } from "./lease-end";
import { NodeNetwork } from "./network";
import type { Site } from "./site-networks";
import { taggedOf } from "./tagged";
import { waysIn } from "./ways-in";
import { AgentImage, AgentInstallation, DnsRecords, NodesKubeconfig } from "./resources";

const UNKNOWN = unknown as string;

/** A node of the cluster, on a network. */
interface MocNode extends LayoutNode {
  lease: Lease;
  attachment: NodeAttachment;
  /** Uuid of the card that is connected. @default Ironic chooses */
  card?: pulumi.Output<string>;
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
    const { stack, network, runs, site = unseenSite(args) } = args;
    const made = new NodeNetwork(
      `${name}-network`,
      { ...network, stack, cloud: site.cloud, externalId: site.externalNetwork, subnetId: site.subnet },
      { parent: this },
    );
    const nodes = nodesOf(args.layout).map((node, index) => this.takeNode(made, node, index));
    const isOkd = "okd" in runs;
    const okd = isOkd ? this.installOkd(made, nodes, runs.okd, site) : undefined;
    const installed = okd?.installation ?? this.deployImage(nodes, (runs as { image: NodeImageArgs }).image);

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
      ...(isOkd && { monitoring: true }),
      // Without workers the control plane does their work.
      ...(isOkd && { machinePools: [args.layout.workers > 0 ? "worker" : "master"] }),
    };
    this.outputs = {
      nodes: nodes.map(({ name, lease }) => ({
        ...{ name, machine: lease.nodeName, until: lease.endTime },
        ...(isOkd && { boot: bootOf(name, lease) }),
      })),
      ...okd?.outputs,
    };
    this.registerOutputs({ kubeconfig: this.kubeconfig });
  }

  /** A machine for a time, attached to the network. */
  private takeNode(network: NodeNetwork, node: LayoutNode, index: number): MocNode {
    const {
      stack,
      cloud,
      nodes,
      cards,
      network: { tagged },
    } = this.args;
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
    const card = cards && lease.ports.apply((ports) => cardOf(node.name, ports, cards));
    const attachment = new NodeAttachment(
      node.name,
      { ...mark, node: lease.node, network: network.id, ...(card && { port: card }), ...(tagged && { tagged }) },
      { parent: this, dependsOn: network.subnets },
    );
    return { ...node, lease, attachment, card };
  }

  private installOkd(made: NodeNetwork, nodes: MocNode[], okd: OkdArgs, site: Site) {
    const { stack, layout, network } = this.args;
    const domain = `${stack}.${okd.baseDomain}`;
    const addresses = this.addressesOf(made, nodes);
    const dns = renderDnsRecords({ domain, ...addresses });
    const usesDns = network.dns !== "hosts";
    const needed = dns.map(({ name }) => name).filter((it) => isSingleNode(layout) || !it.startsWith("api-int."));
    const records = new DnsRecords(
      `${this.name}-dns`,
      { stack, records: dns, needed: usesDns ? needed : [], nameservers: network.nameservers },
      { parent: this },
    );
    const installation = this.install(nodes, okd, { site, records, addresses });
    const outputs = {
      dns,
      ...(!usesDns && { hosts: renderHosts({ domain, ...addresses }) }),
      kubeadminPassword: pulumi.secret(installation.password),
    };
    return { installation, outputs };
  }

  private install(
    nodes: MocNode[],
    okd: OkdArgs,
    { site, records, addresses }: { site: Site; records: DnsRecords; addresses: Addresses },
  ): AgentInstallation {
    const { stack, cloud, layout, network, sshKey, record } = this.args;
    const {
      version,
      releaseImage,
      baseDomain,
      rootDevice,
      iso: server,
      ironicProject,
      bootArtifactsBaseURL,
      ntp,
    } = okd;
    const mark = { cloud, stack, name: "iso" };
    const hosts = nodes.map(({ name, role, attachment }) => ({
      ...{ name, role, macAddress: attachment.macAddress },
      address: attachment.addresses.apply(([first]) => first!),
      ...(network.tagged && { tagged: network.tagged.map((_, index) => taggedOf(attachment, index)) }),
    }));
    const minimal = pulumi
      .all(nodes.map(({ name, lease }) => bootOf(name, lease)))
      .apply((boots) => boots.includes("iPXE"));
    const image = new AgentImage(
      `${this.name}-iso`,
      {
        ...{ ...mark, server, ironicProject, version, releaseImage, sshKey, minimal, bootArtifactsBaseURL },
        installConfig: renderInstallConfig({
          ...layout,
          ...{ name: stack, baseDomain, cidr: network.cidr, virtualAddresses: network.virtualAddresses },
        }),
        agentConfig: renderAgentConfig({
          ...{ name: stack, hosts, rootDevice, ntp },
          network: {
            prefixLength: parseNetwork(network.cidr)!.prefixLength,
            gateway: site.gateway ?? gatewayOf(network),
            nameservers: network.nameservers,
            mtu: site.mtu ?? network.mtu,
          },
        }),
        surroundings: renderSurroundings(okd),
        pullSecret: pulumi.secret(okd.pullSecret ?? NO_PULL_SECRET),
      },
      { parent: this },
    );
    const source = image.iso.apply((iso) => ({ iso }));
    const deployments = nodes.map((node) => this.deploy(node, source, { after: [records] }));
    return new AgentInstallation(
      `${this.name}-installation`,
      {
        ...{ ...mark, server, image: image.id, iso: image.iso, files: image.files, minimal, record },
        hosts: nodes.map(({ name, role, lease, attachment: { macAddress } }) => ({
          ...{ name, role, macAddress, node: lease.node },
        })),
        rendezvous: [hosts[0]!.address, addresses.outside.api],
        ...(network.dns === "hosts" && { apiAddress: addresses.outside.api }),
      },
      { parent: this, dependsOn: deployments },
    );
  }

  private deployImage(nodes: MocNode[], { source, checksum, kubeconfig }: NodeImageArgs): NodesKubeconfig {
    const { sshKey } = this.args;
    const userData = sshKey && `#cloud-config\nssh_authorized_keys: [${JSON.stringify(sshKey)}]\n`;
    const deployments = nodes.map((node) => this.deploy(node, { image: source, checksum }, { userData }));
    return new NodesKubeconfig(
      `${this.name}-kubeconfig`,
      { path: kubeconfig, deployments: pulumi.all(deployments.map(({ id }) => id)) },
      { parent: this },
    );
  }

  private deploy(
    node: MocNode,
    source: pulumi.Input<NodeSource>,
    { userData, after = [] }: { userData?: string; after?: pulumi.Resource[] },
  ): NodeDeployment {
    const { stack, cloud } = this.args;
    const { name, lease, attachment, card } = node;
    return new NodeDeployment(
      name,
      {
        ...{ cloud, stack, name, source },
        node: lease.node,
        attachments: pulumi.all([attachment.id]),
        ...(card && { card }),
        ...(userData && { userData }),
      },
      { parent: this, dependsOn: after },
    );
  }

  /** Where API and routes are: of a single node its own address, else those that move. */
  private addressesOf(network: NodeNetwork, nodes: MocNode[]): Addresses {
    const { api, ingress } = network.ports;
    if (isSingleNode(this.args.layout) || !api || !ingress) {
      const { attachment } = nodes[0]!;
      const inside = attachment.addresses.apply(([first]) => first!);
      const outside = network.floatingAddress("node", attachment.id)?.address ?? inside;
      return { inside: { api: inside, ingress: inside }, outside: { api: outside, ingress: outside } };
    }
    const { virtualAddresses, sharedAddress } = this.args.network;
    const virtual = virtualAddresses!;
    const shared = sharedAddress
      ? network.sharedAddress("cluster", waysIn({ api, ingress }, virtual, nodes[0]!.attachment))
      : undefined;
    const outside = {
      api: (shared ?? network.floatingAddress("api", api.id))?.address ?? virtual.api,
      ingress: (shared ?? network.floatingAddress("ingress", ingress.id))?.address ?? virtual.ingress,
    };
    return { inside: virtual, outside };
  }
}

function bootOf(name: string, { bootInterface }: Lease): pulumi.Output<IsoBoot> {
  return bootInterface.apply((it) => isoBootOf(name, it));
}

/** As the in-process preview has it, which asks nobody. */
function unseenSite({ cloud, network: { existing, gateway } }: MocClusterArgs): Site {
  return { cloud, externalNetwork: UNKNOWN, subnet: UNKNOWN, ...(existing && !gateway && { gateway: UNKNOWN }) };
}
