import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forArgoCd } from "../../../components/delivery/delivered";
import { parseManifests } from "../../../components/kubernetes/manifest";
import type { Manifest } from "../../../components/kubernetes/object";
import { loadConfiguration, PROJECT } from "../../../stacks/configuration/load";
import { PROJECT_FOLDER, readEnvironment } from "../../../stacks/environment";
import { requireSame } from "../../../stacks/commands/delivery/git";
import { deliverable, renderDelivered } from "../../../stacks/preview/delivered";
import { SECRET, UNKNOWN, type RecordedResource } from "../../../stacks/preview/recorded";
import { runProgram } from "../../../stacks/preview/run";
import { program } from "../../../stacks/program";

const PART = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: part, namespace: part }\n";
const REPOSITORY = "https://git.example/rendered.git";
const SETTINGS = {
  delivery: { by: "argocd", repository: REPOSITORY },
  platform: { argoCd: { mode: "install" } },
  events: { enabled: true },
  releases: [
    {
      name: "next",
      from: { stream: "4.22.0-0.okd-scos-nightly" },
      target: "4-scos-next",
      repositories: { content: "quay.io/okd/scos-content", release: "quay.io/okd/scos-release" },
    },
  ],
};

const kubernetes = (resources: RecordedResource[]) => resources.filter(({ type }) => type.startsWith("kubernetes:"));
const nameOf = ({ type, name }: RecordedResource) => `${type} ${name}`;

describe("delivery by Argo CD", function () {
  this.timeout(60_000);
  let folder: string, undivided: RecordedResource[], divided: RecordedResource[], files: Map<string, string>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "delivery-"));
    for (const name of ["images", "manifests"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "images/index.txt"), "");
    for (const name of ["tekton-pipelines", "tekton-triggers", "tekton-interceptors", "argo-cd", "tekton-dashboard"]) {
      writeFileSync(join(folder, "manifests", `${name}.yaml`), PART.replaceAll("part", name));
    }
    writeFileSync(join(folder, "settings.yaml"), JSON.stringify(SETTINGS));
    const preview = async (by: "pulumi" | "argocd") => {
      const configuration = loadConfiguration(PROJECT_FOLDER, "kind", folder);
      configuration.delivery.by = by;
      const environment = { ...readEnvironment("kind", { preview: true }), offlineFolder: folder };
      return (await runProgram(() => program(configuration, environment), { project: PROJECT, stack: "kind" }))
        .resources;
    };
    undivided = await preview("pulumi");
    divided = await preview("argocd");
    files = renderDelivered(undivided);
  });
  after(() => rmSync(folder, { recursive: true }));

  const objects = () => [...files.values()].flatMap((text) => parseManifests(text, "a file"));

  it("gives each object one owner: what Git has is exactly what Pulumi has no longer", () => {
    const left = new Set(kubernetes(divided).map(nameOf));
    const gone = kubernetes(undivided).filter((it) => !left.has(nameOf(it)));
    const key = ({ kind, metadata: { namespace, name } }: Manifest) => `${kind} ${namespace!}/${name}`;
    assert.deepEqual(objects().map(key).sort(), gone.map(({ inputs }) => key(inputs as Manifest)).sort());
    assert.ok(gone.length > 20);
    const added = kubernetes(divided).filter((it) => !undivided.some((before) => nameOf(before) === nameOf(it)));
    assert.deepEqual(added.map(nameOf), [
      "kubernetes:argoproj.io/v1alpha1:AppProject argocd/okd-streams-kind",
      "kubernetes:argoproj.io/v1alpha1:Application argocd/okd-streams-kind-okd-coreos",
      "kubernetes:argoproj.io/v1alpha1:Application argocd/okd-streams-kind-okd-release",
    ]);
  });

  it("is the same in Git as in what the stack deploys", () => {
    const place = { repository: REPOSITORY, revision: "rendered", path: "rendered/kind" };
    requireSame(deliverable(undivided), { commit: "c0ffee", objects: objects() }, place);
  });

  it("leaves Pulumi what Git must not have, and what outlives a set", () => {
    const kinds = new Set(kubernetes(divided).map(({ inputs }) => (inputs as Manifest).kind));
    for (const kind of ["Namespace", "Deployment"]) assert.ok(kinds.has(kind), kind);
    const delivered = new Set(objects().map(({ kind }) => kind));
    for (const kind of ["Secret", "PersistentVolumeClaim", "Namespace", "PipelineRun"])
      assert.ok(!delivered.has(kind), kind);
    assert.doesNotMatch([...files.values()].join(""), /pulumi\.com\/|\[secret\]|known after up/);
  });

  it("has what each object needs in an earlier wave", () => {
    const wave = (of: Manifest) => Number(of.metadata.annotations!["argocd.argoproj.io/sync-wave"]);
    const waves = (kind: string) =>
      objects()
        .filter((it) => it.kind === kind)
        .map(wave);
    const order = ["ServiceAccount", "Task", "Pipeline"];
    for (const [index, kind] of order.slice(1).entries()) {
      assert.ok(Math.max(...waves(order[index]!)) < Math.min(...waves(kind)), kind);
    }
    const object = (kind: string, apiVersion: string) =>
      wave(forArgoCd({ apiVersion, kind, metadata: { name: "a", namespace: "b" } }));
    const triggers = "triggers.tekton.dev/v1beta1";
    const sequence = [
      object("Role", "rbac.authorization.k8s.io/v1"),
      object("Task", "tekton.dev/v1"),
      object("Pipeline", "tekton.dev/v1"),
      object("TriggerTemplate", triggers),
      object("Trigger", triggers),
      object("EventListener", triggers),
    ];
    assert.deepEqual(sequence, [0, 1, 2, 3, 4, 5]);
    assert.equal(object("CronJob", "batch/v1"), 5);
  });

  it("has Applications that apply and compare on the server, remove what Git no longer has, and never see a run or a Secret", () => {
    const one = (kind: string) => kubernetes(divided).find(({ type }) => type.endsWith(`:${kind}`))!.inputs as Manifest;
    const { metadata, spec } = one("Application");
    assert.equal(metadata.annotations!["argocd.argoproj.io/compare-options"], "ServerSideDiff=true");
    assert.equal(metadata.finalizers, undefined);
    assert.deepEqual(spec.source, {
      repoURL: REPOSITORY,
      targetRevision: "rendered",
      path: "rendered/kind/okd-coreos",
    });
    assert.ok([...files.keys()].some((path) => path.startsWith("okd-coreos/")));
    assert.deepEqual(spec.syncPolicy.automated, { prune: true, selfHeal: true });
    assert.ok(spec.syncPolicy.syncOptions.includes("ServerSideApply=true"));
    const project = one("AppProject").spec;
    assert.deepEqual(project.sourceRepos, [REPOSITORY]);
    assert.deepEqual(project.clusterResourceWhitelist, []);
    const never = project.namespaceResourceBlacklist.map(
      ({ group, kind }: Record<string, string>) => `${group!}/${kind!}`,
    );
    assert.deepEqual(never, [
      "tekton.dev/PipelineRun",
      "tekton.dev/TaskRun",
      "tekton.dev/CustomRun",
      "/Secret",
      "/PersistentVolumeClaim",
    ]);
  });

  for (const [value, why] of [
    [UNKNOWN, "is known as a whole only after an update"],
    [SECRET, "holds a secret"],
  ] as const) {
    it(`refuses an object that ${why}`, () => {
      const broken = undivided.map((it) =>
        it.type === "kubernetes:tekton.dev/v1:Task" ? { ...it, inputs: { ...it.inputs, spec: { value } } } : it,
      );
      assert.throws(() => renderDelivered(broken), {
        name: "UserError",
        message: new RegExp(`^Task okd-\\S+ ${why}: it cannot be delivered from Git\\.$|${why}`),
      });
    });
  }
});
