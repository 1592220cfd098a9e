import * as pulumi from "@pulumi/pulumi";
import { bundle } from "../../programs/bundle";
import type { Settings } from "../../programs/updates/settings";
import type { Workplace } from "../../workplace/workplace";
import { renderUpdates, UPDATES } from "./objects";

export interface UpdateServiceArgs {
  /** Where it is: where releases are made. */
  home: Workplace;
  settings: Settings;
  /** Reference of a plain Node image. */
  image: string;
  /** Users and groups are given by OpenShift, not by us. @default false */
  openshift?: boolean;
}

/** Where clusters find updates. */
export interface UpdatesOutput {
  namespace: string;
  /** Names that a cluster's `channel` may be. */
  channels: string[];
  /** What a ClusterVersion has as `upstream`, inside of the cluster. */
  upstream: string;
}

/** The update graphs and the signature store of a stack's releases, for clusters that reach it. */
export class UpdateService extends pulumi.ComponentResource {
  readonly updates: UpdatesOutput;

  constructor(name: string, args: UpdateServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("okd-streams:streams:UpdateService", name, {}, opts);
    const { home, settings, image, openshift } = args;
    const { place } = home;
    this.updates = {
      namespace: place.namespace,
      channels: settings.channels.map((channel) => channel.name),
      upstream: `http://${UPDATES}.${place.namespace}.svc:8080/graph`,
    };
    home.create(renderUpdates({ place, program: bundle("updates"), settings, image, openshift }), { parent: this });
    this.registerOutputs({ updates: this.updates });
  }
}
