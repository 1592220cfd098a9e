import type { KubeObject } from "../../../components/kubernetes/client";
import { FakeApi, resources, Status } from "../../unit/platform/fake-api";

type Fields = Record<string, unknown>;

const KINDS: Record<string, string[]> = {
  v1: ["Namespace", "ConfigMap", "Secret", "Service", "ServiceAccount", "Pod", "Node", "PersistentVolumeClaim"],
  "argoproj.io/v1alpha1": ["Application", "AppProject", "ApplicationSet"],
  "batch/v1": ["CronJob", "Job"],
  "networking.k8s.io/v1": ["NetworkPolicy"],
  "rbac.authorization.k8s.io/v1": ["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"],
  "tekton.dev/v1": ["Task", "Pipeline", "PipelineRun", "TaskRun"],
  "tekton.dev/v1beta1": ["StepAction"],
};
const TRACKING = "argocd.argoproj.io/tracking-id";
const ARGO = "argocd-controller";

/** An object, as each of those who apply it says it. */
interface Stored {
  uid: string;
  said: Map<string, Fields>;
}

/** As much of a cluster with Argo CD as tells who has applied what, and whether an object is still the one that it was. */
export class PretendedCluster {
  /** What Git has. */
  git: { commit: string; objects: KubeObject[] } = { commit: "", objects: [] };
  readonly api = new FakeApi((method, url, body) => this.answer(method, new URL(url, "http://api"), body as Fields));
  private readonly stored = new Map<string, Stored>();
  private count = 0;

  /** An object, with its owners. */
  find(object: KubeObject): { uid: string; owners: string[]; whole: boolean } | undefined {
    const stored = this.stored.get(pathOf(object));
    if (!stored) return undefined;
    const merged = this.merged(stored);
    const whole = Object.keys(object).every((key) => key in merged) && merged.metadata.labels !== undefined;
    return { uid: stored.uid, owners: [...stored.said.keys()], whole };
  }

  /** Names of the objects of a kind. */
  names(apiVersion: string, kind: string): string[] {
    const collection = `/apis/${apiVersion}/namespaces/argocd/${kind.toLowerCase()}s/`;
    return [...this.stored.keys()]
      .filter((path) => path.startsWith(collection))
      .map((path) => path.slice(collection.length));
  }

  private answer(method: string, { pathname, searchParams }: URL, body: Fields | undefined): unknown {
    if (pathname === "/version") return { major: "1", minor: "35", gitVersion: "v1.35.0" };
    const [, group, rest = ""] = /^\/(api\/v1|apis\/[^/]+\/[^/]+)(?:\/(.*))?$/.exec(pathname) ?? [];
    if (group === undefined) return { groups: [] };
    if (rest === "") return resources(versionOf(group), ...(KINDS[versionOf(group)] ?? []));
    const isOne = rest.replace(/^namespaces\/[^/]+\/(?=.)/, "").includes("/");
    if (!isOne) return { items: this.listed(pathname, searchParams.get("labelSelector")) };
    const manager = searchParams.get("fieldManager");
    if (method === "PATCH" && manager) return this.apply(pathname, manager, body!, searchParams.has("dryRun"));
    const stored = this.stored.get(pathname);
    if (!stored) return new Status(404, "NotFound", `${pathname} not found`);
    if (method === "DELETE") this.stored.delete(pathname);
    return this.shown(stored);
  }

  private listed(pathname: string, selector: string | null): unknown[] {
    const [key = "", value] = selector?.split("=") ?? [];
    const plural = pathname.split("/").at(-1)!;
    const found = [...this.stored].filter(([path]) => path.split("/").at(-2) === plural);
    return found
      .map(([, stored]) => this.shown(stored))
      .filter(({ metadata }) => !key || (metadata.labels as Record<string, string> | undefined)?.[key] === value);
  }

  private apply(path: string, manager: string, body: Fields, dryRun: boolean): unknown {
    const known = this.stored.get(path);
    const { uid } = body.metadata as { uid?: string };
    if (uid !== undefined && uid !== known?.uid) return new Status(409, "Conflict", "uid mismatch");
    const stored = { uid: known?.uid ?? `uid-${++this.count}`, said: new Map(known?.said) };
    // Who says nothing but the name owns nothing.
    if (
      Object.keys(body).length > 3 ||
      Object.keys(body.metadata as Fields).some((key) => /^(labels|annotations)$/.test(key))
    ) {
      stored.said.set(manager, body);
    } else stored.said.delete(manager);
    if (!dryRun) this.stored.set(path, stored);
    if (!dryRun && body.kind === "Application") this.sync(body as KubeObject);
    return this.shown(stored);
  }

  private sync({ metadata, spec }: KubeObject): void {
    const { syncPolicy, destination } = spec as {
      syncPolicy: { automated?: object };
      destination: { namespace: string };
    };
    if (!syncPolicy.automated) return;
    for (const object of this.git.objects.filter((it) => it.metadata.namespace === destination.namespace)) {
      const annotations = {
        ...(object.metadata.annotations as Fields),
        [TRACKING]: `${metadata.name!}:${pathOf(object)}`,
      };
      this.apply(pathOf(object), ARGO, { ...object, metadata: { ...object.metadata, annotations } }, false);
    }
  }

  private merged({ said }: Stored): KubeObject {
    const all = [...said.values()] as KubeObject[];
    const metadata = Object.assign({}, ...all.map((it) => it.metadata)) as Fields;
    const annotations = Object.assign({}, ...all.map((it) => it.metadata.annotations as Fields)) as Fields;
    return { ...(Object.assign({}, ...all) as KubeObject), metadata: { ...metadata, annotations } };
  }

  private shown(stored: Stored): KubeObject {
    const object = this.merged(stored);
    const managedFields = [...stored.said.keys()].map((manager) => ({ manager, operation: "Apply" }));
    return {
      ...object,
      metadata: { ...object.metadata, uid: stored.uid, managedFields },
      ...(object.kind === "Namespace" && { status: { phase: "Active" } }),
      ...(object.kind === "Application" && { status: this.statusOf(object) }),
    };
  }

  private statusOf({ spec }: KubeObject): Fields {
    const { syncPolicy, destination } = spec as {
      syncPolicy: { automated?: object };
      destination: { namespace: string };
    };
    const seen = this.git.objects.filter((it) => it.metadata.namespace === destination.namespace);
    return {
      sync: { status: syncPolicy.automated ? "Synced" : "OutOfSync", revision: this.git.commit },
      resources: seen.map(({ apiVersion, kind, metadata: { name, namespace } }) => ({
        ...{ group: apiVersion.includes("/") ? apiVersion.split("/")[0] : "", kind, name, namespace },
      })),
    };
  }
}

const versionOf = (group: string) => group.replace(/^apis?\//, "");

function pathOf({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): string {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}${namespace ? `/namespaces/${namespace}` : ""}/${kind.toLowerCase()}s/${name!}`;
}
