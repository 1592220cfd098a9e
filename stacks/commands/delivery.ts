import { UserError } from "../../components/errors";
import type { Configuration } from "../configuration/schema";
import type { Deployment } from "./engine/adopt";

/**
 * Each hand removes what it has delivered when it goes, and runs with it: Pulumi before Argo CD brings it again, Argo CD after Pulumi
 * has brought it.
 *
 * @throws UserError where a stack that is deployed is to be delivered by the other
 */
export function refuseToSwitch(stack: string, { by }: Configuration["delivery"], { resources = [] }: Deployment): void {
  const has = (type: RegExp) => resources.some((it) => type.test(it.type));
  const now = has(/^kubernetes:argoproj\.io\/\w+:Application$/)
    ? { by: "argocd", name: "Argo CD" }
    : has(/^kubernetes:tekton\.dev\/\w+:(Task|Pipeline)$/) && { by: "pulumi", name: "Pulumi" };
  if (!now || now.by === by) return;
  throw new UserError(
    `Stack ${stack} is deployed with its pipelines delivered by ${now.name}, and cannot be switched while it is: ` +
      `npm run destroy -- ${stack} first, or set delivery.by to ${now.by}.`,
  );
}
