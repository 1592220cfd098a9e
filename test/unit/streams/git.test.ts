import assert from "node:assert/strict";
import type { Manifest } from "../../../components/kubernetes/object";
import { checkRun } from "../../../components/pipelines/check-run";
import { loadPipelines } from "../../../components/pipelines/load";
import type { PipelineRun } from "../../../components/pipelines/tekton";
import { renderEvents } from "../../../components/streams/events/events";
import { webAddress } from "../../../components/streams/events/git";
import { planStream } from "../../../components/streams/scos/plan";
import { type BuildSettings } from "../../../components/streams/settings";
import type { Stream } from "../../../components/streams/scos/stream";
import { created, find } from "./created";
import { BASE_NODE, KIND, LIBRARY, ONE_STAGE, SETTINGS } from "./samples";

const PLACE = { namespace: "okd-coreos", labels: { "okd-streams.io/stack": "kind" } };
const RPMS: Stream = { ...BASE_NODE, rpmsFrom: { image: "quay.io/okd/artifacts:4.20" } };
const COMMIT = "1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d";
const objects = loadPipelines(["pipelines/coreos", "pipelines/multi-arch", "pipelines/notifications"]).map(
  ({ object }) => object,
);

function render(
  streams: Stream[],
  git = { enabled: true, pullRequests: true },
  changes: Partial<BuildSettings> = {},
  openshift = false,
) {
  const settings = { ...SETTINGS, storageClass: "standard", ...changes };
  const capabilities = { ...KIND, architectures: ["amd64", "arm64"], openshift };
  return renderEvents({
    ...{ place: PLACE, settings, capabilities, library: LIBRARY, layers: [] },
    streams: streams.map((stream) => ({ stream, plan: planStream(stream, capabilities, settings) })),
    ...{ expireAfterHours: 48, reconcileSeconds: 60, replicas: 2, git },
  });
}
const names = (rendered: Manifest[], kind: string): string[] =>
  rendered.flatMap((object) => (object.kind === kind ? [object.metadata.name] : [])).sort();
const ofGit = (rendered: Manifest[], kind: string) => names(rendered, kind).filter((name) => name.startsWith("git"));
const filterOf = (rendered: Manifest[], trigger: string): string =>
  find(rendered, "Trigger", trigger).spec.interceptors[0].params[0].value as string;

interface Group {
  name: string;
  interceptors: { ref: object; params: { name: string; value: unknown }[] }[];
  triggerSelector: { labelSelector: { matchLabels: Record<string, string> } };
}

describe("events of Git hosts", () => {
  it("are taken by nobody where the stack does not say so", () => {
    const rendered = render([RPMS], { enabled: false, pullRequests: false });
    assert.deepEqual(
      ["EventListener", "Trigger", "ServiceAccount"].flatMap((kind) => ofGit(rendered, kind)),
      [],
    );
  });

  it("find one of two Pods while nodes are drained, with room for GitHub's largest", () => {
    const rendered = render([RPMS]);
    const { replicas, spec } = find(rendered, "EventListener", "git").spec.resources.kubernetesResource;
    assert.equal(replicas, 2);
    assert.deepEqual(spec.template.spec.containers[0].resources.limits, { memory: "2Gi" });
    const pods = { "app.kubernetes.io/managed-by": "EventListener", eventlistener: "git" };
    assert.deepEqual(find(rendered, "PodDisruptionBudget", "git-event-listener").spec, {
      maxUnavailable: 1,
      selector: { matchLabels: pods },
    });
    assert.deepEqual(names(render([RPMS], { enabled: false, pullRequests: false }), "PodDisruptionBudget"), []);
  });

  it("come by a Route on OpenShift, and elsewhere by what the user makes", () => {
    const git = { enabled: true, pullRequests: false };
    assert.deepEqual(find(render([RPMS], git, {}, true), "Route", "git"), {
      apiVersion: "route.openshift.io/v1",
      kind: "Route",
      metadata: { name: "git", ...PLACE },
      spec: {
        to: { kind: "Service", name: "el-git", weight: 100 },
        port: { targetPort: "http-listener" },
        tls: { termination: "edge", insecureEdgeTerminationPolicy: "Redirect" },
        wildcardPolicy: "None",
      },
    });
    assert.deepEqual(names(render([RPMS], git), "Route"), []);
  });

  it("are verified by the host's own signature before anything else is looked at", () => {
    const { triggerGroups } = find(render([RPMS]), "EventListener", "git").spec as { triggerGroups: Group[] };
    assert.deepEqual(
      triggerGroups.map(({ name }) => name),
      ["github-push", "github-release", "github-pull-request", "gitlab-push", "gitlab-release", "gitlab-merge-request"],
    );
    for (const { name, interceptors } of triggerGroups) {
      const [host] = name.split("-");
      const [verified, read, ...more] = interceptors;
      assert.deepEqual(verified!.ref, { name: host, kind: "ClusterInterceptor" });
      const [secret, types] = verified!.params;
      assert.deepEqual(secret, { name: "secretRef", value: { secretName: "git-webhooks", secretKey: host } });
      assert.ok(types!.name === "eventTypes" && (types!.value as string[]).length > 0, name);
      assert.deepEqual([read!.ref, more], [{ name: "cel", kind: "ClusterInterceptor" }, []]);
    }
  });

  it("find Triggers by groups, and these bindings and templates that are there", () => {
    const rendered = render([RPMS, ONE_STAGE], undefined, { kvm: "emulate" });
    const groups = (find(rendered, "EventListener", "git").spec as { triggerGroups: Group[] }).triggerGroups;
    const listened = groups.map(({ triggerSelector }) => triggerSelector.labelSelector.matchLabels);
    const triggers = rendered.filter(({ kind, metadata }) => kind === "Trigger" && metadata.name.startsWith("git"));
    assert.deepEqual(triggers.map(({ metadata }) => metadata.name).sort(), [
      "git-4-18-node",
      "git-4-18-node-pull-requests",
      "git-4-20-base",
      "git-4-20-base-pull-requests",
      "git-4-20-node",
      "git-4-20-node-pull-requests",
    ]);
    for (const { metadata, spec } of triggers) {
      const kind = metadata.labels!["okd-streams.io/listener"];
      assert.equal(kind, metadata.name.endsWith("-pull-requests") ? "git-pull-requests" : "git");
      assert.ok(listened.some((labels) => labels["okd-streams.io/listener"] === kind));
      assert.ok(names(rendered, "TriggerTemplate").includes(spec.template.ref), spec.template.ref);
      for (const { ref } of spec.bindings.filter(({ ref }: { ref?: string }) => ref)) {
        assert.ok(names(rendered, "TriggerBinding").includes(ref), ref);
      }
    }
  });

  it("are for a stream by its repository and branch, or by a tag of its version", () => {
    const rendered = render([RPMS]);
    assert.equal(
      filterOf(rendered, "git-4-20-base"),
      "extensions.git.repository == 'https://github.com/coreos/rhel-coreos-config' && " +
        "(extensions.git.ref == 'refs/heads/main' || extensions.git.ref.matches('^refs/tags/v?4[.]20([.-].*)?$'))",
    );
    assert.equal(
      filterOf(rendered, "git-4-20-node-pull-requests"),
      "extensions.git.repository == 'https://github.com/openshift/os' && extensions.git.ref == 'refs/heads/release-4.20'",
    );
    const odd = render([{ ...RPMS, node: { repository: "/srv/o'clock\\os", branch: "main" } }]);
    assert.match(filterOf(odd, "git-4-20-node"), /^extensions\.git\.repository == '\/srv\/o\\'clock\\\\os' && /);
  });

  it("know a repository by whichever address it is cloned from", () => {
    for (const repository of [
      "https://github.com/coreos/rhel-coreos-config",
      "https://github.com/CoreOS/rhel-coreos-config.git",
      "https://github.com/coreos/rhel-coreos-config/",
      "git@github.com:coreos/rhel-coreos-config.git",
      "ssh://git@github.com:22/coreos/rhel-coreos-config.git",
      "ssh://github.com/coreos/rhel-coreos-config",
    ]) {
      assert.equal(webAddress(repository), "https://github.com/coreos/rhel-coreos-config");
    }
    assert.equal(webAddress("http://git.example:8080/group/os.git"), "http://git.example:8080/group/os");
    assert.equal(webAddress("file:///rehearsal/os.git"), "file:///rehearsal/os");
  });

  it("ask for one build of a commit, by a name that is there once", () => {
    const rendered = render([RPMS]);
    const event = { extensions: { git: { build: "push-1a2b3c4d5e6f", commit: COMMIT } } };
    const [request, ...others] = created<Manifest>(rendered, "git-4-20-base", event);
    assert.deepEqual(others, []);
    assert.deepEqual(request, {
      apiVersion: "tekton.dev/v1",
      kind: "TaskRun",
      metadata: {
        name: "git-4-20-base-push-1a2b3c4d5e6f",
        labels: { "okd-streams.io/stream": "4.20", "okd-streams.io/build": "push-1a2b3c4d5e6f" },
      },
      spec: {
        serviceAccountName: "requester",
        taskRef: { name: "request-build", kind: "Task" },
        timeout: "1h0m0s",
        params: [
          { name: "version", value: "4.20" },
          { name: "build-id", value: "push-1a2b3c4d5e6f" },
          { name: "commits", value: `base=${COMMIT}` },
        ],
      },
    });
    assert.deepEqual(created<Manifest>(rendered, "git-4-20-base", event), [request]);
  });

  it("have an account that creates what their Triggers do, and no more", () => {
    const rights = (pullRequests: boolean) =>
      (
        find(render([RPMS], { enabled: true, pullRequests }), "Role", "git-event-listener") as unknown as {
          rules: { resources: string[]; verbs: string[] }[];
        }
      ).rules
        .filter(({ verbs }) => verbs.includes("create"))
        .map(({ resources }) => resources.join());
    assert.deepEqual(rights(false), ["taskruns", "events"]);
    assert.deepEqual(rights(true), ["taskruns,pipelineruns", "events"]);
  });

  describe("of pull requests", () => {
    const event = { extensions: { git: { build: "pr-7-1a2b3c4d5e6f", commit: COMMIT, branch: "fix" } } };
    const everything: Partial<BuildSettings> = {
      registry: { address: "quay.io", insecure: false, credentialsSecret: "push" },
      s3: { bucket: "b", endpoint: "https://s3.example", secret: "s3" },
      matrix: { room: "!r:m", endpoint: "https://m.example", secret: "bot" },
    };
    const param = (run: PipelineRun, name: string) => run.spec.params.find((one) => one.name === name)?.value;

    it("are off by themselves", () => {
      const rendered = render([RPMS], { enabled: true, pullRequests: false });
      assert.deepEqual(ofGit(rendered, "Trigger"), ["git-4-20-base", "git-4-20-node"]);
    });

    it("build the head on a volume of its own, with no Secret, pushed nowhere and told to nobody", () => {
      for (const source of ["base", "node"]) {
        const rendered = render([RPMS], undefined, everything);
        const runs = created(rendered, `git-4-20-${source}-pull-requests`, event);
        assert.deepEqual(
          runs.map(({ metadata }) => metadata.name),
          ["okd-coreos-4-20-amd64-pr-7-1a2b3c4d5e6f", "okd-coreos-4-20-arm64-pr-7-1a2b3c4d5e6f"],
        );
        for (const run of runs) {
          assert.deepEqual(checkRun(run, objects), []);
          assert.equal(param(run, `${source}-branch`), "fix");
          assert.equal(param(run, `${source}-commit`), COMMIT);
          assert.equal(
            param(run, source === "base" ? "node-branch" : "base-branch"),
            source === "base" ? "release-4.20" : "main",
          );
          for (const upload of ["upload-container-images", "upload-bootimages", "notify-matrix"]) {
            assert.ok([undefined, "false"].includes(param(run, upload) as string | undefined), upload);
          }
          assert.deepEqual([param(run, "build-id"), param(run, "event-listener")], [undefined, undefined]);
          assert.deepEqual(run.spec.workspaces, [
            {
              name: "shared-workspace",
              volumeClaimTemplate: {
                spec: {
                  accessModes: ["ReadWriteOnce"],
                  storageClassName: "standard",
                  resources: { requests: { storage: "40Gi" } },
                },
              },
            },
          ]);
          assert.doesNotMatch(JSON.stringify(run), /"secret"|"push"|"s3"|"bot"/);
        }
      }
    });

    it("are not built of a node image whose RPMs only a Secret gives", () => {
      const rendered = render([{ ...BASE_NODE, rpmsFrom: { secret: "repositories" } }]);
      assert.deepEqual(ofGit(rendered, "Trigger"), ["git-4-20-base", "git-4-20-base-pull-requests", "git-4-20-node"]);
      const [run] = created(rendered, "git-4-20-base-pull-requests", event);
      assert.doesNotMatch(JSON.stringify(run), /repositories/);
    });
  });
});
