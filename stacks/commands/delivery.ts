import { UserError } from "../../components/errors";
import type { Configuration } from "../configuration/schema";
import type { Deployment } from "./engine/adopt";

/**
 * Pulumi would remove what it has delivered so far, and runs with it, before Argo CD brings it again.
 * @throws UserError where a stack that Pulumi delivered is to be delivered by Argo CD
 */
export function refuseToSwitch(stack: string, { by }: Configuration["delivery"], { resources = [] }: Deployment): void {
  const isPulumis = resources.some(({ type }) => /^kubernetes:tekton\.dev\/\w+:(Task|Pipeline)$/.test(type));
  if (by !== "argocd" || !isPulumis) return;
  throw new UserError(
    `Stack ${stack} is deployed with its pipelines delivered by Pulumi, and cannot be switched while it is: ` +
      `npm run destroy -- ${stack} first, or set delivery.by to pulumi.`,
  );
}
