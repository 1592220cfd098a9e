import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { Manifest } from "../../../components/kubernetes/object";
import type { Recorded } from "../../../stacks/preview/recorded";
import { recordedOf } from "./everything";

interface Pods {
  nodeSelector?: Record<string, string>;
  tolerations?: object[];
  hostUsers?: boolean;
  affinity?: { nodeAffinity: object };
}
interface Run {
  kind: string;
  spec: {
    pipelineRef?: { name: string };
    taskRef?: { name: string };
    podTemplate?: Pods;
    taskRunTemplate?: { podTemplate?: Pods };
    taskRunSpecs?: { podTemplate?: Pods }[];
  };
}

const LABEL = "example.org/builds";
/** What runs others' programs; all other runs are ours alone. */
const BUILDS = ["okd-coreos", "okd-coreos-one-stage", "coreos-layer", "okd-payload", "okd-operators"];

describe("a stack with nodes set apart for builds", function () {
  this.timeout(120_000);
  let recorded: Recorded;
  let objects: Manifest[];

  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), "okd-streams-"));
    const { config } = parse(readFileSync(join(__dirname, "privileges/stack.yaml"), "utf8")) as { config: Settings };
    const builds = { nodeSelector: { [LABEL]: "yes" }, tolerations: [{ key: LABEL }], hostUsers: false };
    const [stable, ...others] = config["okd-streams:releases"] as object[];
    const releases = [{ ...stable, schedule: { cron: "0 5 * * 1" } }, ...others];
    const [first, ...streams] = config["okd-streams:streams"] as object[];
    const scheduled = [{ ...first, schedule: "0 1 * * *" }, ...streams];
    const all = {
      ...config,
      ...{ "okd-streams:builds": builds, "okd-streams:releases": releases, "okd-streams:streams": scheduled },
      "okd-streams:keep": { external: true },
    };
    writeFileSync(join(folder, "stack.yaml"), stringify({ config: all }));
    recorded = await recordedOf(join(folder, "stack.yaml"));
    rmSync(folder, { recursive: true });
    objects = recorded.resources.map(({ inputs }) => inputs as unknown as Manifest);
  });
  type Settings = Record<string, unknown>;

  const ofKind = (kind: string) => objects.filter((object) => object.kind === kind);
  const isApart = (pods?: Pods) =>
    /"key":"example.org\/builds","operator":"NotIn","values":\["yes"\]/.test(
      JSON.stringify(pods?.affinity?.nodeAffinity ?? ""),
    ) &&
    pods?.nodeSelector?.[LABEL] === undefined &&
    pods?.tolerations === undefined;
  const isOnThem = ({ nodeSelector, tolerations, hostUsers }: Pods = {}) =>
    nodeSelector?.[LABEL] === "yes" && tolerations?.length === 1 && hostUsers === false;

  it("runs every build there and no other run, however it begins", () => {
    const outputs = Object.values(recorded.outputs).flatMap((it) => (Array.isArray(it) ? it : [])) as {
      run?: Run;
      runs?: Run[];
    }[];
    const byHand = outputs.flatMap(({ run, runs = [] }) => [...(run ? [run] : []), ...runs]);
    const byEvents = ofKind("TriggerTemplate").flatMap(
      ({ spec }) => (spec as { resourcetemplates: Run[] }).resourcetemplates,
    );
    const byTime = ofKind("ConfigMap")
      .filter(({ metadata }) => metadata.name === "scheduled-releases")
      .flatMap(({ data }) => Object.entries(data as Record<string, string>))
      .flatMap(([file, text]) => (file.endsWith(".json") ? [JSON.parse(text) as Run] : []));
    const counted: Record<string, number> = {};
    for (const { spec } of [...byHand, ...byEvents, ...byTime]) {
      const { pipelineRef, taskRef, podTemplate = spec.taskRunTemplate?.podTemplate, taskRunSpecs = [] } = spec;
      const name = pipelineRef?.name ?? taskRef!.name;
      counted[name] = (counted[name] ?? 0) + 1;
      assert.ok(BUILDS.includes(name) ? isOnThem(podTemplate) : isApart(podTemplate), name);
      for (const { podTemplate: own } of taskRunSpecs) {
        if (own?.nodeSelector) assert.equal(own.nodeSelector[LABEL], BUILDS.includes(name) ? "yes" : undefined, name);
      }
    }
    assert.deepEqual(Object.keys(counted).sort(), [
      ...["compose-manifest-list", "coreos-layer", "okd-certification", "okd-coreos", "okd-coreos-one-stage"],
      ...["okd-operators", "okd-payload", "okd-release-pipeline", "okd-upgrade-test", "request-build"],
    ]);
    assert.equal(byTime.length, 1);
  });

  it("holds the accounts that start runs to just these", () => {
    const policies = ofKind("ValidatingAdmissionPolicy").map(({ metadata, spec }) => [
      metadata.name,
      JSON.stringify(spec),
    ]);
    const of = Object.fromEntries(policies) as Record<string, string>;
    assert.deepEqual(Object.keys(of).sort(), ["okd-coreos-started-runs", "okd-release-started-runs"]);
    assert.match(of["okd-coreos-started-runs"]!, /hostUsers\\": dyn\(false\)/);
    assert.match(of["okd-release-started-runs"]!, /NotIn/);
    assert.doesNotMatch(of["okd-release-started-runs"]!, /tolerations|hostUsers/);
  });

  it("has no program of its own there: gate, page, EventListeners, CronJobs", () => {
    const pods = [
      ...ofKind("Deployment").map(({ metadata, spec }) => [metadata.name, spec.template.spec]),
      ...ofKind("CronJob").map(({ metadata, spec }) => [metadata.name, spec.jobTemplate.spec.template.spec]),
      ...ofKind("EventListener").map(({ metadata, spec }) => [
        metadata.name,
        spec.resources.kubernetesResource.spec.template.spec,
      ]),
    ] as [string, Pods][];
    const ours = pods.filter(([, spec]) => isApart(spec)).map(([name]) => name);
    const others = pods.filter(([, spec]) => !isApart(spec)).map(([name]) => name);
    assert.deepEqual([...new Set(ours)].sort(), [
      ...[
        "build-4-21",
        "builds",
        "clean-up",
        "collect",
        "gate",
        "git",
        "okd-release-stable",
        "status",
        "updates",
        "volumes",
      ],
    ]);
    assert.deepEqual(others, []);
  });
});
