import assert from "node:assert/strict";
import { UserError } from "../../../components/errors";
import { provider } from "../../../components/platform/guard";
import { FakeApi, kubeconfigOf, resources, Status } from "./fake-api";

const STACK = "okd-streams.io/stack";

type Fields = Record<string, unknown>;
const run = (namespace: string, name: string, metadata: Fields = {}) => ({
  metadata: { namespace, name, ...metadata },
});

/** An API server with these runs; namespace `okd-coreos` is of stack `kind`. */
function clusterWith(pipelineRuns: object[], taskRuns: object[] = []): FakeApi {
  return new FakeApi((_method, path) => {
    switch (path) {
      case "/api/v1":
        return resources("v1", "Namespace");
      case "/apis/tekton.dev/v1":
        return resources("tekton.dev/v1", "PipelineRun", "TaskRun");
      case `/api/v1/namespaces?labelSelector=${STACK}=kind`:
        return { items: [{ metadata: { name: "okd-coreos" } }] };
      case "/apis/tekton.dev/v1/pipelineruns":
        return { items: pipelineRuns };
      case "/apis/tekton.dev/v1/taskruns":
        return { items: taskRuns };
      default:
        return undefined;
    }
  });
}

const inputs = (kubeconfig: string, deleteUnreachable = false) => ({
  stack: "kind",
  kubeconfig,
  kinds: ["PipelineRun", "TaskRun"].map((kind) => ({ apiVersion: "tekton.dev/v1", kind })),
  deleteUnreachable,
});

async function remove(api: FakeApi): Promise<void> {
  try {
    await provider.delete!("kind", inputs(await api.start()));
  } finally {
    await api.stop();
  }
}

describe("the guard of the platform", () => {
  it("lets the platform go when all runs are in namespaces of the stack", async () => {
    const api = clusterWith([run("okd-coreos", "scos-1")], [run("okd-coreos", "scos-1-build")]);
    await remove(api);
    assert.equal(api.requests.filter(({ path }) => /runs$/.test(path)).length, 2);
    assert.deepEqual([...new Set(api.requests.map(({ method }) => method))], ["GET"]);
  });

  it("refuses when others have runs, and names them", async () => {
    const owned = run("team", "build-task", { ownerReferences: [{ kind: "PipelineRun", name: "build" }] });
    const api = clusterWith([run("team", "build"), run("okd-coreos", "scos-1")], [owned, run("team", "alone")]);
    await assert.rejects(
      remove(api),
      new UserError(
        "The platform is not removed because objects that are not of this stack would go with it: " +
          "PipelineRun team/build, TaskRun team/alone; remove these first.",
      ),
    );
  });

  it("takes objects with the stack's own mark for its own, wherever they are", async () => {
    const labelled = run("argocd", "a", { labels: { [STACK]: "kind" } });
    const annotated = run("argocd", "b", { annotations: { [STACK]: "kind" } });
    await remove(clusterWith([labelled, annotated]));
    const ofAnotherStack = run("argocd", "c", { labels: { [STACK]: "moc" } });
    await assert.rejects(remove(clusterWith([ofAnotherStack])), /PipelineRun argocd\/c; remove/);
  });

  it("names ten and counts the rest", async () => {
    const runs = Array.from({ length: 13 }, (_, index) => run("team", `r${index}`));
    await assert.rejects(remove(clusterWith(runs)), /PipelineRun team\/r9 and 3 more; remove these first\.$/);
  });

  it("lets the platform go where the cluster does not know its kinds any more", async () => {
    const api = new FakeApi((_method, path) => {
      if (path === "/api/v1") return resources("v1", "Namespace");
      return path.startsWith("/api/v1/namespaces") ? { items: [] } : undefined;
    });
    await remove(api);
    assert.ok(api.requests.some(({ path }) => path === "/apis/tekton.dev/v1"));
  });

  it("refuses when it is not allowed to look", async () => {
    const api = new FakeApi((_method, path) =>
      path === "/api/v1" ? resources("v1", "Namespace") : new Status(403, "Forbidden", "namespaces is forbidden"),
    );
    await assert.rejects(remove(api), /^UserError: The platform is not removed because its cluster cannot be asked/);
  });

  it("takes an unreachable cluster for gone only where it is ours", async () => {
    const kubeconfig = kubeconfigOf("http://127.0.0.1:1");
    await provider.delete!("x", inputs(kubeconfig, true));
    await assert.rejects(provider.delete!("x", inputs(kubeconfig)), /cannot be asked who uses it: .*ECONNREFUSED/);
  });

  it("keeps its inputs when it is made and changed, and asks nobody", async () => {
    const news = inputs("none");
    assert.deepEqual(await provider.create(news), { id: "kind", outs: news });
    assert.deepEqual(await provider.update!("kind", { ...inputs("old"), kinds: news.kinds.slice(1) }, news), {
      outs: news,
    });
  });

  it("looks at the kinds that it is to guard no longer", async () => {
    const api = clusterWith([run("team", "build")], [run("team", "alone")]);
    const olds = inputs(await api.start());
    try {
      const news = { ...olds, kinds: olds.kinds.slice(0, 1) };
      await assert.rejects(provider.update!("kind", olds, news), /would go with it: TaskRun team\/alone; remove/);
      assert.ok(api.requests.every(({ path }) => !path.endsWith("/pipelineruns")));
    } finally {
      await api.stop();
    }
  });
});
