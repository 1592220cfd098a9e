import assert from "node:assert/strict";
import { buildNodesSettings } from "../../../components/kubernetes/build-nodes";
import type { Manifest } from "../../../components/kubernetes/object";
import type { PipelineRun } from "../../../components/pipelines/tekton";
import { renderEvents } from "../../../components/streams/events/events";
import { startedByEvents } from "../../../components/streams/events/started";
import { KEEP, keptRuns } from "../../../components/streams/keep";
import { planStream } from "../../../components/streams/scos/plan";
import { renderAdmission, requireAdmissionPolicies, type StartedRun } from "../../../components/workplace/admission";
import { renderCleanUp } from "../../../components/workplace/clean-up";
import { created } from "../streams/created";
import { BASE_NODE, KIND, LAYER, LIBRARY, ONE_STAGE, REGISTRY, SETTINGS } from "../streams/samples";
import { refusalBy } from "./policy";

const PLACE = { namespace: "okd-coreos", labels: { "okd-streams.io/stack": "kind" } };
const COMMIT = "0123456789abcdef0123456789abcdef01234567";

describe("the policy that holds what starts runs", () => {
  it("is as literal as Kubernetes takes it", () => {
    const run: StartedRun = {
      kind: "PipelineRun",
      metadata: { name: "build-4.21-$(tt.params.build-id)" },
      spec: {
        pipelineRef: { name: "okd-coreos" },
        params: [
          { name: "version", value: '4.21, "quoted"' },
          { name: "commits", value: "base=$(tt.params.base-commit)" },
        ],
        workspaces: [
          { name: "credentials", secret: { secretName: "quay" } },
          {
            name: "work",
            volumeClaimTemplate: { spec: { accessModes: ["ReadWriteOnce"], resources: { requests: {} } } },
          },
        ],
        taskRunTemplate: { serviceAccountName: "pipeline", podTemplate: { securityContext: { fsGroup: 1000 } } },
      },
    };
    const [policy, binding] = renderAdmission(
      [
        { account: "listener", runs: [run] },
        { account: "clean-up", runs: [] },
      ],
      PLACE,
    );
    const { matchConditions, variables, validations, ...spec } = policy!.spec as Record<string, object[]>;
    assert.deepEqual(policy!.metadata, { name: "okd-coreos-started-runs", labels: PLACE.labels });
    assert.deepEqual(spec, {
      failurePolicy: "Fail",
      matchConstraints: {
        resourceRules: [
          {
            ...{ apiGroups: ["tekton.dev"], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"] },
            resources: ["pipelineruns", "taskruns"],
          },
        ],
      },
    });
    assert.deepEqual(matchConditions, [
      {
        name: "accounts-that-start-runs",
        expression:
          'request.userInfo.username in ["system:serviceaccount:okd-coreos:listener", "system:serviceaccount:okd-coreos:clean-up"]',
      },
    ]);
    assert.deepEqual(variables!.slice(0, 2), [
      {
        name: "run0",
        expression:
          '{"user": dyn("system:serviceaccount:okd-coreos:listener"), "kind": dyn("PipelineRun"), ' +
          '"name": dyn("^build-4\\\\.21-[-a-z0-9.]+$"), "spec": dyn({"pipelineRef": dyn({"name": "okd-coreos"}), ' +
          '"taskRunTemplate": dyn({"serviceAccountName": dyn("pipeline"), "podTemplate": dyn({"securityContext": dyn({"fsGroup": dyn(1000)})})})}), ' +
          '"params": dyn([dyn({"name": "version", "value": "4.21, \\"quoted\\""})]), "open": dyn({"commits": "^base=.*$"}), ' +
          '"workspaces": dyn([dyn({"name": dyn("credentials"), "secret": dyn({"secretName": "quay"})})]), ' +
          '"claims": dyn([dyn({"name": dyn("work"), "spec": dyn({"accessModes": dyn(["ReadWriteOnce"])})})])}',
      },
      { name: "runs", expression: "[variables.run0]" },
    ]);
    assert.ok(validations!.length > 0 && validations!.every((it) => "reason" in it && it.reason === "Forbidden"));
    assert.deepEqual(binding!.spec, {
      policyName: "okd-coreos-started-runs",
      validationActions: ["Deny"],
      matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "okd-coreos" } } },
    });
  });

  it("is there since Kubernetes 1.30", () => {
    for (const kubernetes of [undefined, "1.30", "1.35", "2.0"]) requireAdmissionPolicies({ kubernetes }, "x");
    for (const kubernetes of ["1.29", "1.9", "0.40"]) {
      assert.throws(
        () => requireAdmissionPolicies({ kubernetes }, "events.enabled is true"),
        new RegExp(
          `^UserError: events.enabled is true, but the cluster's Kubernetes is ${kubernetes}: .* needs 1.30 or newer`,
        ),
      );
    }
  });
});

describe("what a stack's events start", () => {
  const settings = {
    ...SETTINGS,
    ...{ kvm: "auto" as const, rehearsal: false, registry: { ...REGISTRY, credentialsSecret: "quay" } },
    s3: { bucket: "b", endpoint: "https://s3.example", secret: "s3" },
    nodes: buildNodesSettings.parse({
      ...{ nodeSelector: { "example.org/builds": "" }, tolerations: [{ key: "example.org/builds" }], hostUsers: false },
    }),
  };
  const capabilities = { ...KIND, kvm: true };
  const rpmsFrom = { image: "quay.io/okd/artifacts:4.20" };
  const streams = [{ ...BASE_NODE, rpmsFrom }, ONE_STAGE].map((stream) => ({
    stream,
    plan: planStream(stream, capabilities, settings),
  }));
  const rendered = renderEvents({
    ...{ place: PLACE, settings, capabilities, library: LIBRARY, layers: [LAYER], streams },
    ...{ expireAfterHours: 48, reconcileSeconds: 60, replicas: 2 },
    git: { enabled: true, pullRequests: true },
  });
  const cleanUp = renderCleanUp({ ...PLACE, image: "node:24", kept: keptRuns(KEEP, {}) });
  const [policy] = renderAdmission(startedByEvents([...rendered, ...cleanUp]), PLACE);
  const userOf = (account: string) => `system:serviceaccount:okd-coreos:${account}`;
  const refusal = (object: object, account = "event-listener") =>
    refusalBy(policy as Manifest, { username: userOf(account), object });

  const requested = { body: { buildId: "periodic-202611240030", commits: { base: COMMIT } } };
  const multiarch = { name: "compose-okd-coreos-4-20-a", label: "4.20", buildId: "a", tag: "4.20-a" };
  const complete = { ...multiarch, architectures: "amd64", sources: "x", bootImages: "" };
  const git = { build: "pr-7-0123456789ab", commit: COMMIT, branch: "fix/it" };
  const events: [account: string, trigger: string, event: object][] = [
    ["event-listener", "build-4-20", requested],
    ["event-listener", "build-4-18", requested],
    ["event-listener", "build-layer-crio", requested],
    ["event-listener", "compose-manifest-list", { extensions: { multiarch: complete } }],
    ["git-event-listener", "git-4-20-base", { extensions: { git } }],
    ["git-event-listener", "git-4-20-base-pull-requests", { extensions: { git } }],
    ["git-event-listener", "git-4-20-node-pull-requests", { extensions: { git } }],
    ["git-event-listener", "git-4-18-node-pull-requests", { extensions: { git } }],
  ];
  const started = events.map(([account, trigger, event]) => {
    const runs = created<PipelineRun>(rendered, trigger, event).map(asStored);
    return { account, trigger, runs };
  });
  const [build] = started[0]!.runs;
  const testRun = started[5]!.runs[0]!;

  for (const { account, trigger, runs } of started) {
    it(`passes from ${trigger}, by its EventListener's account alone`, () => {
      assert.ok(runs.length > 0);
      for (const run of runs) {
        assert.equal(refusal(run, account), undefined);
        const others = ["event-listener", "git-event-listener", "requester", "clean-up"].filter((it) => it !== account);
        for (const other of others) assert.notEqual(refusal(run, other), undefined, other);
        assert.equal(refusalBy(policy as Manifest, { username: "somebody", object: { spec: {} } }), undefined);
      }
    });
  }

  it("has runs of all kinds that there are: devices, volumes of their own, Secrets, ConfigMaps", () => {
    const text = JSON.stringify(started);
    for (const part of ["taskRunSpecs", "volumeClaimTemplate", "secretName", "configMap"]) {
      assert.ok(text.includes(part), part);
    }
    assert.equal(testRun.kind, "PipelineRun");
  });

  const spec = (fields: object, run = build!) => ({ ...run, spec: { ...run.spec, ...fields } });
  const template = (fields: object) => spec({ taskRunTemplate: { ...build!.spec.taskRunTemplate, ...fields } });
  const podTemplate = (fields: object) =>
    template({ podTemplate: { ...build!.spec.taskRunTemplate.podTemplate, ...fields } });
  const withParam = (name: string, value: unknown, run = build!) =>
    spec({ params: run.spec.params.map((param) => (param.name === name ? { name, value } : param)) }, run);
  const withVolume = (binding: object, run = build!) =>
    spec({ workspaces: run.spec.workspaces.map((one, at) => (at === 0 ? { name: one.name, ...binding } : one)) }, run);
  const hostPath = { hostPath: { path: "/" } };
  const refused: [what: string, run: object][] = [
    ["an embedded Pipeline", spec({ pipelineRef: undefined, pipelineSpec: { tasks: [] } })],
    ["an embedded Pipeline beside the reference", spec({ pipelineSpec: { tasks: [] } })],
    ["another Pipeline", spec({ pipelineRef: { name: "okd-release-pipeline" } })],
    ["a resolver", spec({ pipelineRef: { resolver: "git", params: [] } })],
    ["a resolver beside the name", spec({ pipelineRef: { ...build!.spec.pipelineRef, resolver: "cluster" } })],
    ["another account", template({ serviceAccountName: "gate" })],
    [
      "another account for one task",
      spec({ taskRunSpecs: [{ pipelineTaskName: "test", serviceAccountName: "gate" }] }),
    ],
    ["a hostPath", podTemplate({ volumes: [{ name: "host", ...hostPath }] })],
    ["the host's network", podTemplate({ hostNetwork: true })],
    ["another user", podTemplate({ securityContext: { runAsUser: 0 } })],
    ["another node", podTemplate({ nodeSelector: { "kubernetes.io/hostname": "control-plane" } })],
    ["a node that no build runs on", podTemplate({ nodeSelector: { "kubernetes.io/arch": "amd64" } })],
    ["what puts up with more", podTemplate({ tolerations: [{ operator: "Exists" }] })],
    ["the node's users", podTemplate({ hostUsers: true })],
    ["no word of users", podTemplate({ hostUsers: undefined })],
    ["no pod template", template({ podTemplate: undefined })],
    ["a pod template for one task", spec({ taskRunSpecs: [{ pipelineTaskName: "test", podTemplate: hostPath }] })],
    ["no devices", spec({ taskRunSpecs: undefined })],
    ["more time", spec({ timeouts: { pipeline: "0" } })],
    ["another claim", withVolume({ persistentVolumeClaim: { claimName: "okd-coreos-4-18-amd64" } })],
    ["a folder of a claim", withVolume({ ...build!.spec.workspaces[0], subPath: "x" })],
    ["another Secret", withVolume({ secret: { secretName: "event-signing-keys" } })],
    ["another ConfigMap", withVolume({ configMap: { name: "request-build" } })],
    ["a volume of a driver", withVolume({ csi: { driver: "secrets-store.csi.k8s.io" } })],
    ["a projected token", withVolume({ projected: { sources: [{ serviceAccountToken: { path: "token" } }] } })],
    ["a volume more", spec({ workspaces: [...build!.spec.workspaces, { name: "more", emptyDir: {} }] })],
    ["a volume less", spec({ workspaces: [] })],
    ["sources of others", withParam("node-repository", "https://example.org/mine")],
    ["another Secret to sign with", withParam("signing-secret", "quay")],
    ["a list for a text", withParam("node-commit", [COMMIT])],
    ["a parameter more", spec({ params: [...build!.spec.params, { name: "more", value: "" }] })],
    ["a parameter twice", spec({ params: [...build!.spec.params, { name: "build-id", value: "b" }] })],
    ["a parameter less", spec({ params: build!.spec.params.slice(1) })],
    ["another name", { ...build!, metadata: { ...build!.metadata, name: "okd-coreos" } }],
  ];
  for (const [what, run] of refused) {
    it(`is refused with ${what}`, () => assert.notEqual(refusal(asStored(run)), undefined));
  }

  const ofPullRequests: [what: string, run: object][] = [
    ["a claim", withVolume({ persistentVolumeClaim: { claimName: "okd-coreos-4-20-amd64" } }, testRun)],
    ["a volume of another's data", withTemplate({ dataSource: { kind: "PersistentVolumeClaim", name: "x" } })],
    ["a volume of another class", withTemplate({ storageClassName: "local" })],
    ["a push", withParam("upload-container-images", "true", testRun)],
  ];
  function withTemplate(fields: object): object {
    const [{ volumeClaimTemplate }] = testRun.spec.workspaces as unknown as [{ volumeClaimTemplate: { spec: object } }];
    return withVolume({ volumeClaimTemplate: { spec: { ...volumeClaimTemplate.spec, ...fields } } }, testRun);
  }
  for (const [what, run] of ofPullRequests) {
    it(`is refused for a pull request with ${what}`, () =>
      assert.notEqual(refusal(asStored(run), "git-event-listener"), undefined));
  }

  it("is refused as a TaskRun of another Task, or of an embedded one", () => {
    const run = started[4]!.runs[0]!;
    const { taskRef, ...rest } = run.spec as unknown as { taskRef: object };
    for (const fields of [{ taskRef: { ...taskRef, name: "coreos-build-node" } }, { taskSpec: { steps: [] } }]) {
      assert.notEqual(refusal({ ...run, spec: { ...rest, ...fields } }, "git-event-listener"), undefined);
    }
  });
});

/** A run as it reaches policies: read and written again by Tekton. */
function asStored<T extends object>(run: T): T {
  const stored = JSON.parse(JSON.stringify(run)) as T & { spec: { workspaces?: Record<string, object>[] } };
  for (const workspace of stored.spec.workspaces ?? []) {
    if (workspace.volumeClaimTemplate) Object.assign(workspace.volumeClaimTemplate, { metadata: {}, status: {} });
  }
  if (stored.spec.workspaces?.length === 0) delete (stored.spec as { workspaces?: unknown }).workspaces;
  return stored;
}
