import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamic";
import type { LeaseInputs, NodePort } from "./lease-provider";
import type { MediaEjectionInputs } from "./media-ejection-provider";
import type { NodeAttachmentInputs } from "./node-attachment-provider";
import type { NodeDeploymentInputs } from "./node-deployment-provider";
import type { TrunkState } from "./trunk";

/** The same with outputs of other resources anywhere in it. */
type Inputs<T> = { [K in keyof T]: pulumi.Input<T[K] extends object | undefined ? Inputs<T[K]> : T[K]> };

/**
 * A bare-metal machine that a project holds for a time: by claiming an offer of ESI-Leap, by an owner's own lease, or by a
 * lease that was granted. Its id is the lease's uuid. One lease is one node.
 */
export class Lease extends DynamicResource {
  /** Uuid of the node. */
  declare readonly node: pulumi.Output<string>;
  declare readonly nodeName: pulumi.Output<string>;
  /** The node's class; empty where it has none. */
  declare readonly resourceClass: pulumi.Output<string>;
  /** UTC, as `2026-11-24T00:00:00`. */
  declare readonly startTime: pulumi.Output<string>;
  /** UTC: the node is wiped then. */
  declare readonly endTime: pulumi.Output<string>;
  /** The node's network cards, in the order of their addresses. */
  declare readonly ports: pulumi.Output<NodePort[]>;
  /** How the node boots, as Ironic says it: `ipxe`. */
  declare readonly bootInterface: pulumi.Output<string | undefined>;

  constructor(name: string, inputs: Inputs<LeaseInputs>, opts: pulumi.CustomResourceOptions = {}) {
    const outputs = {
      node: undefined,
      nodeName: undefined,
      resourceClass: undefined,
      startTime: undefined,
      endTime: undefined,
      ports: undefined,
      bootInterface: undefined,
    };
    super("Lease", name, { ...inputs, ...outputs }, opts);
  }
}

/** A node's connection to a network: a port of Neutron's, attached by Ironic. Its id is the Neutron port's. */
export class NodeAttachment extends DynamicResource {
  /** Of the node's network card that is connected. */
  declare readonly macAddress: pulumi.Output<string>;
  declare readonly addresses: pulumi.Output<string[]>;
  /** Of networks with tags; undefined without any. */
  declare readonly trunk: pulumi.Output<TrunkState | undefined>;

  constructor(name: string, inputs: Inputs<NodeAttachmentInputs>, opts: pulumi.CustomResourceOptions = {}) {
    const outputs = { macAddress: undefined, addresses: undefined, trunk: undefined };
    super("NodeAttachment", name, { ...inputs, ...outputs }, opts);
  }
}

/** What a node runs: an ISO that it booted or an image on its disk. Its id is another for each deployment. */
export class NodeDeployment extends DynamicResource {
  constructor(name: string, inputs: Inputs<NodeDeploymentInputs>, opts: pulumi.CustomResourceOptions = {}) {
    super("NodeDeployment", name, inputs, opts);
  }
}

/**
 * Ejects the ISO that a node booted, so that it boots from its disk next: Ironic leaves the ISO first in the boot order. Create it
 * once the node no longer needs the ISO; a live system that does not run from memory (kernel argument `coreos.liveiso.fromram`)
 * keeps reading from it until then.
 */
export class MediaEjection extends DynamicResource {
  constructor(name: string, inputs: Inputs<MediaEjectionInputs>, opts: pulumi.CustomResourceOptions = {}) {
    super("MediaEjection", name, inputs, opts);
  }
}
