import { UserError } from "../../../components/errors";
import {
  type KubernetesClient,
  type KubeObject,
  label,
  type Ref,
  UnknownKind,
} from "../../../components/kubernetes/client";
import { STACK } from "../../../components/kubernetes/marks";
import { FIELD_MANAGER, type Manifest } from "../../../components/kubernetes/object";
import { managersOf, uidsOf } from "./fields";
import { type InGit, keyOf } from "./git";

export interface Waits {
  /** Minutes. */
  patience: number;
  pause: (milliseconds: number) => Promise<unknown>;
}

type Cluster = Pick<KubernetesClient, "get" | "request">;

const PAUSE = 2_000;

/** What Argo CD tells of an Application. */
interface Status {
  sync?: { status?: string; revision?: string };
  conditions?: { type: string; message: string }[];
  operationState?: { phase?: string; message?: string };
  resources?: { group?: string; kind: string; namespace?: string; name: string }[];
}

/**
 * Waits until Argo CD has looked at a commit through each Application that waits, and sees all objects.
 * @throws UserError where it cannot, or would leave one out
 */
export async function untilRead(cluster: Cluster, applications: Manifest[], git: InGit, waits: Waits): Promise<void> {
  await askAnew(cluster, applications);
  await until(applications, waits, async (application) => {
    const { sync, resources = [], conditions = [] } = await statusOf(cluster, application);
    const error = conditions.find(({ type }) => type.endsWith("Error"));
    if (error) return `Argo CD cannot read Git: ${error.message}`;
    const { commit, objects } = git;
    if (sync?.revision !== commit) return `Argo CD has not looked at commit ${commit.slice(0, 12)} yet`;
    const seen = new Set(resources.map(seenAs));
    const unseen = objects.filter((it) => it.metadata.namespace === target(application) && !seen.has(keyOf(it)));
    if (unseen.length === 0) return undefined;
    throw new UserError(
      `Argo CD does not see ${label(unseen[0]!)}, which Git has: take its kind out of resource.exclusions in its ConfigMap ` +
        `argocd-cm, then run this again.`,
    );
  });
}

/** Waits until Argo CD has applied all objects. @throws UserError where it does not come to that */
export async function untilSynced(
  cluster: Cluster,
  applications: Manifest[],
  { objects }: InGit,
  waits: Waits,
): Promise<void> {
  await askAnew(cluster, applications);
  await until(applications, waits, async (application) => {
    const { sync, conditions = [], operationState = {} } = await statusOf(cluster, application);
    const error = conditions.find(({ type }) => type.endsWith("Error"));
    const why = error?.message ?? operationState.message;
    if (sync?.status !== "Synced" || operationState.phase === "Running") {
      return `Argo CD has it ${sync?.status ?? "unknown"}${why ? `: ${why}` : ""}`;
    }
    const own = objects.filter(({ metadata: { namespace } }) => namespace === target(application));
    for (const object of own) {
      const live = await cluster.get(object);
      if (!live || !isMarked(live, application)) return `${label(object)} is not Argo CD's yet`;
    }
    return undefined;
  });
}

/** Waits until Argo CD changes nothing by an Application any more, or it is gone. */
export async function untilIdle(cluster: Cluster, applications: Manifest[], waits: Waits): Promise<void> {
  await until(applications, waits, async (application) => {
    const { operationState } = await statusOf(cluster, application);
    return operationState?.phase === "Running"
      ? "Argo CD applies its objects (to delete it removes nothing else)"
      : undefined;
  });
}

/** @throws UserError where Argo CD takes for its own what bears a label: Tekton copies labels of Pipelines to runs, and they go */
export async function requireAnnotationTracking(cluster: Cluster, applications: Manifest[]): Promise<void> {
  const [first] = applications;
  if (!first) return;
  const { namespace } = first.metadata;
  const settings = await cluster.get({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "argocd-cm", namespace },
  });
  const method = (settings?.data as Record<string, string> | undefined)?.["application.resourceTrackingMethod"];
  if (method !== "label") return;
  throw new UserError(
    `Argo CD tracks objects by label, and would remove runs: set application.resourceTrackingMethod to annotation in ConfigMap ` +
      `${namespace!}/argocd-cm, then run this again.`,
  );
}

/** Makes what the state has and the cluster has not: a switch back was killed before it could write down that it was gone. */
export async function restore(cluster: Pick<KubernetesClient, "get" | "apply">, declared: Manifest[]): Promise<void> {
  for (const object of declared) {
    if (!(await cluster.get(object))) await cluster.apply(object, { fieldManager: FIELD_MANAGER });
  }
}

/** Removes Applications of a stack and its project, and nothing else: they have no finalizer that would take along what they deliver. */
export async function removeLeft(cluster: Pick<KubernetesClient, "list" | "remove">, stack: string): Promise<void> {
  const patience = { deadline: Date.now() + 60_000, signal: new AbortController().signal, tell: () => undefined };
  for (const kind of ["Application", "AppProject"]) {
    const all = { apiVersion: "argoproj.io/v1alpha1", kind, metadata: {} };
    const found = await cluster.list(all, `${STACK}=${stack}`).catch((error: unknown) => {
      if (error instanceof UnknownKind) return [];
      throw error;
    });
    for (const { metadata } of found) {
      await cluster.remove(
        { ...all, metadata: { name: metadata.name, namespace: metadata.namespace } },
        "Background",
        patience,
      );
    }
  }
}

function isMarked(live: KubeObject, { metadata: { name } }: Manifest): boolean {
  const id = live.metadata.annotations?.["argocd.argoproj.io/tracking-id"] as string | undefined;
  return (id?.startsWith(`${name}:`) ?? false) && managersOf(live, "argocd").length > 0;
}

function seenAs({ group = "", kind, namespace = "", name }: NonNullable<Status["resources"]>[number]): string {
  return `${group} ${kind} ${namespace}/${name}`;
}

const target = ({ spec }: Manifest) => (spec as { destination: { namespace: string } }).destination.namespace;

async function statusOf(cluster: Cluster, application: Ref): Promise<Status> {
  return ((await cluster.get(application))?.status ?? {}) as Status;
}

/** Has Argo CD look at Git and the cluster at once, past what it remembers. */
async function askAnew(cluster: Cluster, applications: Manifest[]): Promise<void> {
  const there = await uidsOf(cluster, applications);
  for (const { apiVersion, metadata } of there.keys()) {
    const path = `/apis/${apiVersion}/namespaces/${metadata.namespace!}/applications/${metadata.name}`;
    const body = { metadata: { annotations: { "argocd.argoproj.io/refresh": "hard" } } };
    await cluster.request("PATCH", path, { body, contentType: "application/merge-patch+json" });
  }
}

/**
 * @param lacking what an Application is waited for, as a part of a sentence
 * @throws UserError that says it where patience has an end
 */
async function until(
  applications: Manifest[],
  { patience, pause }: Waits,
  lacking: (application: Manifest) => Promise<string | undefined>,
): Promise<void> {
  let waited = 0;
  for (const application of applications) {
    for (;;) {
      const lack = await lacking(application);
      if (lack === undefined) break;
      if (waited >= patience * 60_000) {
        const where = `Application ${application.metadata.namespace!}/${application.metadata.name}`;
        throw new UserError(`${where} after ${patience} minutes: ${lack}. Run it again when that is mended.`);
      }
      await pause(PAUSE);
      waited += PAUSE;
    }
  }
}
