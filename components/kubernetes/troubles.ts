import type { Fields } from "./client";

/** A pod as far as it says why it does not run. */
export interface Troubled {
  metadata: { name?: string };
  status?: Fields;
}

/** States of a container that passes through them by itself. */
const PASSING = ["ContainerCreating", "PodInitializing", "Completed"];

/** Why pods do not run, as Kubernetes says it, each reason once, with the image that it is about. */
export function troublesOf(pods: Troubled[]): string[] {
  return [...new Set(pods.flatMap(({ status = {} }) => [...ofPod(status), ...ofContainers(status)]))];
}

function ofPod({ phase, reason, message, conditions = [] }: Fields): string[] {
  const unscheduled = (conditions as Fields[]).filter((it) => it.type === "PodScheduled" && it.status === "False");
  return [
    ...unscheduled.map((it) => said(it.reason, it.message)),
    // As when its node ran out of something.
    ...(phase === "Failed" && reason ? [said(reason, message)] : []),
  ];
}

function ofContainers({ initContainerStatuses = [], containerStatuses = [] }: Fields): string[] {
  return [...(initContainerStatuses as Fields[]), ...(containerStatuses as Fields[])].flatMap(
    ({ image, state, lastState }): string[] => {
      const { reason, message } = (state?.waiting ?? {}) as Fields;
      const ended = (state?.terminated ?? lastState?.terminated) as Fields | undefined;
      const exit =
        ended && ended.exitCode !== 0 ? ` (it ended with ${String(ended.exitCode)}, ${String(ended.reason)})` : "";
      if (!reason) return state?.terminated && exit ? [`${String(image)}${exit}`] : [];
      if (PASSING.includes(reason as string)) return [];
      const text = said(reason, message);
      return [`${image && !text.includes(image as string) ? `${text}, image ${String(image)}` : text}${exit}`];
    },
  );
}

function said(reason: unknown, message: unknown): string {
  return [reason, message].filter(Boolean).join(": ");
}

const REMEDIES: [says: RegExp, remedy: string][] = [
  [
    /ImagePull|ErrImage|InvalidImageName|failed to pull|pull(ing)? image/i,
    "say in images, imageMirror or platform.*.manifests where the image is, and give the nodes the right to pull it; an offline folder has to hold it",
  ],
  [/exceeded quota|ExceededResourceQuota/i, "raise the namespace's ResourceQuota, or end what uses it up"],
  [
    /Unschedulable|nodes are available|ExceededNodeResources/i,
    "give the nodes (or the container engine) what is said to be lacking, or the stack other nodes",
  ],
  [/OOMKilled|Evicted/i, "give the nodes, or the container engine, more memory or disk"],
  [/CrashLoopBackOff|RunContainerError|it ended with/i, "look at its log: kubectl logs --previous"],
  [/CreateContainerConfigError|FailedMount/i, "make the Secret, ConfigMap or volume that it names"],
];

/** What to do about a reason; absent where it may go by itself. */
export function remedyFor(text: string): string | undefined {
  return REMEDIES.find(([says]) => says.test(text))?.[1];
}
