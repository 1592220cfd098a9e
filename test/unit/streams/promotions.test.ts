import assert from "node:assert/strict";
import { INTERCEPTORS } from "../../../components/gate/objects";
import type { Manifest } from "../../../components/kubernetes/object";
import { checkRun } from "../../../components/pipelines/check-run";
import { loadPipelines } from "../../../components/pipelines/load";
import type { PipelineRun } from "../../../components/pipelines/tekton";
import { renderPromotions } from "../../../components/streams/release/promotions";
import { type Release, releaseSettings } from "../../../components/streams/release/schema";
import { KIND, LIBRARY } from "./samples";

const RELEASE = releaseSettings.parse({
  name: "next",
  from: { stream: "4.22.0-0.okd-scos-nightly" },
  target: "4-scos-next",
  repositories: { content: "quay.io/okd/scos-content", release: "quay.io/okd/scos-release" },
  schedule: { cron: "0 5 * * 1", weeks: 3, since: "2026-01-05" },
});
const RELEASES: Release[] = [
  RELEASE,
  { ...RELEASE, name: "stable", target: "4-scos-stable", schedule: undefined, after: { release: "next", minutes: 30 } },
  { ...RELEASE, name: "by-hand", schedule: undefined },
];
const PLACE = { namespace: "okd-release", labels: { "okd-streams.io/stack": "kind" } };

const render = (releases: Release[]): Manifest[] =>
  renderPromotions({
    ...{ context: { ...PLACE, settings: {} }, releases, capabilities: KIND, library: LIBRARY },
  });
const ofKind = (rendered: Manifest[], kind: string) => rendered.filter((object) => object.kind === kind);

describe("promotions of a stack", () => {
  const rendered = render(RELEASES);

  it("start each release by a signed event of its own, which the Pipeline takes, by a name that is there once", () => {
    const objects = loadPipelines(["pipelines/release", "pipelines/notifications"]).map(({ object }) => object);
    const [listener] = ofKind(rendered, "EventListener");
    const [binding] = ofKind(rendered, "TriggerBinding");
    assert.deepEqual(binding!.spec.params, [{ name: "id", value: "$(body.id)" }]);
    for (const { name } of RELEASES) {
      const trigger = ofKind(rendered, "Trigger").find(({ metadata }) => metadata.name === `okd-release-${name}`)!;
      const labels = listener!.spec.labelSelector.matchLabels as Record<string, string>;
      assert.equal(trigger.metadata.labels!["okd-streams.io/listener"], labels["okd-streams.io/listener"]);
      const [signed, filter] = trigger.spec.interceptors as {
        ref: object;
        params: { name: string; value: string }[];
      }[];
      assert.deepEqual(signed!.ref, { name: INTERCEPTORS.signature, kind: "NamespacedInterceptor" });
      assert.deepEqual(signed!.params, [{ name: "type", value: "promotion-requested" }]);
      const condition = filter!.params[0]!.value;
      assert.ok(
        condition.startsWith(`has(body.release) && body.release == '${name}' && has(body.id) && body.id.matches(`),
      );
      assert.deepEqual(trigger.spec.bindings, [{ ref: binding!.metadata.name, kind: "TriggerBinding" }]);

      const template = ofKind(rendered, "TriggerTemplate").find(
        ({ metadata }) => metadata.name === `okd-release-${name}`,
      )!;
      const [run] = template.spec.resourcetemplates as PipelineRun[];
      assert.deepEqual(checkRun(run!, objects), []);
      assert.deepEqual(run!.metadata.name, `okd-release-${name}-$(tt.params.id)`);
      assert.deepEqual(
        template.spec.params.map((param: { name: string }) => param.name),
        ["id"],
      );
    }
  });

  it("ask at a release's own times, or at those of the one before, for as long as that may take", () => {
    const jobs = ofKind(rendered, "CronJob");
    const said = jobs.map(({ metadata, spec }) => {
      const { activeDeadlineSeconds, template } = spec.jobTemplate.spec;
      const env = Object.fromEntries(
        template.spec.containers[0].env.map(({ name, value }: { name: string; value?: string }) => [name, value]),
      ) as Record<string, string>;
      const { RELEASE: release, RUN, WEEKS, SINCE, AFTER, MINUTES } = env;
      return [
        metadata.name,
        spec.schedule,
        spec.timeZone,
        activeDeadlineSeconds,
        { release, RUN, WEEKS, SINCE, AFTER, MINUTES },
      ];
    });
    const weeks = { WEEKS: "3", SINCE: "2026-01-05" };
    assert.deepEqual(said, [
      [
        ...["okd-release-next", "0 5 * * 1", "Etc/UTC", 1800],
        { release: "next", RUN: "okd-release-next", ...weeks, AFTER: undefined, MINUTES: undefined },
      ],
      [
        ...["okd-release-stable", "0 5 * * 1", "Etc/UTC", 6 * 3600 + 30 * 60 + 3600],
        { release: "stable", RUN: "okd-release-stable", ...weeks, AFTER: "okd-release-next", MINUTES: "30" },
      ],
    ]);
  });

  it("may look at runs, and create them only by the EventListener", () => {
    const rules = ofKind(rendered, "Role").map(({ metadata, rules }) => [
      metadata.name,
      (rules as { resources: string[]; verbs: string[] }[])
        .filter(({ resources }) => resources.includes("pipelineruns") || resources.includes("secrets"))
        .map(({ resources, verbs }) => [...resources, ...verbs]),
    ]);
    assert.deepEqual(rules, [
      ["event-listener", [["pipelineruns", "create"]]],
      ["requester", [["pipelineruns", "get"]]],
    ]);
    assert.ok(!JSON.stringify(rendered).includes("scc:privileged"));
  });

  it("need neither program nor account where no release begins by itself", () => {
    const kinds = render(RELEASES.slice(2)).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    assert.deepEqual(
      kinds.filter((kind) => /CronJob|ConfigMap|requester/.test(kind)),
      [],
    );
    assert.ok(kinds.includes("Trigger okd-release-by-hand"), "an event starts it");
  });
});
