import { STACK } from "../kubernetes/marks";
import { containersOf, type PlacedContainer } from "./containers";
import { listenersWithoutPolicy, openNamespaces } from "./network";
import { beyondUnprivileged, NODE_AGENTS } from "./privileges";
import { isOurs, type PolicyObject, type PolicyRule, type Violation } from "./rule";
import { literalSecrets } from "./secrets";

/** Tags that are another image tomorrow. */
const MOVING = /^(latest|main|master|devel|dev|edge|nightly|stable|rolling|next)$/;

const ROLES = ["Role", "ClusterRole"];
const BINDINGS = ["RoleBinding", "ClusterRoleBinding"];

/** Everything that we hold ourselves to, and that anybody's objects can be held to. */
export const RULES: PolicyRule[] = [
  {
    name: "pinned-images",
    wants: "An image is named by digest, or by a tag that stays.",
    fix: "Write repository:version@sha256:… instead; `npm run images:lock` finds the digest of what is in pipelines/images.yaml.",
    ofOthers: true,
    check: (objects) => ofContainers(objects, unpinned),
  },
  {
    name: "no-literal-secret",
    wants: "No password, token or key stands in an object.",
    fix: "Refer to a Secret that is made elsewhere (secretKeyRef, a volume, `secrets` of the stack's configuration).",
    ofOthers: true,
    check: (objects) => objects.flatMap(literalSecrets),
  },
  {
    name: "requests-and-limits",
    wants: "A container requests cpu and memory; one that does not end by itself has a limit of memory.",
    fix: "Add resources.requests (a step: computeResources.requests) for both, and resources.limits.memory.",
    ofOthers: false,
    check: (objects) => ofContainers(objects, unmeasured),
  },
  {
    name: "no-privileged-step",
    wants: "Nothing is privileged, root or at the node's files, but for what is listed with a reason.",
    fix: "Drop the rights, or list the step in pipelines/privileged.yaml with the reason.",
    ofOthers: false,
    check: (objects, { privileged = {} }) =>
      ofContainers(objects, ({ task, container, ...place }) => {
        const isListed =
          task !== undefined ? (container.name ?? "") in (privileged[task] ?? {}) : isNodeAgent(place.object);
        // The lists are of our own: somebody else's may have the same name.
        return isListed && isOurs(place.object) ? undefined : beyondUnprivileged({ ...place, container });
      }),
  },
  {
    name: "no-cluster-admin",
    wants: "No account may do everything.",
    fix: "Name the API groups, resources and verbs that it needs in a Role of its own.",
    ofOthers: false,
    check: (objects) => objects.flatMap(allPowerful),
  },
  {
    name: "network-policy",
    wants: "What listens is selected by a NetworkPolicy that says who may connect.",
    fix: "Add a NetworkPolicy of policyType Ingress whose podSelector matches the Pods behind it.",
    ofOthers: false,
    check: (objects) => listenersWithoutPolicy(objects),
  },
  {
    name: "default-deny",
    wants: "In a namespace of ours nobody connects to anybody, unless a NetworkPolicy says so.",
    fix: "Add a NetworkPolicy with an empty podSelector and both policyTypes (renderNetwork of components/workplace/network.ts has one).",
    ofOthers: false,
    check: (objects) => openNamespaces(objects),
  },
  {
    name: "labels",
    wants: "An object says what it is a part of, and ours whose stack it is.",
    fix: "Add the label app.kubernetes.io/part-of (ours: authored() of components/kubernetes/marks.ts adds both).",
    ofOthers: false,
    check: (objects, { stack }) => objects.flatMap((object) => unlabelled(object, stack)),
  },
];

function ofContainers(objects: PolicyObject[], check: (it: PlacedContainer) => string | undefined): Violation[] {
  return objects.flatMap(containersOf).flatMap((placed) => {
    const found = check(placed);
    return found === undefined ? [] : [{ object: placed.object, path: placed.path, found }];
  });
}

function unpinned({ container: { image } }: PlacedContainer): string | undefined {
  // A step without one is a StepAction's; what a parameter names is judged where it is given.
  if (!image || image.includes("$(") || image.includes("@sha256:")) return undefined;
  const tag = /:([\w][\w.-]*)$/.exec(image)?.[1];
  if (tag === undefined) return `${image} has no tag, so it is \`latest\``;
  return MOVING.test(tag) ? `${image} is another image every day` : undefined;
}

function unmeasured({ container, task }: PlacedContainer): string | undefined {
  const { requests = {}, limits = {} } = container.computeResources ?? container.resources ?? {};
  const lacks = ["cpu", "memory"].filter((resource) => !(resource in requests)).map((it) => `a request of ${it}`);
  if (task === undefined && !("memory" in limits)) lacks.push("a limit of memory");
  return lacks.length > 0 ? `it has not ${lacks.join(", ")}` : undefined;
}

function isNodeAgent({ kind, metadata }: PolicyObject): boolean {
  return `${kind}/${metadata?.name ?? ""}` in NODE_AGENTS;
}

interface Rules {
  rules?: { apiGroups?: string[]; resources?: string[]; verbs?: string[] }[];
  roleRef?: { name: string };
}

function allPowerful(object: PolicyObject): Violation[] {
  const { rules = [], roleRef } = object as Rules;
  const all = (list: string[] = []) => list.includes("*");
  if (BINDINGS.includes(object.kind) && roleRef?.name === "cluster-admin") {
    return [{ object, path: "roleRef", found: "it gives cluster-admin" }];
  }
  if (!ROLES.includes(object.kind)) return [];
  return rules.flatMap(({ apiGroups, resources, verbs }, index) =>
    all(apiGroups) && all(resources) && all(verbs)
      ? [{ object, path: `rules[${index}]`, found: "it allows everything" }]
      : [],
  );
}

function unlabelled(object: PolicyObject, stack: string | undefined): Violation[] {
  // Runs come and go; Tekton gives them their Pipeline's labels.
  if (["TaskRun", "PipelineRun"].includes(object.kind)) return [];
  const labels = object.metadata?.labels ?? {};
  const wanted = { "app.kubernetes.io/part-of": undefined, ...(stack && { [STACK]: stack }) };
  return Object.entries(wanted)
    .filter(([key, value]) => (value === undefined ? !(key in labels) : labels[key] !== value))
    .map(([key, value]) => ({ object, path: "metadata.labels", found: `it lacks ${key}${value ? ` ${value}` : ""}` }));
}
