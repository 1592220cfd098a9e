import assert from "node:assert/strict";
import { INTERCEPTORS } from "../../../components/gate/objects";
import { finishedSchema, listTag } from "../../../components/programs/events/build";
import { Interceptor } from "../../../components/programs/gate/interceptor";
import { signEvent } from "../../../components/programs/events/envelope";
import type { Manifest } from "../../../components/kubernetes/object";
import { checkRun } from "../../../components/pipelines/check-run";
import { loadPipelines } from "../../../components/pipelines/load";
import type { RequestSettings } from "../../../components/programs/requests/request";
import type { PipelineRun, TaskSpec } from "../../../components/pipelines/tekton";
import { type RenderEventsArgs, renderEvents, renderGateStreams } from "../../../components/streams/events/events";
import type { Spoke } from "../../../components/streams/events/schema";
import { planStream } from "../../../components/streams/scos/plan";
import { type BuildSettings } from "../../../components/streams/settings";
import type { Stream } from "../../../components/streams/scos/stream";
import { created, find } from "./created";
import { BASE_NODE, KIND, LAYER, LIBRARY, ONE_STAGE, SETTINGS } from "./samples";

const PLACE = { namespace: "okd-coreos", labels: { "okd-streams.io/stack": "kind" } };
const RPMS = { rpmsFrom: { image: "quay.io/okd/artifacts:4.20" } };
const objects = loadPipelines(
  ["coreos", "layering", "signatures", "multi-arch", "notifications"].map((set) => `pipelines/${set}`),
).map(({ object }) => object);

function argsFor(
  streams: Stream[],
  changes: Partial<BuildSettings> = {},
  architectures = ["amd64", "arm64"],
  clusters: Pick<RenderEventsArgs, "hub" | "spokes"> = {},
) {
  const elsewhere = clusters.spokes?.flatMap((spoke) => spoke.architectures);
  const settings = { ...SETTINGS, ...changes, elsewhere };
  const capabilities = { ...KIND, architectures };
  return {
    ...{ place: PLACE, settings, capabilities, library: LIBRARY, layers: [] },
    streams: streams.map((stream) => ({ stream, plan: planStream(stream, capabilities, settings) })),
    ...{ expireAfterHours: 48, reconcileSeconds: 60, replicas: 2, ...clusters },
  } satisfies RenderEventsArgs;
}
const render = (...args: Parameters<typeof argsFor>): Manifest[] => renderEvents(argsFor(...args));
const param = (run: PipelineRun, name: string) => run.spec.params.find((one) => one.name === name)?.value;

describe("events of a stack", () => {
  it("name nothing that is not there", () => {
    const rendered = render([{ ...BASE_NODE, schedule: "0 3 * * *" }, ONE_STAGE], { rehearsal: true });
    const names = (kind: string) =>
      rendered.filter((object) => object.kind === kind).map(({ metadata }) => metadata.name);
    const listener = find(rendered, "EventListener", "builds");
    for (const { metadata, spec } of rendered.filter(({ kind }) => kind === "Trigger")) {
      assert.equal(
        metadata.labels!["okd-streams.io/listener"],
        listener.spec.labelSelector.matchLabels["okd-streams.io/listener"],
      );
      assert.ok(names("TriggerTemplate").includes(spec.template.ref), spec.template.ref);
      for (const { ref } of spec.bindings) assert.ok(names("TriggerBinding").includes(ref), ref);
      const [first, ...others] = spec.interceptors as { ref: { name: string; kind: string } }[];
      assert.ok(
        (Object.values(INTERCEPTORS) as string[]).includes(first!.ref.name),
        "the gate is asked before all else",
      );
      assert.equal(first!.ref.kind, "NamespacedInterceptor");
      assert.ok(others.every(({ ref }) => ref.name === "cel" && ref.kind === "ClusterInterceptor"));
    }
    assert.deepEqual(names("Trigger").sort(), ["build-4-18", "build-4-20", "compose-manifest-list"]);
    assert.ok(rendered.every(({ metadata }) => metadata.namespace === "okd-coreos"));
  });

  it("start one run per architecture, which the Pipelines take, by names that are there once", () => {
    for (const [stream, rehearsal] of [
      [{ ...BASE_NODE, ...RPMS }, false],
      [BASE_NODE, true],
      [ONE_STAGE, true],
    ] as const) {
      const rendered = render([stream], { rehearsal, kvm: "emulate" }, ["amd64", "ppc64le"]);
      const trigger = `build-${stream.version.replace(".", "-")}`;
      const event = { body: { buildId: "periodic-202611240030" } };
      const runs = created(rendered, trigger, event);
      assert.deepEqual(
        runs.flatMap((run) => checkRun(run, objects)),
        [],
      );
      const names = runs.map(({ metadata }) => metadata.name!);
      assert.deepEqual(
        names,
        ["amd64", "ppc64le"].map(
          (architecture) =>
            `${rehearsal ? "rehearsal-" : ""}okd-coreos-4-${stream.version.slice(2)}-${architecture}-periodic-202611240030`,
        ),
      );
      assert.deepEqual(
        runs.map((run) => param(run, "build-id")),
        ["periodic-202611240030", "periodic-202611240030"],
      );
      assert.equal(param(runs[0]!, "event-listener"), "http://el-builds.okd-coreos.svc:8080");
      assert.deepEqual(created(rendered, trigger, event), runs, "a repetition is the same runs");
    }
  });

  it("build the commits that are asked for, and the branches' heads where none are", () => {
    const commits = { base: "a".repeat(40), node: "b".repeat(40) };
    const rendered = render([BASE_NODE, ONE_STAGE], { kvm: "emulate" }, ["amd64"]);
    const pinned = (trigger: string, body: object) => {
      const [run] = created(rendered, trigger, { body: { buildId: "x", ...body } });
      return ["base-commit", "node-commit", "commit"].map((name) => param(run!, name));
    };
    assert.deepEqual(pinned("build-4-20", { commits }), [commits.base, commits.node, undefined]);
    assert.deepEqual(pinned("build-4-20", { commits: { node: commits.node } }), ["", commits.node, undefined]);
    assert.deepEqual(pinned("build-4-20", {}), ["", "", undefined]);
    assert.deepEqual(pinned("build-4-18", { commits }), [undefined, undefined, commits.node]);
  });

  it("keep names within what a label holds, with the longest id that the filter lets pass", () => {
    const rendered = render([BASE_NODE], { rehearsal: true }, ["ppc64le"]);
    const { params } = find(rendered, "Trigger", "build-4-20").spec.interceptors[1] as { params: { value: string }[] };
    const pattern = /body\.buildId\.matches\('(.+?)'\)/.exec(params[0]!.value)![1]!;
    const longest = "a".repeat(24);
    assert.ok(new RegExp(pattern).test(longest) && !new RegExp(pattern).test(`${longest}a`));
    const hint = { ...{ schema: 1, type: "build-finished", stream: "s", version: "4.20" }, architecture: "amd64" };
    assert.ok(finishedSchema.safeParse({ ...hint, buildId: longest }).success);
    assert.ok(!finishedSchema.safeParse({ ...hint, buildId: `${longest}a` }).success);
    const [run] = created(rendered, "build-4-20", { body: { buildId: longest } });
    assert.ok(run!.metadata.name!.length <= 63, run!.metadata.name);
  });

  it("start a layer by its name, on this cluster's architectures, and know when it is whole", () => {
    const layer = { ...LAYER, architectures: ["amd64", "arm64"] };
    const args = { ...argsFor([BASE_NODE], { rehearsal: true }, ["amd64"]), layers: [layer] };
    const rendered = renderEvents(args);
    const filter = find(rendered, "Trigger", "build-layer-crio").spec.interceptors[1].params[0].value as string;
    assert.match(filter, /^has\(body\.stream\) && body\.stream == 'layer-crio' && .*body\.version == '4\.20' && /);
    const [run, ...others] = created(rendered, "build-layer-crio", { body: { buildId: "by-hand-1" } });
    assert.deepEqual([others, checkRun(run!, objects)], [[], []]);
    assert.equal(run!.metadata.name, "rehearsal-layer-crio-amd64-by-hand-1");
    assert.equal(param(run!, "build-id"), "by-hand-1");
    assert.equal(param(run!, "event-listener"), "http://el-builds.okd-coreos.svc:8080");
    const records = "layer-crio-records-rehearsal";
    assert.equal(param(run!, "records"), records);
    assert.deepEqual(renderGateStreams(args)[1], {
      ...{ stream: "layer-crio", version: "4.20", architectures: ["amd64", "arm64"], images: ["layer-crio"] },
      ...{ records, label: "layer-crio", expireAfterHours: 48, rehearsal: true },
    });
  });

  it("compose what the gate says, into the stack's registry, by a name that is there once", async () => {
    const build = { stream: "okd-coreos", version: "4.20", buildId: "periodic-202611240030" };
    const digest = `sha256:${"a".repeat(64)}`;
    const verdict = {
      ...{ outcome: "compose" as const, message: "all", arrived: ["amd64", "arm64"], missing: [] },
      composition: {
        sources: { "stream-coreos": { amd64: digest, arm64: digest } },
        ...{ tag: listTag(build), label: "layer-crio", bootImages: ["s3://okd/next/builds/1/x86_64"], attempt: 1 },
      },
    };
    const gate = { decide: () => Promise.resolve(verdict), repository: (name: string) => `okd/${name}` };
    const body = JSON.stringify({ schema: 1, type: "build-finished", ...build, architecture: "arm64" });
    const signed = Object.entries(signEvent(body, "k", new Date())).map(([name, value]) => [name, [value]]);
    const header = Object.fromEntries(signed) as Record<string, string[]>;
    const { answer } = await new Interceptor(gate, () => ["k"]).complete(JSON.stringify({ body, header }));
    assert.ok(answer.continue);
    const credentialsSecret = "push";
    const rendered = render([BASE_NODE], {
      registry: { address: "kind-registry:5000", insecure: true, credentialsSecret },
      s3: { bucket: "okd", endpoint: "https://s3.example", secret: "s3" },
    });
    const [run, ...others] = created(rendered, "compose-manifest-list", answer);
    assert.deepEqual([others, checkRun(run!, objects)], [[], []]);
    assert.equal(run!.metadata.name, "compose-okd-coreos-4-20-periodic-202611240030");
    // What clean-up knows it by: a layer's is none of the operating system's.
    assert.equal(run!.metadata.labels?.["okd-streams.io/stream"], "layer-crio");
    assert.deepEqual(Object.fromEntries(run!.spec.params.map(({ name, value }) => [name, value])), {
      registry: "kind-registry:5000",
      sources: `okd/stream-coreos amd64 ${digest} okd/stream-coreos arm64 ${digest}`,
      architectures: "amd64 arm64",
      tag: "4.20-periodic-202611240030",
      "boot-images": "s3://okd/next/builds/1/x86_64",
      "s3-endpoint-url": "https://s3.example",
      "insecure-registries": "kind-registry:5000",
    });
    assert.deepEqual(run!.spec.workspaces, [
      { name: "registry-credentials", secret: { secretName: "push" } },
      { name: "s3-credentials", secret: { secretName: "s3" } },
    ]);
  });

  it("make a build complete by the architectures that the stack wants, also those of other clusters", () => {
    const streams = [{ ...BASE_NODE, ...RPMS, architectures: ["s390x", "amd64"] }];
    assert.deepEqual(renderGateStreams(argsFor(streams, {}, ["amd64"])), [
      {
        ...{ stream: "okd-coreos", version: "4.20", architectures: ["amd64", "s390x"] },
        images: ["stream-coreos-base", "stream-coreos", "stream-coreos-extensions"],
        label: "4.20",
        ...{ records: "okd-coreos-records", expireAfterHours: 48, rehearsal: false },
      },
    ]);
    const rehearsal = argsFor([BASE_NODE], { rehearsal: true });
    assert.deepEqual(
      renderGateStreams(rehearsal).map(({ records, images }) => ({ records, images })),
      [{ records: "okd-coreos-records-rehearsal", images: ["stream-coreos-base"] }],
    );
    const [run] = created(renderEvents(rehearsal), "build-4-20", { body: { buildId: "x" } });
    assert.equal(param(run!, "records"), "okd-coreos-records-rehearsal", "runs leave records where the gate looks");
  });
});

describe("periodics", () => {
  it("are one CronJob for each stream with a schedule that can be built", () => {
    const streams = [
      { ...BASE_NODE, schedule: "0 3 * * *" },
      { ...BASE_NODE, version: "4.21" },
      { ...ONE_STAGE, schedule: "@daily" },
    ];
    const jobs = render(streams).filter(({ kind }) => kind === "CronJob");
    assert.deepEqual(
      jobs.map(({ metadata, spec }) => [metadata.name, spec.schedule, spec.concurrencyPolicy]),
      [["build-4-20", "0 3 * * *", "Forbid"]],
    );
    const pod = jobs[0]!.spec.jobTemplate.spec.template.spec;
    assert.deepEqual(
      [pod.serviceAccountName, pod.securityContext.runAsNonRoot, pod.containers[0].securityContext],
      [
        "requester",
        true,
        { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
      ],
    );
  });
});

describe("several clusters", () => {
  const SPOKES: Spoke[] = [
    { architectures: ["arm64"], address: "https://arm.example", secret: "arm", recordKey: "ARM" },
    { architectures: ["ppc64le", "s390x"], address: "https://z.example", secret: "z", recordKey: "Z" },
  ];
  const HUB = { address: "https://hub.example", secret: "hub" };

  it("have the hub ask, build what is its own, and require what all of them build", () => {
    const streams = [BASE_NODE, { ...BASE_NODE, version: "4.21", architectures: ["s390x"], schedule: "@daily" }];
    const args = argsFor(streams, {}, ["amd64", "arm64"], { spokes: SPOKES });
    const rendered = renderEvents(args);
    const runs = created(rendered, "build-4-20", { body: { buildId: "x" } });
    assert.deepEqual(
      runs.map(({ metadata }) => metadata.name),
      ["okd-coreos-4-20-amd64-x"],
    );
    assert.deepEqual(
      renderGateStreams(args).map(({ architectures }) => architectures),
      [["amd64", "arm64", "ppc64le", "s390x"], ["s390x"]],
    );
    const { versions } = JSON.parse(
      find(rendered, "ConfigMap", "request-build").data["settings.json"] as string,
    ) as RequestSettings;
    const here = {
      address: "http://el-builds.okd-coreos.svc:8080",
      keys: "/keys/keys",
      runs: ["okd-coreos-4-20-amd64"],
    };
    const [arm, z] = SPOKES.map(({ address, secret }) => ({ address, keys: `/keys/clusters/${secret}` }));
    assert.deepEqual(versions["4.20"]!.listeners, [here, arm, z]);
    assert.deepEqual(versions["4.21"]!.listeners, [z], "nothing of it is built here, nor on arm64");
    const { volumes } = find(rendered, "Task", "request-build").spec as TaskSpec;
    const cronJob = find(rendered, "CronJob", "build-4-21").spec.jobTemplate.spec.template.spec;
    assert.deepEqual(volumes, cronJob.volumes);
    const files = (volumes as { projected?: { sources: { secret: { name: string; items: { path: string }[] } }[] } }[])
      .flatMap(({ projected }) => projected?.sources ?? [])
      .map(({ secret }) => [secret.name, secret.items[0]!.path]);
    assert.deepEqual(files, [
      ["event-signing-keys", "keys"],
      ["arm", "clusters/arm"],
      ["z", "clusters/z"],
    ]);
  });

  it("have a spoke run what it is asked for, tell the hub, and decide nothing", () => {
    const args = argsFor([BASE_NODE], {}, ["arm64"], { hub: HUB });
    const rendered = renderEvents(args);
    assert.deepEqual(rendered.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort(), [
      "EventListener builds",
      "NetworkPolicy event-listeners",
      "Trigger build-4-20",
      "TriggerBinding requested-build",
      "TriggerTemplate build-4-20",
    ]);
    const [run] = created(rendered, "build-4-20", { body: { buildId: "x" } });
    assert.equal(param(run!, "event-listener"), HUB.address);
    assert.equal(param(run!, "signing-secret"), HUB.secret);
    assert.equal(
      param(run!, "records"),
      param(created(render([BASE_NODE]), "build-4-20", { body: { buildId: "x" } })[0]!, "records"),
    );
    assert.deepEqual(renderGateStreams(args), []);
  });

  it("are let in by NetworkPolicies, for their signatures to be looked at", () => {
    for (const clusters of [{ spokes: SPOKES }, { hub: HUB }]) {
      const policy = find(renderEvents(argsFor([], {}, ["amd64"], clusters)), "NetworkPolicy", "event-listeners");
      assert.deepEqual(policy.spec.ingress[0], { ports: [{ port: 8080 }] });
    }
  });
});

describe("requests for builds", () => {
  const settings = (rendered: Manifest[]) =>
    JSON.parse(find(rendered, "ConfigMap", "request-build").data["settings.json"] as string) as RequestSettings;

  it("can be made for what is built, of its own sources", () => {
    const { base, node } = BASE_NODE;
    const rendered = render([BASE_NODE, ONE_STAGE, { ...BASE_NODE, version: "4.21", architectures: ["s390x"] }], {
      rehearsal: true,
    });
    const here = { address: "http://el-builds.okd-coreos.svc:8080", keys: "/keys/keys" };
    const listeners = (runs: string) => [{ ...here, runs: ["amd64", "arm64"].map((arch) => `${runs}-${arch}`) }];
    assert.deepEqual(settings(rendered), {
      stream: "okd-coreos",
      versions: {
        "4.20": { sources: { base, node }, listeners: listeners("rehearsal-okd-coreos-4-20") },
        "4.18": { sources: { node: ONE_STAGE.node }, listeners: listeners("rehearsal-okd-coreos-4-18") },
      },
    });
  });

  it("see the runs that they start, by the names that these have", () => {
    const rendered = render([{ ...BASE_NODE, schedule: "@daily" }]);
    const { runs } = settings(rendered).versions["4.20"]!.listeners[0]!;
    const started = created(rendered, "build-4-20", { body: { buildId: "x" } });
    assert.deepEqual(
      runs!.map((run) => `${run}-x`),
      started.map(({ metadata }) => metadata.name),
    );
    const { rules } = find(rendered, "Role", "requester");
    assert.deepEqual(rules, [{ apiGroups: ["tekton.dev"], resources: ["pipelineruns"], verbs: ["get"] }]);
  });

  it("are made by one Task and by CronJobs, with the same program, files and keys", () => {
    const rendered = render([{ ...BASE_NODE, schedule: "@daily" }]);
    const task = find(rendered, "Task", "request-build").spec as TaskSpec;
    const { containers, volumes } = find(rendered, "CronJob", "build-4-20").spec.jobTemplate.spec.template.spec;
    for (const field of ["image", "command", "volumeMounts"] as const) {
      assert.deepEqual(task.steps[0]![field], containers[0][field]);
    }
    assert.deepEqual(task.volumes, volumes);
    const asked = (env: { name: string; value?: string }[]) =>
      env.filter(({ name }) => /^RUNS|^TOKEN|^NODE/.test(name));
    const ofTask = JSON.stringify(asked(task.steps[0]!.env!)).replace("$(context.taskRun.namespace)", "okd-coreos");
    assert.deepEqual(JSON.parse(ofTask), asked(containers[0].env));
  });
});
