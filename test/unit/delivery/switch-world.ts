import assert from "node:assert/strict";
import { renderApplication } from "../../../components/delivery/application";
import { forArgoCd } from "../../../components/delivery/delivered";
import { type Deliverer, handsOf } from "../../../components/delivery/hands";
import type { KubeObject, Ref } from "../../../components/kubernetes/client";
import { FIELD_MANAGER, type Manifest, objectName, typeToken } from "../../../components/kubernetes/object";
import { keyOf } from "../../../stacks/commands/delivery/git";
import type { Means } from "../../../stacks/commands/delivery/steps";
import type { Deployment } from "../../../stacks/commands/engine/adopt";

/** What a process that is ended throws nowhere else. */
export class Killed extends Error {}

const PLACE = { repository: "https://git.example/rendered.git", revision: "rendered", path: "rendered/kind" };
const COMMIT = "c0ffee".padEnd(40, "0");
const SETS = { urn: "urn:sets", type: "okd-streams:streams:CoreosStreams" };
const ARGO = "argocd-controller";
const TRACKING = "argocd.argoproj.io/tracking-id";

const object = (kind: string, namespace: string, name: string, more: object): Manifest => ({
  ...{ apiVersion: kind === "ConfigMap" ? "v1" : "tekton.dev/v1", kind, metadata: { name, namespace } },
  ...more,
});

/** What the stack's sets have, in two namespaces. */
export const OBJECTS = [
  object("ConfigMap", "okd-coreos", "scripts", { data: { a: "b" } }),
  object("Task", "okd-coreos", "build", { spec: { steps: [] } }),
  object("Pipeline", "okd-coreos", "okd-coreos", { spec: { tasks: [] } }),
  object("Task", "okd-release", "release", { spec: { steps: [] } }),
];

/** An object in the cluster: its uid, and who owns which of its fields. */
interface Live {
  uid: string;
  content: Set<string>;
  /** The annotations of Pulumi's. */
  pulumi: Set<string>;
  /** The annotations of Argo CD's: the Application that they name. */
  argo: Set<string>;
  application?: string;
}

interface State {
  objects: Map<string, { retained: boolean }>;
  applications: Map<string, Manifest>;
}

/**
 * A cluster with Argo CD in it, an engine with its state and Git, in memory. The engine does what the program's own table of hands
 * says, one thing after the other; whatever changes something can be the last that happens.
 */
export class SwitchWorld {
  /** Changes that are left before everything is killed. */
  fuse = Infinity;
  /** The state is written after each change, not at an end that may never come. */
  checkpoints = true;
  git: Manifest[] = OBJECTS.map(forArgoCd);
  /** Keys of objects that Argo CD leaves out. */
  excluded: string[] = [];
  tracking?: string;
  /** What Argo CD says of Git. */
  gitError?: string;
  /** Keys of objects that the API server does not take from Argo CD. */
  refused: string[] = [];
  said: string[] = [];
  changes = 0;
  state: State = { objects: new Map(), applications: new Map() };
  private readonly live = new Map<string, Live>();
  private readonly applications = new Map<string, Manifest>();
  private count = 0;

  constructor(by: Deliverer = "pulumi") {
    for (const it of OBJECTS) this.live.set(keyOf(it), this.made("pulumi"));
    for (const it of OBJECTS) this.state.objects.set(keyOf(it), { retained: false });
    if (by === "pulumi") return;
    for (const name of this.wanted("syncing")) this.applications.set(name.metadata.name, name);
    this.state = { objects: new Map(), applications: new Map(this.applications) };
    this.argoWorks();
    for (const it of this.live.values()) for (const owned of [it.content, it.pulumi]) owned.delete(FIELD_MANAGER);
    this.changes = 0;
  }

  /** What a switch to one of both is given. */
  means(to: Deliverer): Means {
    return {
      stack: "kind",
      rendered: OBJECTS.map(forArgoCd),
      place: PLACE,
      readGit: () => Promise.resolve({ commit: COMMIT, objects: this.git }),
      up: (switching) => Promise.resolve(this.up(to, switching)),
      state: () => Promise.resolve(this.deployment()),
      cluster: {
        get: (ref) => Promise.resolve(this.get(ref)),
        apply: (ref, { fieldManager }) =>
          Promise.resolve(ref.kind === "Application" ? this.put(ref as Manifest) : this.giveUp(ref, fieldManager)),
        request: () => Promise.resolve({}),
        list: ({ kind }) => Promise.resolve(kind === "Application" ? [...this.applications.values()] : []),
        remove: ({ metadata }) => {
          this.applications.delete(metadata.name!);
          this.changed();
          return Promise.resolve();
        },
      },
      waits: { patience: 1, pause: () => Promise.resolve(this.argoWorks()) },
      say: (line) => this.said.push(line),
    };
  }

  /** Somebody removes an object behind all backs. */
  remove(gone: Manifest): void {
    this.live.delete(keyOf(gone));
  }

  /** Who owns what objects say: `["pulumi"]`, or both, or nobody. */
  owners(): string[] {
    const names = (owners: Set<string>) => [...owners].map((it) => (it === ARGO ? "argocd" : "pulumi")).sort();
    return [...new Set([...this.live.values()].flatMap(({ content }) => names(content)))].sort();
  }

  /** What only a former owner leaves. */
  marks(): Deliverer[] {
    const all = [...this.live.values()];
    return [
      ...(all.some(({ pulumi }) => pulumi.size > 0) ? (["pulumi"] as const) : []),
      ...(all.some(({ argo }) => argo.size > 0) ? (["argocd"] as const) : []),
    ];
  }

  get uids(): string[] {
    return [...this.live.values()].map(({ uid }) => uid);
  }

  /** How many objects the state has, and what Applications do, as the state and as the cluster has them. */
  get summary(): { objects: number; retained: boolean; applications: string[]; there: string[] } {
    const objects = [...this.state.objects.values()];
    const does = ({ spec }: Manifest) => (spec.syncPolicy.automated ? "syncing" : "waiting");
    return {
      objects: objects.length,
      retained: objects.some(({ retained }) => retained),
      applications: [...this.state.applications.values()].map(does),
      there: [...this.applications.values()].map(does),
    };
  }

  /** Something has changed; nobody ever finds an object gone, or with nothing in it. */
  private changed(): void {
    this.changes++;
    assert.equal(this.live.size, OBJECTS.length, "an object is gone");
    for (const { content } of this.live.values()) assert.ok(content.size > 0, "an object lost what it says");
    if (--this.fuse < 0) throw new Killed();
  }

  private made(by: Deliverer): Live {
    const manager = by === "pulumi" ? FIELD_MANAGER : ARGO;
    return {
      uid: `uid-${++this.count}`,
      content: new Set([manager]),
      pulumi: new Set(by === "pulumi" ? [manager] : []),
      argo: new Set(by === "argocd" ? [manager] : []),
    };
  }

  private wanted(applications: "waiting" | "syncing"): Manifest[] {
    return ["okd-coreos", "okd-release"].map((namespace) =>
      renderApplication({
        ...{ stack: "kind", argoCdNamespace: "argocd", namespace, ...PLACE },
        syncs: applications === "syncing",
      }),
    );
  }

  /** As the engine does it: makes and updates first, drops what the program has no longer, and deletes what may be deleted. */
  private up(to: Deliverer, switching: boolean): void {
    const { delivered, retained, applications } = handsOf(to, switching);
    const next: State = { objects: new Map(this.state.objects), applications: new Map(this.state.applications) };
    const record = () => {
      if (this.checkpoints) this.state = { objects: new Map(next.objects), applications: new Map(next.applications) };
      this.changed();
    };
    for (const it of OBJECTS.filter((one) => !delivered(one))) {
      if (!next.objects.has(keyOf(it))) {
        const live = this.live.get(keyOf(it));
        if (live) for (const owned of [live.content, live.pulumi]) owned.add(FIELD_MANAGER);
        else this.live.set(keyOf(it), this.made("pulumi"));
        this.changed();
      }
      next.objects.set(keyOf(it), { retained: retained(it) });
      record();
    }
    const wanted = applications ? this.wanted(applications) : [];
    for (const it of wanted) {
      this.applications.set(it.metadata.name, it);
      this.changed();
      next.applications.set(it.metadata.name, it);
      record();
    }
    for (const it of OBJECTS.filter((one) => delivered(one) && next.objects.has(keyOf(one)))) {
      if (!next.objects.get(keyOf(it))!.retained) this.live.delete(keyOf(it));
      next.objects.delete(keyOf(it));
      record();
    }
    for (const name of applications ? [] : [...next.applications.keys()]) {
      this.applications.delete(name);
      this.changed();
      next.applications.delete(name);
      record();
    }
    this.state = next;
  }

  /** Whatever syncs is synced. */
  private argoWorks(): void {
    for (const application of this.applications.values()) {
      if (!application.spec.syncPolicy.automated) continue;
      for (const it of this.seenBy(application).filter((one) => !this.refused.includes(keyOf(one)))) {
        const live = this.live.get(keyOf(it)) ?? this.made("argocd");
        const known = live.argo.has(ARGO);
        for (const owned of [live.content, live.argo]) owned.add(ARGO);
        live.application = application.metadata.name;
        this.live.set(keyOf(it), live);
        if (!known) this.changed();
      }
    }
  }

  private seenBy({ spec }: Manifest): Manifest[] {
    const { namespace } = spec.destination as { namespace: string };
    return this.git.filter((it) => it.metadata.namespace === namespace && !this.excluded.includes(keyOf(it)));
  }

  private get(ref: Ref): KubeObject | undefined {
    if (ref.kind === "Application") return this.application(ref.metadata.name!);
    if (ref.metadata.name === "argocd-cm") {
      return { ...ref, data: this.tracking ? { "application.resourceTrackingMethod": this.tracking } : {} };
    }
    const live = this.live.get(keyOf(ref as Manifest));
    if (!live) return undefined;
    const managers = new Set([...live.content, ...live.pulumi, ...live.argo]);
    return {
      ...ref,
      metadata: {
        ...ref.metadata,
        uid: live.uid,
        annotations: live.argo.size > 0 ? { [TRACKING]: `${live.application!}:${keyOf(ref as Manifest)}` } : {},
        managedFields: [
          ...[...managers].map((manager) => ({ manager, operation: "Apply" })),
          // Controllers write, too.
          { manager: "controller", operation: "Update" },
        ],
      },
    };
  }

  private application(name: string): KubeObject | undefined {
    const application = this.applications.get(name);
    if (!application) return undefined;
    const seen = this.seenBy(application);
    const synced = seen.every((it) => this.live.get(keyOf(it))?.argo.has(ARGO));
    const status = this.gitError
      ? { sync: { status: "Unknown" }, conditions: [{ type: "ComparisonError", message: this.gitError }] }
      : {
          sync: { status: synced ? "Synced" : "OutOfSync", revision: COMMIT },
          resources: seen.map(({ kind, apiVersion, metadata }) => ({
            ...(apiVersion.includes("/") && { group: apiVersion.split("/")[0]! }),
            ...{ kind, name: metadata.name, namespace: metadata.namespace },
          })),
        };
    return { ...application, status };
  }

  private put(application: Manifest): KubeObject {
    this.applications.set(application.metadata.name, application);
    this.changed();
    return application;
  }

  private giveUp(ref: Ref, manager: string): KubeObject {
    const live = this.live.get(keyOf(ref as Manifest))!;
    assert.equal(ref.metadata.uid, live.uid);
    for (const owned of [live.content, live.pulumi, live.argo]) owned.delete(manager);
    this.changed();
    return ref;
  }

  private deployment(): Deployment {
    const resource = (it: Manifest, more: object) => ({
      urn: `urn:${objectName(it)}`,
      type: typeToken(it),
      inputs: it as unknown as Record<string, unknown>,
      ...more,
    });
    const ours = OBJECTS.filter((it) => this.state.objects.has(keyOf(it)));
    return {
      resources: [
        SETS,
        ...ours.map((it) =>
          resource(it, { parent: SETS.urn, retainOnDelete: this.state.objects.get(keyOf(it))!.retained }),
        ),
        ...[...this.state.applications.values()].map((it) => resource(it, {})),
      ],
    };
  }
}
