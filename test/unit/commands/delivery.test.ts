import assert from "node:assert/strict";
import { refuseToSwitch } from "../../../stacks/commands/delivery";
import type { Configuration } from "../../../stacks/configuration/schema";

describe("who delivers a stack that is deployed", () => {
  const settings = (by: "pulumi" | "argocd"): Configuration["delivery"] => ({ by, revision: "rendered" });
  const state = (...types: string[]) => ({ resources: types.map((type) => ({ urn: `urn:${type}`, type })) });
  const pulumis = state("okd-streams:streams:CoreosStreams", "kubernetes:tekton.dev/v1:Task");
  const argoCds = state("okd-streams:streams:CoreosStreams", "kubernetes:argoproj.io/v1alpha1:Application");

  it("is not switched from Pulumi to Argo CD: runs would lose their Tasks", () => {
    assert.throws(() => refuseToSwitch("kind", settings("argocd"), pulumis), {
      message:
        "Stack kind is deployed with its pipelines delivered by Pulumi, and cannot be switched while it is: " +
        "npm run destroy -- kind first, or set delivery.by to pulumi.",
    });
  });

  it("is not switched back: Argo CD would take along what Pulumi has just brought", () => {
    assert.throws(() => refuseToSwitch("moc", settings("pulumi"), argoCds), {
      message:
        "Stack moc is deployed with its pipelines delivered by Argo CD, and cannot be switched while it is: " +
        "npm run destroy -- moc first, or set delivery.by to argocd.",
    });
  });

  it("may be either from the beginning, and as before", () => {
    for (const deployed of [{}, argoCds]) refuseToSwitch("kind", settings("argocd"), deployed);
    for (const deployed of [{}, pulumis]) refuseToSwitch("kind", settings("pulumi"), deployed);
  });
});
