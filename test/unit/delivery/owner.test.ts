import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { refuseToSwitch } from "../../../stacks/commands/delivery/owner";
import { beginSwitch, endSwitch, requireNoSwitch } from "../../../stacks/commands/delivery/record";
import { workspaceFolder } from "../../../stacks/environment";

describe("who delivers a stack that is deployed", () => {
  const state = (...types: string[]) => ({ resources: types.map((type) => ({ urn: `urn:${type}`, type })) });
  const [SETS, TASK] = ["okd-streams:streams:CoreosStreams", "kubernetes:tekton.dev/v1:Task"];
  const APPLICATION = "kubernetes:argoproj.io/v1alpha1:Application";
  const pulumis = state(SETS, TASK);
  const argoCds = state(SETS, APPLICATION);

  it("is not switched by up from Pulumi to Argo CD: runs would lose their Tasks", () => {
    assert.throws(() => refuseToSwitch("kind", { by: "argocd" }, pulumis), {
      name: "UserError",
      message:
        "Stack kind is deployed with its pipelines delivered by Pulumi: npm run delivery -- kind argocd has Argo CD take " +
        "them over as they are, or set delivery.by to pulumi.",
    });
  });

  it("is not switched back by up: Argo CD would fight what Pulumi has just brought", () => {
    assert.throws(() => refuseToSwitch("moc", { by: "pulumi" }, argoCds), {
      message:
        "Stack moc is deployed with its pipelines delivered by Argo CD: npm run delivery -- moc pulumi has Pulumi take " +
        "them over as they are, or set delivery.by to argocd.",
    });
  });

  it("is Pulumi as long as it has any of them: Applications may wait beside", () => {
    const both = state(SETS, APPLICATION, TASK);
    refuseToSwitch("kind", { by: "pulumi" }, both);
    assert.throws(() => refuseToSwitch("kind", { by: "argocd" }, both), { message: /delivered by Pulumi/ });
  });

  it("may be either from the beginning, and as before", () => {
    for (const deployed of [{}, argoCds]) refuseToSwitch("kind", { by: "argocd" }, deployed);
    for (const deployed of [{}, pulumis]) refuseToSwitch("kind", { by: "pulumi" }, deployed);
  });
});

describe("a switch that was begun", () => {
  const stack = "begun";
  afterEach(() => rmSync(workspaceFolder(stack), { recursive: true, force: true }));

  it("is known until it has ended: up says how it goes on", () => {
    requireNoSwitch(stack);
    beginSwitch(stack, "argocd");
    assert.throws(() => requireNoSwitch(stack), {
      name: "UserError",
      message:
        "Stack begun is half-way to argocd delivering its pipelines: npm run delivery -- begun argocd goes on; with the " +
        "other as delivery.by it goes back.",
    });
    endSwitch(stack);
    requireNoSwitch(stack);
  });
});
