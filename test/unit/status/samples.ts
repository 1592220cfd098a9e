import type { BuildsAnswer } from "../../../components/programs/gate/table";
import type { PipelineRunObject } from "../../../components/programs/status/run";
import { runOf } from "../../../components/programs/status/run";
import { type Declared, type Facts, statusOf } from "../../../components/programs/status/status";

export const NOW = new Date("2026-11-23T12:00:00Z");
const DIGEST = `quay.io/okd/scos-release@sha256:${"0a1b2c3d".repeat(8)}`;
export const CATALOG = `registry.okd-registry.svc:5000/okd/catalog@sha256:${"5e6f7a8b".repeat(8)}`;

/** So many hours before now. */
export function ago(hours: number): string {
  return new Date(NOW.getTime() - hours * 3_600_000).toISOString();
}

export const DECLARED: Declared = {
  stack: "kind",
  namespace: "okd-coreos",
  namespaces: ["okd-coreos", "okd-release", "okd-payload", "okd-certification"],
  streams: [
    { title: "SCOS 5.0", label: "5.0", stream: "okd-coreos", version: "5.0", architectures: ["amd64"] },
    { title: "SCOS 4.21", label: "4.21", stream: "okd-coreos", version: "4.21", architectures: ["amd64"] },
  ],
  layers: [{ title: "tree 5.0", label: "layer-tree", stream: "layer-tree", version: "5.0", architectures: ["amd64"] }],
  releases: [{ name: "next", namespace: "okd-release", intervalSeconds: 86_400 }],
  upgradeTests: ["to-next"],
  payloads: ["mine"],
  operators: ["lab"],
  certifications: ["conformance"],
};

interface Given {
  name: string;
  labels?: Record<string, string>;
  namespace?: string;
  pipeline?: string;
  phase?: "waiting" | "running" | "succeeded" | "failed" | "cancelled";
  /** Hours ago. */
  since?: number;
  ended?: number;
  message?: string;
  results?: Record<string, string>;
  params?: Record<string, string>;
  begun?: string[];
}

const CONDITIONS = {
  waiting: ["Unknown", "Pending"],
  running: ["Unknown", "Running"],
  succeeded: ["True", "Succeeded"],
  failed: ["False", "Failed"],
  cancelled: ["False", "Cancelled"],
} as const;

/** A PipelineRun as the API server gives it. */
export function pipelineRun(given: Given): PipelineRunObject {
  const { name, labels = {}, namespace = "okd-coreos", pipeline = "okd-coreos", phase = "succeeded" } = given;
  const { since = 2, ended, message = "Tasks Completed: 9", results = {}, params = {}, begun = [] } = given;
  const [status, reason] = CONDITIONS[phase];
  const list = (values: Record<string, string>) => Object.entries(values).map(([key, value]) => ({ name: key, value }));
  const own = Object.entries(labels).map(([key, value]) => [`okd-streams.io/${key}`, value]);
  return {
    metadata: { name, namespace, labels: { "tekton.dev/pipeline": pipeline, ...Object.fromEntries(own) } },
    spec: { params: list(params) },
    status: {
      conditions: [{ type: "Succeeded", status, reason, message }],
      startTime: ago(since),
      ...(phase !== "running" && phase !== "waiting" && { completionTime: ago(ended ?? since - 1) }),
      results: list(results),
      childReferences: begun.map((pipelineTaskName) => ({ pipelineTaskName })),
    },
  };
}

/** A run of one architecture of a build. */
export function buildRun(build: string, architecture: string, more: Partial<Given> = {}): PipelineRunObject {
  const { labels = {} } = more;
  return pipelineRun({
    name: `okd-coreos-5-0-${architecture}-${build}`,
    ...more,
    labels: { stream: "5.0", architecture, build, ...labels },
  });
}

export const STREAM = {
  ...{ stream: "okd-coreos", version: "5.0", architectures: ["amd64", "arm64"] },
  ...{ intervalSeconds: 86_400, lastSuccess: ago(20) },
};

/** What the gate says of a build. */
export function answered(
  buildId: string,
  outcome: BuildsAnswer["builds"][number]["outcome"],
  more: Partial<BuildsAnswer["builds"][number]> = {},
): BuildsAnswer["builds"][number] {
  return {
    ...{ stream: "okd-coreos", version: "5.0", buildId, outcome, arrived: ["amd64"], missing: ["arm64"] },
    ...{ message: `okd-coreos 5.0 build ${buildId}: what it says`, since: ago(1), decided: ago(0) },
    ...more,
  };
}

export function facts(runs: PipelineRunObject[], gate?: Partial<BuildsAnswer>, unread: Facts["unread"] = []): Facts {
  const answer = { looked: ago(0), streams: [STREAM], builds: [], ...gate };
  return { ...(gate && { gate: answer }), runs: runs.map(runOf), unread };
}

const PLAN = [
  "service-ca-operator is built: commit 1111 → 2222",
  "console is kept",
  "oauth-proxy is kept",
  "etcd is the base's: it has no public source",
].join("\n");

/** A stack that has some of everything, a trouble of each kind among it. */
export function everything(): ReturnType<typeof statusOf> {
  const release = (name: string, more: Partial<Given>) =>
    pipelineRun({
      name,
      namespace: "okd-release",
      pipeline: "okd-release-pipeline",
      labels: { release: "next" },
      ...more,
    });
  const test = (kind: string, name: string, more: Given) =>
    pipelineRun({ namespace: "okd-certification", pipeline: `okd-${kind}`, labels: { [kind]: name }, ...more });
  const verdict = (result: string, failed: string[]) =>
    JSON.stringify({ result, failed, warned: ["OPCT-022"], passed: ["OPCT-001", "OPCT-002"] });
  const runs = [
    buildRun("20261123-ab12", "amd64", { since: 3 }),
    buildRun("20261123-ab12", "arm64", { since: 3, phase: "running" }),
    ...Array.from({ length: 9 }, (_, index) => buildRun(`2026112${index}`, "amd64", { since: 30 + index * 24 })),
    pipelineRun({
      ...{ name: "okd-coreos-4-21-amd64-x7k2p", labels: { stream: "4.21", architecture: "amd64" }, phase: "failed" },
      message: 'Tasks Completed: 4 (Failed: 1, Cancelled 0), Skipped: 9 <script>alert("1")</script>',
    }),
    pipelineRun({
      ...{ name: "layer-tree-amd64-q1", labels: { stream: "layer-tree", architecture: "amd64", rehearsal: "true" } },
      ...{ pipeline: "coreos-layer", since: 1.5, ended: 1 },
    }),
    release("okd-release-next-periodic-29400000", {
      ...{ since: 60, ended: 58, params: { mode: "dry-run", "github-app-secret": "s3cret-name" } },
      results: { "release-name": "5.0.0-okd-scos.3", "release-image": DIGEST },
    }),
    release("okd-release-next-z9", { since: 5, phase: "failed", message: 'secret "quay-push" is not found' }),
    pipelineRun({
      ...{
        name: "okd-payload-mine-b4",
        namespace: "okd-payload",
        pipeline: "okd-payload",
        labels: { payload: "mine" },
      },
      ...{ phase: "running", since: 1, results: { plan: PLAN }, begun: ["resolve", "build-1", "build-2"] },
    }),
    pipelineRun({
      ...{
        name: "okd-operators-lab-c2",
        namespace: "okd-payload",
        pipeline: "okd-operators",
        labels: { operators: "lab" },
      },
      ...{ since: 8, results: { plan: PLAN, catalog: CATALOG }, begun: ["resolve", "build-1", "catalog"] },
    }),
    test("upgrade", "to-next", {
      name: "okd-upgrade-to-next-h2v8c",
      ...{ params: { to: DIGEST }, since: 9 },
      results: { verdict: verdict("PASSED", []), base: '[{"name":"upgrade-from","uri":"4.21.0-okd-scos.9"}]' },
    }),
    test("certification", "conformance", {
      name: "okd-certification-conformance-k5w2x",
      ...{ since: 40, phase: "failed", message: "conformance: FAILED" },
      results: { release: DIGEST, verdict: verdict("FAILED", ["OPCT-010", "OPCT-031"]) },
    }),
  ];
  const gate = {
    streams: [{ ...STREAM, lastSuccess: ago(52) }],
    builds: [
      answered("20261123-ab12", "incomplete", {
        message: "okd-coreos 5.0 build 20261123-ab12: 1 of 2 architectures are there, arm64 missing",
      }),
      answered("20261121", "composed", {
        arrived: ["amd64", "arm64"],
        missing: [],
        since: ago(54),
        completed: ago(52),
      }),
      answered("20261120", "conflicting", {
        since: ago(60),
        message: "okd-coreos 5.0 build 20261120: arm64 was built from other commits than amd64",
      }),
    ],
  };
  const unread = [
    {
      what: "Runs of okd-release",
      why: "PipelineRuns cannot be listed: the API server answers 403",
      look: "kubectl get pipelineruns -n okd-release",
    },
  ];
  return statusOf(DECLARED, facts(runs, gate, unread), NOW);
}
