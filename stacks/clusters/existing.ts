import { existingSettings } from "../../components/clusters/schema";
import type { ClusterKind } from "./cluster-kind";
import type * as creation from "./existing-cluster";
import type * as findings from "./existing-findings";
import { load } from "./load";

/** A cluster that is there already. */
export const existing: ClusterKind<typeof existingSettings> = {
  schema: existingSettings,
  create: (settings, context) => (load("./existing-cluster") as typeof creation).create(settings, context),
  ask: (settings, context) => (load("./existing-findings") as typeof findings).ask(settings, context),
};
