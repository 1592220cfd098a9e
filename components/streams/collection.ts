import * as pulumi from "@pulumi/pulumi";
import type { Manifest } from "../kubernetes/object";
import { bundle } from "../programs/bundle";
import { digestsIn } from "../programs/collection/digests";
import type { Settings } from "../programs/collection/settings";
import type { Place } from "../workplace/place";
import { renderProgramJob } from "../workplace/program-job";
import type { Workplace } from "../workplace/workplace";
import type { Builds } from "./builds";
import type { Certification, UpgradeTest } from "./certification/schema";
import type { KeepSettings } from "./keep";
import { layerRecords, layerStream } from "./layers/layer";
import { PAYLOAD_NAMESPACE } from "./payload/run";
import { type Payload, releaseOf } from "./payload/payload";
import { runs } from "./scos/plan";
import { HELD_BASES, imageNames, RPMS } from "./scos/run";
import { machineOf, type Recipe, recordsRepository, settled } from "./scos/stream";
import { pushTarget } from "./settings";

/** Name of the CronJob, its account and its program. */
const COLLECT = "collect";
const CREDENTIALS = "/credentials";

/** Repositories of boot images, which outlive their runs there. */
const BOOT_IMAGES: Record<Recipe, string> = {
  "base-node": "stream-coreos-boot-images",
  "one-stage": "centos-stream-coreos-9-boot-images",
};

/** What else of a stack leaves something in its registry. */
export interface OtherThings {
  payloads?: Payload[];
  /** Tests of releases. */
  tests?: (Certification | UpgradeTest)[];
}

/** Repository of what runs of payloads and operators make, component by component. */
const PLANS = "okd-payload-plan";

/**
 * Whether a stack deletes what its builds have pushed: a spoke's hub does, and from other registries than its own only where it says so.
 *
 * @param of.external the stack's registry is somebody else's
 */
export function collects(
  { settings, streams, layers }: Pick<Builds, "settings" | "streams" | "layers">,
  keep: KeepSettings,
  { external, spoke, payloads = [] }: { external: boolean; spoke: boolean } & OtherThings,
): boolean {
  const own = !external && settings.push.repository === undefined;
  const pushes = settings.push.enabled && pushTarget(settings) !== undefined;
  return streams.length + layers.length + payloads.length > 0 && pushes && (own || keep.external) && !spoke;
}

/** Everything but the namespaces: what of what builds push stays. @param named what the stack's settings say, in any form */
export function collectionSettings(
  { settings, streams, layers }: Pick<Builds, "settings" | "streams" | "layers">,
  keep: KeepSettings,
  named: unknown,
  { payloads = [], tests = [] }: OtherThings = {},
): Omit<Settings, "namespaces"> {
  const target = pushTarget(settings)!;
  const here = payloads.filter(({ repository = target }) => repository === target);
  const within = (reference: string) =>
    reference.startsWith(`${target}/`) ? [reference.slice(target.length + 1).split(/[:@]/)[0]!] : [];
  const releases = [...new Set(here.flatMap((payload) => within(releaseOf(payload, target).image)))];
  const ofTests = tests.flatMap((test) => [test.verdict?.repository, "to" in test ? test.to : test.release]);
  const verdicts = [...new Set([...releases, ...ofTests.flatMap((reference) => within(reference ?? ""))])];
  const [address = "", ...path] = target.split("/");
  const images: Record<string, number> = {};
  const add = (repository: string, count: number) => (images[repository] = (images[repository] ?? 0) + count);
  const pushed = streams.filter(({ plan }) => runs(plan, "push of images"));
  const held = pushed
    .map(({ stream, plan }) => ({ stream: settled(stream), plan }))
    .filter(({ stream }) => stream.recipe === "base-node" && stream.bases === "held");
  const builds = [
    ...pushed.map(({ stream, plan }) => {
      const count = stream.keep?.builds ?? keep.builds;
      for (const name of imageNames(plan)) add(name, count);
      if (runs(plan, "RPMs")) add(RPMS, count);
      if (runs(plan, "boot images") || runs(plan, "tests"))
        add(BOOT_IMAGES[plan.recipe], stream.keep?.bootImages ?? keep.bootImages);
      const { rehearsal } = plan;
      return {
        version: stream.version,
        records: recordsRepository(rehearsal),
        images: imageNames(plan),
        rehearsal,
        keep: count,
      };
    }),
    ...layers.map((layer) => {
      const { rehearsal } = settings;
      const count = layer.keep?.builds ?? keep.builds;
      add(layerStream(layer), count);
      return {
        version: layer.version,
        records: layerRecords(layer, rehearsal),
        images: [layerStream(layer)],
        rehearsal,
        keep: count,
      };
    }),
  ];
  return {
    registry: { address, path: path.join("/"), insecure: settings.registry?.insecure ?? false },
    named: [...new Set(digestsIn(JSON.stringify(named)))],
    builds,
    images,
    ...(here.length > 0 && {
      payloads: { namespace: PAYLOAD_NAMESPACE, plans: PLANS, releases, keep: keep.builds * here.length },
    }),
    ...(verdicts.length > 0 && { verdicts }),
    ...(held.length > 0 && {
      held: {
        repository: HELD_BASES,
        keep: held.reduce((sum, { stream }) => sum + (stream.keep?.builds ?? keep.builds), 0),
        of: [
          ...new Set(
            held.flatMap(({ stream, plan }) => plan.architectures.map((it) => `${stream.variant}-${machineOf(it)}`)),
          ),
        ],
      },
    }),
  };
}

export interface CollectionArgs {
  /** Where the program is: where builds are. */
  home: Workplace;
  /** All others in which runs are. @default there are none */
  others?: Workplace[];
  settings: Omit<Settings, "namespaces">;
  /** Secret with `.dockerconfigjson` for the registry. @default none asked */
  credentialsSecret?: string;
  /** Reference of a plain Node image. */
  image: string;
  /** Users and groups are given by OpenShift, not by us. @default false */
  openshift?: boolean;
}

/** Deletes from the registry what nothing needs any more, four times a day. Its account lists runs, and can do nothing else. */
export class Collection extends pulumi.ComponentResource {
  constructor(name: string, args: CollectionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("okd-streams:streams:Collection", name, {}, opts);
    const { home, others = [] } = args;
    const access = others.flatMap((workplace) =>
      workplace.create(renderAccess(workplace.place, home.place.namespace), { parent: this }),
    );
    const namespaces = [home, ...others].map(({ place }) => place.namespace);
    home.create(renderCollection(args, namespaces, home.place), { parent: this, dependsOn: access });
    this.registerOutputs({});
  }
}

/** Runs are listed, with what their Tasks have found. */
const RULES = [{ apiGroups: ["tekton.dev"], resources: ["pipelineruns", "taskruns"], verbs: ["list"] }];

export function renderCollection(
  { settings, credentialsSecret, image, openshift }: Omit<CollectionArgs, "home" | "others">,
  namespaces: string[],
  place: Place,
): Manifest[] {
  const credentials = credentialsSecret !== undefined && { credentials: `${CREDENTIALS}/.dockerconfigjson` };
  const all: Settings = { ...settings, registry: { ...settings.registry, ...credentials }, namespaces };
  return renderProgramJob(
    {
      name: COLLECT,
      program: bundle("collect"),
      ...{ image, openshift },
      rules: RULES,
      environment: { SETTINGS: JSON.stringify(all) },
      ...(credentialsSecret !== undefined && { secret: { name: credentialsSecret, path: CREDENTIALS } }),
      ...{ schedule: "41 */6 * * *", startingDeadlineSeconds: 3600, activeDeadlineSeconds: 3000 },
    },
    place,
  );
}

/** What lets the program see the runs of another namespace. @param home the namespace of its account */
function renderAccess({ namespace, labels }: Place, home: string): Manifest[] {
  const metadata = { name: COLLECT, namespace, labels };
  return [
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata, rules: RULES },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: COLLECT },
      subjects: [{ kind: "ServiceAccount", name: COLLECT, namespace: home }],
    },
  ];
}
