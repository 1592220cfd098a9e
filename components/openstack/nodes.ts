import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamic";
import type { LeaseInputs } from "./lease-provider";
import type { NodeAttachmentInputs } from "./node-attachment-provider";
import type { NodeDeploymentInputs } from "./node-deployment-provider";

type Inputs<T> = { [K in keyof T]: pulumi.Input<T[K]> };

/** The bare-metal machine that a project holds for a time, by claiming an offer of ESI-Leap or by a lease that exists. */
export class Lease extends DynamicResource {
  /** Uuid of the node. */
  declare readonly node: pulumi.Output<string>;
  declare readonly nodeName: pulumi.Output<string>;
  /** UTC, as `2026-11-24T00:00:00`. */
  declare readonly startTime: pulumi.Output<string>;
  /** UTC: the node is wiped then. */
  declare readonly endTime: pulumi.Output<string>;

  constructor(name: string, inputs: LeaseInputs, opts: pulumi.CustomResourceOptions = {}) {
    const outputs = { node: undefined, nodeName: undefined, startTime: undefined, endTime: undefined };
    super("Lease", "components/openstack/lease-provider.ts", name, { ...inputs, ...outputs }, opts);
  }
}

/** A node's connection to a network: a port of Neutron's, attached by Ironic. Its id is the port's. */
export class NodeAttachment extends DynamicResource {
  /** Of the node's network card that is connected. */
  declare readonly macAddress: pulumi.Output<string>;
  declare readonly addresses: pulumi.Output<string[]>;

  constructor(name: string, inputs: Inputs<NodeAttachmentInputs>, opts: pulumi.CustomResourceOptions = {}) {
    const outputs = { macAddress: undefined, addresses: undefined };
    super("NodeAttachment", "components/openstack/node-attachment-provider.ts", name, { ...inputs, ...outputs }, opts);
  }
}

/** What a node runs: an ISO that it booted or an image on its disk. */
export class NodeDeployment extends DynamicResource {
  constructor(name: string, inputs: Inputs<NodeDeploymentInputs>, opts: pulumi.CustomResourceOptions = {}) {
    super("NodeDeployment", "components/openstack/node-deployment-provider.ts", name, inputs, opts);
  }
}
