import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { type AnyRun, type Privileges, privilegesOf } from "../../../components/pipelines/privileges";
import type { Manifest } from "../../../components/kubernetes/object";
import { recordedOf } from "./everything";

const FILE = "pipelines/privileges.yaml";
const HEAD = `# What every step of every run may, of a stack that has all of them (test/unit/preview/privileges/stack.yaml): written by
# \`npm run privileges\`, never by hand. What grows here is a decision: say why in privileged.yaml or untrusted.yaml.
# secrets: in the step's Pod. sees: mounted in the step itself. egress: ports that its Pod may connect to.
`;

/** Stands for no Secret where a Task names one by default. */
const NONE = "none-for-pull-requests";

/** Secrets that give nothing but what can be read with them. */
const READING = ["pull", "rpm-mirror", NONE];

type Outputs = Record<string, { run?: AnyRun; runs?: AnyRun[] }[]>;
type Untrusted = Record<string, Record<string, { runs: string; beside?: string }>>;

async function currentPrivileges(): Promise<Privileges> {
  const { resources, outputs } = await recordedOf(join(__dirname, "privileges/stack.yaml"));
  const objects = resources.map(({ inputs }) => inputs as unknown as Manifest).filter(({ kind }) => kind !== undefined);
  const entries = ["streams", "layers", "releases", "payloads", "operators", "certifications", "upgradeTests"].flatMap(
    (name) => (outputs as unknown as Outputs)[name]!,
  );
  const byHand = entries.flatMap(({ run, runs = [] }) => [...(run ? [run] : []), ...runs]);
  const ofTemplates = objects
    .filter(({ kind }) => kind === "TriggerTemplate")
    .flatMap(({ metadata, spec }) =>
      (spec as { resourcetemplates: AnyRun[] }).resourcetemplates.map((run) => ({
        run: { ...run, metadata: { namespace: metadata.namespace, ...run.metadata } },
        suffix: metadata.name.endsWith("-pull-requests") ? " of pull requests" : "",
      })),
    );
  return privilegesOf(
    objects,
    [...byHand.map((run) => ({ run, suffix: "" })), ...ofTemplates].map(({ run, suffix }) => ({
      run,
      title: `${run.spec.pipelineRef?.name ?? run.spec.taskRef!.name}${suffix}`,
    })),
  );
}

describe("the table of what steps may", () => {
  let now: Privileges;
  before(async () => {
    now = await currentPrivileges();
    if (process.env.OKD_STREAMS_WRITE) writeFileSync(FILE, `${HEAD}${stringify(now, { lineWidth: 0 })}`);
  });

  it("is as steps are", () => {
    assert.deepEqual(
      parse(readFileSync(FILE, "utf8")),
      now,
      `${FILE} is not what runs may now: npm run privileges writes it, and its difference is what has to be answered for`,
    );
  });

  it("has no Secret that pushes, signs or uploads beside what others wrote, but where it is said why", () => {
    const untrusted = parse(readFileSync("pipelines/untrusted.yaml", "utf8")) as Untrusted;
    const tasks = Object.values(now).flatMap((entry) => Object.entries(entry.tasks));
    for (const [name, steps] of Object.entries(untrusted)) {
      const pods = tasks.filter(([called, { task = called }]) => task === name).map(([, privileges]) => privileges);
      assert.ok(pods.length > 0, `${name} is in no run: delete it from untrusted.yaml`);
      for (const [step, { beside }] of Object.entries(steps)) {
        assert.ok(
          pods.every((pod) => step in pod.steps),
          `${name} has no step ${step}`,
        );
        const secrets = pods
          .flatMap((pod) => pod.secrets?.split(" ") ?? [])
          .filter((secret) => !READING.includes(secret));
        assert.equal(
          secrets.length > 0,
          beside !== undefined,
          `${name}, step ${step}: beside it are ${secrets.join(", ")}`,
        );
        const seen = pods.map((pod) => /; sees (.*)$/.exec(pod.steps[step]!)?.[1]?.split(" ") ?? []).flat();
        assert.deepEqual(
          seen.filter((secret) => !READING.includes(secret)),
          [],
          `${name}, step ${step} sees them`,
        );
      }
    }
  });

  it("gives runs of pull requests no Secret", () => {
    const pullRequests = Object.entries(now).filter(([title]) => title.endsWith(" of pull requests"));
    assert.ok(pullRequests.length > 0);
    for (const [title, { tasks }] of pullRequests) {
      const secrets = Object.values(tasks).flatMap((task) => task.secrets ?? []);
      assert.deepEqual(
        secrets.filter((name) => name !== NONE),
        [],
        title,
      );
    }
  });
});
