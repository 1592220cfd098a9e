import assert from "node:assert/strict";
import type { Manifest } from "../../../components/kubernetes/object";
import { checkRun } from "../../../components/pipelines/check-run";
import { loadPipelines } from "../../../components/pipelines/load";
import type { PipelineRun } from "../../../components/pipelines/tekton";
import { type Release, renderReleaseRun } from "../../../components/streams/release/release";
import { renderScheduleAdmission, renderSchedules } from "../../../components/streams/release/schedules";
import { refusalBy } from "../workplace/policy";

const RELEASE: Release = {
  name: "next",
  from: { stream: "4.22.0-0.okd-scos-nightly" },
  target: "4-scos-next",
  repositories: { content: "quay.io/okd/scos-content", release: "quay.io/okd/scos-release" },
  storage: { size: "4Gi" },
  schedule: { cron: "0 5 * * 1", weeks: 3, since: "2026-01-05" },
};
const RELEASES: Release[] = [
  RELEASE,
  { ...RELEASE, name: "stable", target: "4-scos-stable", schedule: undefined, after: { release: "next", minutes: 30 } },
  { ...RELEASE, name: "by-hand", schedule: undefined },
];
const CONTEXT = { namespace: "okd-release", labels: { "okd-streams.io/stack": "kind" }, settings: {} };

describe("releases that begin by themselves", () => {
  const rendered = renderSchedules({ context: CONTEXT, releases: RELEASES, image: "node:24" });
  const ofKind = (kind: string) => rendered.filter((object) => object.kind === kind);
  const data = ofKind("ConfigMap")[0]!.data as Record<string, string>;
  const runOf = (name: string) => JSON.parse(data[`${name}.json`]!) as PipelineRun;

  it("have the run that npm run release creates, which the Pipeline takes", () => {
    const objects = loadPipelines(["pipelines/release", "pipelines/signatures", "pipelines/notifications"]).map(
      ({ object }) => object,
    );
    assert.deepEqual(Object.keys(data), ["start-run.js", "next.json", "stable.json"]);
    for (const release of RELEASES.slice(0, 2)) {
      assert.deepEqual(runOf(release.name), renderReleaseRun(release, CONTEXT));
      assert.deepEqual(checkRun(runOf(release.name), objects), []);
    }
  });

  it("begin at a release's own times, or at those of the one before, for as long as that may take", () => {
    const said = ofKind("CronJob").map(({ metadata, spec }) => {
      const { activeDeadlineSeconds, template } = spec.jobTemplate.spec;
      const [container] = template.spec.containers as { command: string[]; env: { name: string; value?: string }[] }[];
      const env = Object.fromEntries(container!.env.map(({ name, value }) => [name, value]));
      const { WEEKS, SINCE, AFTER, MINUTES, RUNS_URL } = env;
      return [
        ...[metadata.name, spec.schedule, spec.timeZone, spec.concurrencyPolicy, activeDeadlineSeconds],
        ...[template.spec.serviceAccountName, container!.command, { WEEKS, SINCE, AFTER, MINUTES, RUNS_URL }],
      ];
    });
    const weeks = { WEEKS: "3", SINCE: "2026-01-05" };
    const RUNS_URL = "https://kubernetes.default.svc/apis/tekton.dev/v1/namespaces/okd-release/pipelineruns";
    assert.deepEqual(said, [
      [
        ...["okd-release-next", "0 5 * * 1", "Etc/UTC", "Allow", 1800],
        ...["scheduler", ["node", "/program/start-run.js", "/program/next.json"]],
        { ...weeks, AFTER: undefined, MINUTES: undefined, RUNS_URL },
      ],
      [
        ...["okd-release-stable", "0 5 * * 1", "Etc/UTC", "Allow", 6 * 3600 + 30 * 60 + 3600],
        ...["scheduler", ["node", "/program/start-run.js", "/program/stable.json"]],
        { ...weeks, AFTER: "okd-release-next", MINUTES: "30", RUNS_URL },
      ],
    ]);
  });

  it("are started by an account that looks at runs and creates them, mounts no Secret, and no more", () => {
    assert.deepEqual(
      ofKind("Role").map(({ metadata, rules }) => [metadata.name, rules as object]),
      [["scheduler", [{ apiGroups: ["tekton.dev"], resources: ["pipelineruns"], verbs: ["get", "create"] }]]],
    );
    for (const { spec } of ofKind("CronJob")) {
      assert.deepEqual(spec.jobTemplate.spec.template.spec.volumes, [
        { name: "program", configMap: { name: "scheduled-releases" } },
      ]);
    }
  });

  describe("are held to their runs:", () => {
    const [policy] = renderScheduleAdmission({ context: CONTEXT, releases: RELEASES });
    const username = "system:serviceaccount:okd-release:scheduler";
    const started = (name: string, id = "periodic-202601050500") => {
      const { metadata, ...run } = runOf("next");
      return { ...run, metadata: { namespace: metadata.namespace, labels: metadata.labels, name: `${name}-${id}` } };
    };
    const refusal = (object: object) => refusalBy(policy as Manifest, { username, object });

    it("the account starts them", () => assert.equal(refusal(started("okd-release-next")), undefined));

    it("and no other, by whatever name", () => {
      assert.match(refusal(started("okd-release-next", "by-hand"))!, /no run of that name/);
      assert.match(refusal(started("okd-release-by-hand"))!, /no run of that name/);
      assert.match(refusal(started("okd-release-stable"))!, /parameters|another field/);
    });

    it("nor by other parameters, which name where it is published and the keys", () => {
      const run = started("okd-release-next");
      const params = run.spec.params.map(({ name, value }) => ({ name, value: name === "mode" ? "publish" : value }));
      assert.match(refusal({ ...run, spec: { ...run.spec, params } })!, /parameters/);
    });
  });
});
