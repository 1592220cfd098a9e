import * as assert from "node:assert/strict";
import { proves } from "../counts";
import { type EventsLab, NAMESPACE } from "./events-lab";

interface Job {
  kind: string;
  metadata: { name: string };
  spec: {
    backoffLimit: number;
    template: { spec: { containers: { env: object[] }[] } };
  };
}
interface Run {
  kind: string;
  metadata: { name: string; labels: Record<string, string> };
  status?: { completionTime?: string; conditions?: { status: string }[] };
}

/** Tests of the CronJobs of a stack with events, run at once instead of by the clock; after all others. */
export function describeJobs(lab: () => EventsLab): void {
  /** A Job as the CronJob would make it. @param change what is different */
  async function start(cronJob: string, name: string, change: (job: Job) => void = () => undefined): Promise<void> {
    const { kubectl } = lab();
    const dry = ["--dry-run=client", "-o", "json"];
    const job = JSON.parse(await kubectl("create", "job", name, `--from=cronjob/${cronJob}`, ...dry)) as Job;
    change(job);
    await lab().create(job);
  }
  const condition = (job: string) =>
    lab().kubectl("get", "job", job, "-o", 'jsonpath={.status.conditions[?(@.status=="True")].type}');
  const becomes = (job: string, type: string, seconds: number) =>
    lab().until(async () => (await condition(job)).includes(type), seconds, `${job} ${type}`);

  describe("clean-up", () => {
    it("leaves of each kind the newest ended run and the newest that succeeded, and every run that has not ended", async () => {
      const { kubectl } = lab();
      await lab().until(async () => (await runs()).every(ended), 240, "all runs have ended");
      const image = await kubectl("get", "cronjob", "clean-up", "-o", IMAGE);
      const sleeper = {
        apiVersion: "tekton.dev/v1",
        kind: "TaskRun",
        metadata: { name: "sleeper", namespace: NAMESPACE, labels: { "okd-streams.io/stream": "4.21" } },
        spec: { taskSpec: { steps: [{ name: "sleep", image, command: ["sleep", "600"] }] } },
      };
      await lab().create(sleeper);
      const before = await runs();
      await start("clean-up", "clean-up-now");
      await becomes("clean-up-now", "Complete", 120);
      const after = (await runs()).map(({ metadata }) => metadata.name);
      const over = before.filter(ended);
      const kinds = [...new Set(over.map(kindOf))].map((kind) => over.filter((run) => kindOf(run) === kind));
      assert.ok(
        kinds.some((kind) => kind.length > 1),
        "there is something to delete",
      );
      for (const kind of kinds) {
        const stays = kind.filter(({ metadata }) => after.includes(metadata.name));
        const newest = [kind, kind.filter(succeeded)].filter((runs) => runs.length > 0);
        const times = new Set(newest.map((runs) => Math.max(...runs.map(time))));
        assert.deepEqual(new Set(stays.map(time)), times, kindOf(kind[0]!));
      }
      const running = before.filter((run) => !ended(run)).map(({ metadata }) => metadata.name);
      assert.ok(running.includes("sleeper"));
      for (const name of running) assert.ok(after.includes(name), name);
      await kubectl("delete", "taskrun", "sleeper");
    });
  });

  describe("collect", () => {
    it("sees the registry and all runs", async () => {
      await start("collect", "collect-now");
      await becomes("collect-now", "Complete", 120);
      assert.match(await lab().kubectl("logs", "job/collect-now"), /"message":"\d+ of [1-9]\d* manifests deleted"/);
    });
  });

  describe("periodics", () => {
    const due = (minute: string) => ({
      job: `build-4-21-${Date.parse(`2026-11-24T00:${minute}:00Z`) / 60_000}`,
      run: `rehearsal-okd-coreos-4-21-amd64-periodic-2026112400${minute}`,
    });
    /** Before its pod runs a Job has no log, which is an error to kubectl. */
    const log = (job: string) =>
      lab()
        .kubectl("logs", `job/${job}`)
        .catch(() => "");
    const says = (job: string, text: string) =>
      lab().until(async () => (await log(job)).includes(text), 120, `${job} says ${text}`);

    proves("ask again while nobody listens, and show it where that was in vain", async () => {
      const { job, run } = due("30");
      await lab().scaleListener(0);
      await start("build-4-21", job);
      await start("build-4-21", "build-4-21-1", ({ spec }) => {
        spec.backoffLimit = 0;
        spec.template.spec.containers[0]!.env.push({ name: "PAUSE_MS", value: "1" });
      });
      await becomes("build-4-21-1", "Failed", 180);
      const said = await log("build-4-21-1");
      assert.match(said, /"attempts":8/);
      assert.match(said, /"level":"error".*el-builds\S* cannot be asked/);
      assert.ok((await lab().names("jobs")).includes("build-4-21-1"), "it stays to be seen");

      await says(job, '"attempts":1');
      await lab().scaleListener(1);
      await becomes(job, "Complete", 180);
      assert.ok((await lab().runs()).includes(run), run);
    });

    it("ask again where the EventListener took the request and lost it", async () => {
      const { kubectl } = lab();
      const { job, run } = due("31");
      await kubectl("scale", "deployment/gate", "--replicas=0");
      await kubectl("wait", "--for=delete", "pod", "--selector=app.kubernetes.io/name=gate", "--timeout=120s");
      await start("build-4-21", job);
      await says(job, `takes the request and starts no ${run}`);
      assert.ok(!(await lab().runs()).includes(run), run);
      await kubectl("scale", "deployment/gate", "--replicas=1");
      await becomes(job, "Complete", 180);
      assert.ok((await lab().runs()).includes(run), run);
    });
  });

  async function runs(): Promise<Run[]> {
    const selector = "--selector=okd-streams.io/stream,!tekton.dev/pipelineRun";
    const { items } = JSON.parse(await lab().kubectl("get", "pipelineruns,taskruns", selector, "-o", "json")) as {
      items: Run[];
    };
    return items;
  }
}

const IMAGE = "jsonpath={.spec.jobTemplate.spec.template.spec.containers[0].image}";

const ended = ({ status }: Run): boolean => status?.completionTime !== undefined;
const succeeded = ({ status }: Run): boolean => status?.conditions?.[0]?.status === "True";
const time = ({ status }: Run): number => Date.parse(status!.completionTime!);
const LABELS = ["okd-streams.io/stream", "okd-streams.io/architecture", "triggers.tekton.dev/trigger"];
const kindOf = ({ kind, metadata: { labels } }: Run): string =>
  [kind, ...LABELS.map((label) => labels[label])].join(" ");
