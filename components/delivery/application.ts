import type { Manifest } from "../kubernetes/object";
import { authored } from "../kubernetes/marks";

export interface ApplicationArgs {
  stack: string;
  /** Where Argo CD looks for Applications. */
  argoCdNamespace: string;
  /** Namespace of the set: the one to which it delivers. */
  namespace: string;
  repository: string;
  revision: string;
  /** Folder of all sets in the repository. */
  path: string;
  /** It changes what is otherwise than in Git; else it looks alone. */
  syncs: boolean;
}

/** What Tekton makes itself: Argo CD is never to see it, whatever labels and annotations Tekton copies to it. */
const RUNS = ["PipelineRun", "TaskRun", "CustomRun"].map((kind) => ({ group: "tekton.dev", kind }));

/** Name of the project, and before a namespace's that of its Application. */
const projectName = (stack: string) => `okd-streams-${stack}`;

/** The project of a stack: its Applications read one repository and write into its namespaces alone, and no run is theirs. */
export function renderProject(
  { stack, argoCdNamespace, repository }: Pick<ApplicationArgs, "stack" | "argoCdNamespace" | "repository">,
  namespaces: string[],
): Manifest {
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "AppProject",
    metadata: { name: projectName(stack), namespace: argoCdNamespace, labels: authored(stack) },
    spec: {
      description: `Pipelines of stack ${stack}: everything else is Pulumi's`,
      sourceRepos: [repository],
      destinations: namespaces.map((namespace) => ({ namespace, server: SERVER })),
      clusterResourceWhitelist: [],
      namespaceResourceBlacklist: [
        ...RUNS,
        { group: "", kind: "Secret" },
        { group: "", kind: "PersistentVolumeClaim" },
      ],
    },
  };
}

const SERVER = "https://kubernetes.default.svc";

/** The Application that delivers a set: what Git says is what is there, and what somebody changes by hand is changed back. */
export function renderApplication(args: ApplicationArgs): Manifest {
  const { stack, argoCdNamespace, namespace, repository, revision, path, syncs } = args;
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Application",
    metadata: {
      name: `${projectName(stack)}-${namespace}`,
      namespace: argoCdNamespace,
      labels: authored(stack),
      annotations: {
        // By the API server's own judgement: what it fills in is no difference.
        "argocd.argoproj.io/compare-options": "ServerSideDiff=true",
        // It is there at once; what it delivers waits for the repository.
        "pulumi.com/skipAwait": "true",
      },
      // Without the finalizer that would remove what it has delivered: namespaces go with the stack.
    },
    spec: {
      project: projectName(stack),
      source: { repoURL: repository, targetRevision: revision, path: `${path}/${namespace}` },
      destination: { server: SERVER, namespace },
      syncPolicy: {
        ...(syncs && { automated: { prune: true, selfHeal: true } }),
        syncOptions: ["ServerSideApply=true", "FailOnSharedResource=true", "PruneLast=true"],
        retry: { limit: 10, backoff: { duration: "10s", factor: 2, maxDuration: "5m" } },
      },
    },
  };
}
