import { GIT_LISTENER, listenerService } from "./triggers";
import { type GitEventSettings } from "./schema";
import { LISTENER_PODS } from "../../kubernetes/network";
import type { Manifest } from "../../kubernetes/object";
import type { PipelineRun } from "../../pipelines/tekton";
import { renderRoute } from "../../openshift/route";
import { type PlannedStream, planStream, runs } from "../scos/plan";
import { renderListenerAccess } from "../../workplace/accounts";
import { type Place } from "../../workplace/place";
import { type BuildSettings, pushTarget } from "../settings";
import { renderPipelineRun, rpmRepository, runName } from "../scos/run";
import type { RpmSource } from "../scos/schema";
import { imageTag, type Stream } from "../scos/stream";

export interface GitEventsArgs {
  place: Place;
  settings: BuildSettings;
  /** Of which some cluster builds something. */
  streams: PlannedStream[];
  git: GitEventSettings;
  /** Users and groups are given by OpenShift, not by us. @default false */
  openshift?: boolean;
}

type SourceName = "base" | "node";

interface PlannedSource extends PlannedStream {
  name: SourceName;
}

/** What depends on a stream: for each of its sources a Trigger, and one for pull requests where these are built. */
export function renderGitEvents(args: GitEventsArgs): Manifest[] {
  const { place, streams, git, openshift = false } = args;
  const creates = ["taskruns", ...(git.pullRequests ? ["pipelineruns"] : [])];
  const sources = streams.flatMap((planned) => sourcesOf(planned).map((name): PlannedSource => ({ ...planned, name })));
  return [
    ...renderListenerAccess("git-event-listener", creates, place, openshift),
    renderDisruptionBudget(place),
    ...(openshift ? [renderListenerRoute(place)] : []),
    ...sources.map(({ stream, name }) => renderBuildTrigger(stream, name, place)),
    ...(git.pullRequests ? sources.flatMap((source) => renderPullRequests(source, args)) : []),
  ];
}

/** Of its two Pods (pipelines/git/listener.yaml) one stays while nodes are drained. */
function renderDisruptionBudget({ namespace, labels }: Place): Manifest {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "git-event-listener", namespace, labels },
    spec: { maxUnavailable: 1, selector: { matchLabels: { ...LISTENER_PODS, eventlistener: GIT_LISTENER } } },
  };
}

/** The way of Git hosts to it: their signature says who they are. */
function renderListenerRoute(place: Place): Manifest {
  return renderRoute({
    ...place,
    name: GIT_LISTENER,
    service: listenerService(GIT_LISTENER),
    port: "http-listener",
    tls: "edge",
  });
}

function sourcesOf({ plan }: PlannedStream): SourceName[] {
  return plan.recipe === "base-node" ? ["base", "node"] : ["node"];
}

/** Asks for a build of a branch's new commit, and of a tag or release that names the stream's version. */
function renderBuildTrigger(stream: Stream, name: SourceName, place: Place): Manifest {
  const { repository, branch } = stream[name]!;
  const { version } = stream;
  const ref = "extensions.git.ref";
  const tag = `^refs/tags/v?${version.replace(".", "[.]")}([.-].*)?$`;
  return renderTrigger(triggerName(stream, name), place, {
    listens: "git",
    filter: `${from(repository)} && (${ref} == ${quoted(`refs/heads/${branch}`)} || ${ref}.matches(${quoted(tag)}))`,
    bindings: [
      { ref: "git-event", kind: "TriggerBinding" },
      ...Object.entries({ trigger: triggerName(stream, name), version, source: name }).map(([param, value]) => ({
        name: param,
        value,
      })),
    ],
    template: "git-request-build",
  });
}

/**
 * Builds the head of a pull request: without Secrets, on a volume of its own, pushed nowhere and told to nobody. Its
 * author may push to the repository (listener.yaml): a build runs what the sources say, by steps that are privileged.
 */
function renderPullRequests(source: PlannedSource, args: GitEventsArgs): Manifest[] {
  const { stream, plan, name } = source;
  const resourcetemplates = plan.architectures.flatMap(
    (architecture) => renderTestRun(source, architecture, args) ?? [],
  );
  if (resourcetemplates.length === 0) return [];
  const trigger = `${triggerName(stream, name)}-pull-requests`;
  const { repository, branch } = stream[name]!;
  const { namespace, labels } = args.place;
  return [
    {
      apiVersion: "triggers.tekton.dev/v1beta1",
      kind: "TriggerTemplate",
      metadata: { name: trigger, namespace, labels },
      spec: { params: ["build-id", "commit", "branch"].map((param) => ({ name: param })), resourcetemplates },
    },
    renderTrigger(trigger, args.place, {
      listens: "git-pull-requests",
      filter: `${from(repository)} && extensions.git.ref == ${quoted(`refs/heads/${branch}`)}`,
      bindings: [{ ref: "git-pull-request", kind: "TriggerBinding" }],
      template: trigger,
    }),
  ];
}

/** @returns nothing where it would build nothing of that source: a node image whose RPMs only a Secret gives */
function renderTestRun(
  { stream, plan, name }: PlannedSource,
  architecture: string,
  { place, settings: builds }: GitEventsArgs,
): PipelineRun | undefined {
  const tested: Stream = {
    ...stream,
    rpmsFrom: rpmsOfTests(stream, architecture, builds),
    [name]: { ...stream[name]!, branch: "$(tt.params.branch)" },
  };
  const { kvm, rehearsal, registry, storageClass, nodes } = builds;
  const settings: BuildSettings = {
    ...{ kvm, rehearsal, storageClass, nodes, push: { enabled: false } },
    ...(registry && { registry: { ...registry, credentialsSecret: undefined, pullSecret: undefined } }),
  };
  const tests = planStream(tested, { architectures: [architecture], kvm: plan.kvm === "device" }, settings);
  if (plan.recipe === "base-node" && name === "node" && !runs(tests, "node image")) return undefined;
  const run = renderPipelineRun(tested, {
    ...{ plan: tests, settings, architecture, ...place },
    name: `${runName(stream, architecture, plan.rehearsal)}-$(tt.params.build-id)`,
  });
  const commit = { name: plan.recipe === "base-node" ? `${name}-commit` : "commit", value: "$(tt.params.commit)" };
  // The Pipeline's default would be mounted wherever a Secret is called so.
  const none = plan.recipe === "one-stage" ? [{ name: "mirror-secret", value: "none-for-pull-requests" }] : [];
  return { ...run, spec: { ...run.spec, params: [...run.spec.params, commit, ...none] } };
}

/** RPMs of a run that pushes nothing and gets no Secret: those of an image, or the newest that the stream's own runs have built. */
function rpmsOfTests(stream: Stream, architecture: string, settings: BuildSettings): RpmSource {
  const { rpmsFrom } = stream;
  if (rpmsFrom && "image" in rpmsFrom) return rpmsFrom;
  const built = rpmsFrom && "build" in rpmsFrom && rpmsFrom.build && settings.push.enabled && pushTarget(settings);
  return built
    ? { image: `${rpmRepository(settings)}:${imageTag(stream, architecture, settings.rehearsal)}` }
    : { build: false };
}

interface TriggerSpec {
  /** Value of the label by which groups of listener.yaml find the Trigger. */
  listens: "git" | "git-pull-requests";
  filter: string;
  bindings: object[];
  template: string;
}

function renderTrigger(name: string, { namespace, labels }: Place, spec: TriggerSpec): Manifest {
  return {
    apiVersion: "triggers.tekton.dev/v1beta1",
    kind: "Trigger",
    metadata: { name, namespace, labels: { ...labels, "okd-streams.io/listener": spec.listens } },
    spec: {
      interceptors: [
        {
          name: "source",
          ref: { name: "cel", kind: "ClusterInterceptor" },
          params: [{ name: "filter", value: spec.filter }],
        },
      ],
      bindings: spec.bindings,
      template: { ref: spec.template },
    },
  };
}

/** Name of what a source's events start: `git-4-21-node`. */
function triggerName({ version }: Stream, source: SourceName): string {
  return `git-${version.replace(".", "-")}-${source}`;
}

/** Holds for events of that repository, in CEL. */
function from(repository: string): string {
  return `extensions.git.repository == ${quoted(webAddress(repository))}`;
}

/**
 * A repository's address as Git hosts write it in events, in lower case: `https://github.com/coreos/rhel-coreos-config` for
 * what is cloned as `git@github.com:coreos/rhel-coreos-config.git`.
 */
export function webAddress(repository: string): string {
  const [, host, path] =
    /^ssh:\/\/(?:[^@/]+@)?([^:/]+)(?::\d+)?\/(.+)$/.exec(repository) ??
    /^[^@/:]+@([^:/]+):(.+)$/.exec(repository) ??
    [];
  const address = host && path ? `https://${host}/${path}` : repository;
  return address
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .toLowerCase();
}

/** A text in CEL. */
function quoted(value: string): string {
  return `'${value.replace(/[\\']/g, "\\$&")}'`;
}
