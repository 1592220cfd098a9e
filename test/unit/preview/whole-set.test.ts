import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { withInner } from "../../../components/policy/containers";
import { loadConfiguration } from "../../../stacks/configuration/load";
import { PROJECT_FOLDER } from "../../../stacks/environment";
import type { Recorded } from "../../../stacks/preview/recorded";
import { recordedOf } from "./everything";

const FILE = join(PROJECT_FOLDER, "stacks/Pulumi.kind.yaml");

/**
 * What a laptop has that stack `kind` has to fit: MiB of memory, thousandths of CPUs; what is left to others: Kubernetes, Tekton, Triggers,
 * Argo CD, the Dashboard, the registry and this machine's own programs; and what a Task of a build asks for at least.
 */
const LAPTOP = {
  memory: { has: 8192, rest: 4096, task: 3072 },
  // KinD's own Pods ask for 950, Tekton's for 200, the one that holds a run's volume for 50.
  cpu: { has: 2000, rest: 1200, task: 500 },
};

interface Container {
  resources?: Requests;
  computeResources?: Requests;
}
interface Requests {
  requests?: { memory?: string; cpu?: string | number };
}
interface Spec {
  replicas?: number;
  steps?: Container[];
  stepTemplate?: Container;
  template?: { spec: { containers: Container[] } };
  jobTemplate?: { spec: Spec };
  resources?: { kubernetesResource?: { replicas?: number; spec: Spec } };
}

/** Pieces of the set that somebody may not want, by what README calls their keys. */
const PIECES: Record<string, (string | number)[]> = {
  "`schedule` of the stream": ["okd-streams:streams", 0, "schedule"],
  "`events`": ["okd-streams:events"],
  "`events.git`": ["okd-streams:events", "git"],
  "`layers`": ["okd-streams:layers"],
  "`releases`": ["okd-streams:releases"],
  "`platform.tektonDashboard`": ["okd-streams:platform", "tektonDashboard"],
};

describe("the whole set, which stack kind has", () => {
  let recorded: Recorded;
  let objects: { kind: string; metadata: { name: string; namespace?: string }; spec: Spec }[];
  before(async () => {
    recorded = await recordedOf(FILE);
    objects = withInner(recorded.resources.map(({ inputs }) => inputs as never)) as unknown as typeof objects;
  });
  const named = (kind: string) =>
    objects.filter((it) => it.kind === kind).map(({ metadata: { namespace, name } }) => `${namespace!}/${name}`);

  it("has a schedule, listeners, the gate, a layer on a release, a dry release, clean-up, the status page and the Dashboard", () => {
    assert.deepEqual(named("CronJob").sort(), [
      "okd-coreos/build-5-0",
      "okd-coreos/clean-up",
      "okd-coreos/collect",
      "okd-coreos/volumes",
      "okd-release/clean-up",
      "okd-release/volumes",
    ]);
    assert.deepEqual(named("EventListener").sort(), ["okd-coreos/builds", "okd-coreos/git"]);
    for (const name of ["gate", "status"]) assert.ok(named("Deployment").includes(`okd-coreos/${name}`), name);
    assert.ok(named("Task").includes("okd-coreos/compose-manifest-list"));
    const { layers, releases, platform } = recorded.outputs as Record<string, Record<string, unknown>[]> & {
      platform: Record<string, { mode: string }>;
    };
    assert.match(JSON.stringify(layers), /5\.0\.0-okd-scos\.0/);
    assert.match(JSON.stringify(releases), /a dry run: nothing is published/);
    assert.equal(platform.tektonDashboard!.mode, "installed");
  });

  it("needs no Secret that somebody would have to make", () => {
    const made = named("Secret");
    const needed = objects
      .filter(({ kind }) => ["Deployment", "CronJob", "DaemonSet"].includes(kind))
      .flatMap(({ metadata: { namespace }, spec }) =>
        [...JSON.stringify(spec).matchAll(/"(?:secretName|secretKeyRef":\{"name)":"([^"]+)"/g)].map(
          ([, name]) => `${namespace!}/${name!}`,
        ),
      );
    assert.ok(needed.includes("okd-coreos/event-signing-keys"), needed.join());
    assert.deepEqual(
      needed.filter((name) => !made.includes(name)),
      [],
    );
  });

  for (const resource of ["memory", "cpu"] as const) {
    const { has, rest, task } = LAPTOP[resource];
    it(`leaves what others take of a laptop's ${resource}, also while the largest Task of a build runs`, () => {
      const always = objects.map(({ kind, spec }) => {
        if (kind === "Deployment" || kind === "CronJob") return (spec.replicas ?? 1) * asked(podOf(spec), resource);
        return kind === "EventListener" ? asked(podOf(spec.resources?.kubernetesResource?.spec), resource) : 0;
      });
      const tasks = objects
        .filter(({ kind }) => kind === "Task")
        .map(({ spec: { steps = [], stepTemplate } }) =>
          asked(
            steps.map((step) => ({ ...stepTemplate, ...step })),
            resource,
          ),
        );
      const largest = Math.max(...tasks);
      const sum = always.reduce((one, other) => one + other, 0);
      assert.ok(sum > 0 && largest >= task, "what is summed up is there");
      assert.ok(sum + largest <= has - rest, `${sum} always, ${largest} a Task, of ${has - rest}`);
    });
  }

  for (const [key, piece] of Object.entries(PIECES)) {
    it(`can do without ${key}, as README says`, () => {
      assert.ok(readFileSync(join(PROJECT_FOLDER, "README.md"), "utf8").includes(`| ${key} `), "README says so");
      const folder = mkdtempSync(join(tmpdir(), "okd-streams-piece-"));
      try {
        const { config } = parse(readFileSync(FILE, "utf8")) as { config: Record<string, unknown> };
        const holder = piece.slice(0, -1).reduce((inner, key) => inner[key] as typeof config, config);
        assert.ok(Reflect.has(holder, piece.at(-1)!), "it is there");
        Reflect.deleteProperty(holder, piece.at(-1)!);
        mkdirSync(join(folder, "stacks"));
        writeFileSync(join(folder, "stacks/Pulumi.kind.yaml"), stringify({ config }));
        loadConfiguration(folder, "kind");
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});

function podOf(spec: Spec | undefined): Container[] {
  return spec?.jobTemplate ? podOf(spec.jobTemplate.spec) : (spec?.template?.spec.containers ?? []);
}

/** What containers of a Pod ask for together, in the units of {@link LAPTOP}. */
function asked(containers: Container[], resource: keyof typeof LAPTOP): number {
  const units: Record<string, number> = { Mi: 1, Gi: 1024, m: 1, "": 1000 };
  return containers.reduce((sum, { resources, computeResources }) => {
    const text = (resources ?? computeResources)?.requests?.[resource];
    if (text === undefined) return sum;
    const [, number, unit] = /^(\d+)(Mi|Gi|m|)$/.exec(String(text))!;
    return sum + Number(number) * units[unit!]!;
  }, 0);
}
