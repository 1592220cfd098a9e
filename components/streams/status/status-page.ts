import * as pulumi from "@pulumi/pulumi";
import { bundle } from "../../programs/bundle";
import type { Workplace } from "../../workplace/workplace";
import { declaredOf, type Made } from "./declared";
import { renderStatus, renderStatusAccess } from "./objects";

export interface StatusPageArgs {
  /** Name of the stack. */
  stack: string;
  /** Where the page is: the gate's. */
  home: Workplace;
  /** All others in which runs are. @default there are none */
  others?: Workplace[];
  /** What the stack has. */
  made: Made;
  /** Reference of a plain Node image. */
  image: string;
  /** Users and groups are given by OpenShift, not by us. @default false */
  openshift?: boolean;
}

/** A page that shows what a stack builds and what needs somebody, for whoever reaches it. Its account lists runs, and can do nothing else. */
export class StatusPage extends pulumi.ComponentResource {
  constructor(name: string, args: StatusPageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("okd-streams:streams:StatusPage", name, {}, opts);
    const { stack, home, others = [], made, image, openshift } = args;
    const { place } = home;
    const access = [home, ...others].flatMap((workplace) =>
      workplace.create(renderStatusAccess(workplace.place, place.namespace), { parent: this }),
    );
    const declared = declaredOf(stack, made, place.namespace);
    const objects = renderStatus({ place, program: bundle("status"), declared, image, openshift });
    home.create(objects, { parent: this, dependsOn: access });
    this.registerOutputs({});
  }
}
