import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../../../stacks/configuration/load";
import { recordedOf } from "./everything";

const FORMER = join(__dirname, "former");

/** What stacks of before December 2026 have and those of today have not, by the ends of their URNs. */
// Runs of a stream or a release shared a volume; scheduled releases had an EventListener and a gate of their own.
const GONE: string[] = [
  "kubernetes:core/v1:PersistentVolumeClaim::okd-coreos/okd-coreos-4-18-amd64",
  "kubernetes:core/v1:PersistentVolumeClaim::okd-coreos/okd-coreos-4-21-amd64",
  // Policies deny both ways now.
  "kubernetes:networking.k8s.io/v1:NetworkPolicy::okd-coreos/default-deny-ingress",
  "kubernetes:core/v1:PersistentVolumeClaim::okd-release/okd-release-next",
  "kubernetes:core/v1:PersistentVolumeClaim::okd-release/okd-release-stable",
  "kubernetes:batch/v1:CronJob::okd-release/okd-release-next",
  "kubernetes:batch/v1:CronJob::okd-release/okd-release-stable",
  "kubernetes:core/v1:ConfigMap::okd-release/request-release",
  "kubernetes:core/v1:ServiceAccount::okd-release/event-listener",
  "kubernetes:core/v1:ServiceAccount::okd-release/requester",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy::okd-release/default-deny-ingress",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy::okd-release/event-listeners",
  "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole::okd-release-event-listener",
  "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding::okd-release-event-listener",
  "kubernetes:rbac.authorization.k8s.io/v1:Role::okd-release/event-listener",
  "kubernetes:rbac.authorization.k8s.io/v1:Role::okd-release/requester",
  "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding::okd-release/event-listener",
  "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding::okd-release/requester",
  "kubernetes:triggers.tekton.dev/v1beta1:EventListener::okd-release/promotions",
  "kubernetes:triggers.tekton.dev/v1beta1:Trigger::okd-release/okd-release-next",
  "kubernetes:triggers.tekton.dev/v1beta1:Trigger::okd-release/okd-release-stable",
  "kubernetes:triggers.tekton.dev/v1beta1:TriggerBinding::okd-release/requested-release",
  "kubernetes:triggers.tekton.dev/v1beta1:TriggerTemplate::okd-release/okd-release-next",
  "kubernetes:triggers.tekton.dev/v1beta1:TriggerTemplate::okd-release/okd-release-stable",
  "kubernetes:apps/v1:Deployment::okd-release/gate",
  "kubernetes:core/v1:ConfigMap::okd-release/gate",
  "kubernetes:core/v1:Secret::okd-release/event-signing-keys",
  "kubernetes:core/v1:Secret::okd-release/gate-tls",
  "kubernetes:core/v1:Service::okd-release/gate",
  "kubernetes:core/v1:ServiceAccount::okd-release/gate",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy::okd-release/gate",
  "kubernetes:policy/v1:PodDisruptionBudget::okd-release/gate",
  "kubernetes:triggers.tekton.dev/v1alpha1:Interceptor::okd-release/complete-build",
  "kubernetes:triggers.tekton.dev/v1alpha1:Interceptor::okd-release/signed-event",
  "pulumi-nodejs:dynamic/okd-streams:GateCredentials::promotions-gate-credentials",
  "okd-streams:gate:Gate::promotions-gate",
  "okd-streams:streams:Promotions::promotions",
];

describe("a stack that an earlier version of this project deployed", () => {
  it("keeps every resource, but for those that are named here: a URN that is no more is an object deleted", async () => {
    const { resources } = await recordedOf(join(FORMER, "stack.yaml"));
    const urns = new Set(
      resources
        .flatMap(({ urn, aliases = [] }) => [urn, ...aliases])
        .map((urn) => urn.replace(`urn:pulumi:everything::${PROJECT}::`, "")),
    );
    const former = readFileSync(join(FORMER, "urns.txt"), "utf8").trim().split("\n");
    assert.deepEqual(
      former.filter((urn) => !urns.has(urn)).map((urn) => urn.split("$").at(-1)),
      GONE,
    );
  });
});
