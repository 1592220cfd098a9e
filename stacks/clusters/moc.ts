import { mocSettings } from "../../components/clusters/moc/schema";
import { openStack } from "../../components/openstack/client";
import type { ClusterKind } from "./cluster-kind";
import type * as creation from "./moc-cluster";
import { load } from "./load";
import { mocFindings } from "./moc-findings";
import { MOC_RULES } from "./moc-rules";
import { findLeftovers, free } from "./openstack-leftovers";

/** Bare metal of the Mass Open Cloud, or of another site that runs ESI. */
export const moc: ClusterKind<typeof mocSettings> = {
  schema: mocSettings,
  rules: MOC_RULES,

  create: (settings, context) => (load("./moc-cluster") as typeof creation).create(settings, context),
  installerSecrets: ({ okd }) => (okd?.pullSecret ? [okd.pullSecret] : []),
  cloud: ({ cloud }) => cloud,
  findings: (_, settings) => mocFindings(settings),

  async sweep({ cloud }, { stack, tell }) {
    await free(await findLeftovers(stack, openStack(cloud), {}), tell);
  },
};
