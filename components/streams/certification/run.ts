import { otherPods } from "../../kubernetes/build-nodes";
import type { PipelineRun } from "../../pipelines/tekton";
import { RUN_ACCOUNT } from "../../workplace/accounts";
import type { Place } from "../../workplace/place";
import { insecureParams, matrixParams } from "../params";
import type { BuildSettings } from "../settings";
import type { Certification, UpgradeTest } from "./schema";

/** What tests of clusters are rendered with. */
export interface TestContext {
  place: Place;
  settings: Pick<BuildSettings, "registry" | "matrix" | "nodes">;
}

/** A test as it comes out. */
export interface TestOutput {
  name: string;
  /** What is tested, and what becomes of it: a sentence each. */
  plan: string[];
  /** What makes it, for `kubectl create`. */
  run: PipelineRun;
}

/** Beside the test itself: checks, beginning, results. What is taken away has time of its own. */
const MORE_MINUTES = 240;

export function renderCertification(test: Certification, context: TestContext): TestOutput {
  const { name, release, minutes, imageRepository, archives } = test;
  const params = {
    ...(release !== undefined && { release }),
    ...(imageRepository !== undefined && { "image-repository": imageRepository }),
    ...(archives !== undefined && { "results-repository": archives }),
  };
  const plan = [
    `${release ?? "the release that the cluster runs"} is certified on the cluster of Secret ${test.kubeconfigSecret}, by opct in at most ${minutes} minutes`,
    archives === undefined ? "left out: opct's archive (archives is not set)" : `opct's archive goes to ${archives}`,
  ];
  return render("certification", name, test, { params, plan, context });
}

export function renderUpgradeTest(test: UpgradeTest, context: TestContext): TestOutput {
  const { name, from, to, force, minutes } = test;
  const params = { ...(from !== undefined && { from }), to, force: String(force) };
  const plan = [
    `the cluster of Secret ${test.kubeconfigSecret} is upgraded from ${from ?? "what it runs"} to ${to}, in at most ${minutes} minutes`,
    ...(force ? ["the release need not be signed, nor the cluster upgradeable (force)"] : []),
  ];
  return render("upgrade", name, test, { params, plan, context });
}

function render(
  kind: "certification" | "upgrade",
  name: string,
  { kubeconfigSecret, verdict, pushSecret, minutes }: Certification | UpgradeTest,
  { params, plan, context }: { params: Record<string, string>; plan: string[]; context: TestContext },
): TestOutput {
  const { place, settings } = context;
  const title = `${kind}/${name}`;
  const secret = pushSecret ?? settings.registry?.credentialsSecret;
  const all = {
    ...params,
    "cluster-secret": kubeconfigSecret,
    test: title,
    minutes: String(minutes),
    ...(verdict && {
      signed: "true",
      "signing-secret": verdict.signingSecret,
      ...(verdict.repository !== undefined && { "verdict-repository": verdict.repository }),
    }),
    ...(secret !== undefined && { "registry-secret": secret }),
    ...insecureParams(settings),
    ...matrixParams(settings),
  };
  const tasks = minutes + MORE_MINUTES;
  const podTemplate = otherPods(settings.nodes);
  const run: PipelineRun = {
    apiVersion: "tekton.dev/v1",
    kind: "PipelineRun",
    metadata: {
      generateName: `okd-${kind}-${name}-`,
      namespace: place.namespace,
      labels: { ...place.labels, [`okd-streams.io/${kind}`]: name },
    },
    spec: {
      pipelineRef: { name: kind === "upgrade" ? "okd-upgrade-test" : "okd-certification" },
      params: Object.entries(all).map(([param, value]) => ({ name: param, value })),
      workspaces: [],
      // what is taken away at the end has its time whatever the tests took
      timeouts: { pipeline: `${tasks + MORE_MINUTES}m0s`, tasks: `${tasks}m0s`, finally: `${MORE_MINUTES}m0s` },
      taskRunTemplate: { serviceAccountName: RUN_ACCOUNT, ...(podTemplate.affinity && { podTemplate }) },
    },
  };
  const signed = verdict
    ? `its verdict is signed and left ${verdict.repository === undefined ? "beside the release" : `in ${verdict.repository}`}`
    : "left out: a signed verdict (verdict is not set)";
  return { name, plan: [...plan, signed].map((text) => `${title}: ${text}`), run };
}

/** Secrets that nobody but tests of clusters may see. */
export function ownSecrets(tests: Pick<Certification, "kubeconfigSecret" | "verdict">[]): string[] {
  return tests.flatMap(({ kubeconfigSecret, verdict }) => [
    kubeconfigSecret,
    ...(verdict ? [verdict.signingSecret] : []),
  ]);
}

/** Those of a stack's Secrets that tests of clusters use. */
export function testSecrets<T>(
  secrets: Record<string, T>,
  tests: Pick<Certification, "kubeconfigSecret" | "verdict" | "pushSecret">[],
  { registry, matrix }: Pick<BuildSettings, "registry" | "matrix">,
): Record<string, T> {
  const push = tests.map(({ pushSecret }) => pushSecret);
  const used = new Set([...ownSecrets(tests), ...push, registry?.credentialsSecret, matrix?.secret]);
  return Object.fromEntries(Object.entries(secrets).filter(([name]) => used.has(name)));
}
