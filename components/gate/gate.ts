import * as pulumi from "@pulumi/pulumi";
import { type BuildNodes, offBuildNodes } from "../kubernetes/build-nodes";
import { splitPhases } from "../kubernetes/manifest";
import { KubernetesObject, type Manifest } from "../kubernetes/object";
import { bundle } from "../programs/bundle";
import { GateCredentials } from "./credentials";
import { renderMonitoring } from "./monitoring";
import { KEYS_SECRET, RECORD_KEY_SECRET, RECORD_KEYS } from "./keys";
import { GATE, type GateObjectsArgs, renderGate, renderInterceptors } from "./objects";
import { RecordKey } from "./record-key";
import type { GateStream } from "../programs/gate/settings";

export interface GateArgs extends Pick<
  GateObjectsArgs,
  "labels" | "image" | "otherKeysSecrets" | "replicas" | "openshift"
> {
  /** Namespace of the pipelines. */
  namespace: string;
  /** What has to be there before: the namespace. @default nothing */
  after?: pulumi.Resource[];
  /** Registry and path that builds push to: `kind-registry:5000/okd`. */
  target: string;
  /** The registry speaks plain HTTP. @default false */
  insecure?: boolean;
  /** Secret with `.dockerconfigjson` for the registry. @default none asked */
  credentialsSecret?: string;
  /** Secret with the keys of events, `keys`, which is there already. @default event-signing-keys, which is made */
  keysSecret?: string;
  /** Other clusters' keys of records, each with what it may speak for. @default there are none */
  spokes?: { recordKey: string; architectures: string[] }[];
  /** What makes a build complete, for each version. */
  streams: GateStream[];
  /** URL of the EventListener of finished builds. */
  eventListener: string;
  /** Nodes that builds alone run on: the gate does not. @default there are none */
  nodes?: BuildNodes;
  /** The cluster has the kinds of Prometheus' operator. @default false */
  monitoring?: boolean;
  /** Seconds from one look through all records to the next. @default 60 */
  reconcileSeconds?: number;
  /** Where EventListeners trust certificates from: what installs Triggers. */
  triggers: pulumi.Resource[];
  /** What everything is deleted with. @default each object by itself */
  deletedWith?: pulumi.Resource;
}

/**
 * The gate: an interceptor that lets the last of a build's architectures pass, and nothing before. Its program, what it
 * decides and by what, is in `programs/gate`.
 */
export class Gate extends pulumi.ComponentResource {
  /** The interceptors: Triggers that name them wait for these. */
  readonly ready: pulumi.Resource[];
  /** The public key of this cluster's records, for the stack whose gate reads them. */
  readonly recordKey: pulumi.Output<string>;

  constructor(name: string, args: GateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("okd-streams:gate:Gate", name, {}, opts);
    const { namespace, labels, triggers, deletedWith, after = [] } = args;
    const place = { namespace, labels };
    const credentials = new GateCredentials(`${name}-credentials`, `${GATE}.${namespace}.svc`, {
      parent: this,
      deletedWith,
    });
    const recordKey = new RecordKey(`${name}-record-key`, { parent: this, deletedWith });
    this.recordKey = recordKey.publicKey;
    const options = { parent: this, deletedWith };
    const create = (manifest: Manifest, dependsOn: pulumi.Resource[]) =>
      new KubernetesObject(offBuildNodes(manifest, args.nodes), { ...options, dependsOn });
    const secrets = [...renderSecrets(credentials, args), ...renderRecordKeys(recordKey, args)].map((object) =>
      create(object, after),
    );
    const { configuration, workloads } = splitPhases(renderGate(gateObjects(args)));
    const needs = configuration.map((object) => create(object, after));
    for (const object of workloads) create(object, [...secrets, ...needs]);
    if (args.monitoring) for (const object of renderMonitoring(place)) create(object, after);
    const caBundle = credentials.certificate.apply(base64);
    this.ready = renderInterceptors(place, caBundle).map((object) => create(object, [...after, ...triggers]));
    this.registerOutputs({});
  }
}

/** What the component's arguments come out as. */
export function gateObjects(args: Omit<GateArgs, "triggers">): GateObjectsArgs {
  const { spokes = [] } = args;
  const { target, insecure = false, streams, eventListener, reconcileSeconds = 60, namespace, ...rest } = args;
  const [address = "", ...path] = target.split("/");
  return {
    ...{ labels: rest.labels, image: rest.image, replicas: rest.replicas, openshift: rest.openshift },
    ...{ keysSecret: rest.keysSecret ?? KEYS_SECRET, otherKeysSecrets: rest.otherKeysSecrets },
    recordKeys: {
      own: ARCHITECTURES.filter((name) => !spokes.some(({ architectures }) => architectures.includes(name))),
      ...Object.fromEntries(spokes.map(({ architectures }, index) => [spokeKey(index), architectures])),
    },
    ...(rest.credentialsSecret && { credentialsSecret: rest.credentialsSecret }),
    namespace,
    program: bundle("gate"),
    settings: { registry: { address, path: path.join("/"), insecure }, streams, eventListener, reconcileSeconds },
    registryPort: Number(/:(\d+)$/.exec(address)?.[1] ?? (insecure ? 80 : 443)),
  };
}

/** Names that a record may have; those of spokes are spoken for by them alone. */
const ARCHITECTURES = ["amd64", "arm64", "ppc64le", "s390x"];

function spokeKey(index: number): string {
  return `spoke-${index}`;
}

/** The key that runs sign with, and the ones that the gate verifies by. */
function renderRecordKeys(
  { privateKey, publicKey }: Pick<RecordKey, "privateKey" | "publicKey">,
  { namespace, labels, spokes = [] }: Pick<GateArgs, "namespace" | "labels" | "spokes">,
): Manifest[] {
  const others = spokes.map(({ recordKey }, index) => [spokeKey(index), recordKey]);
  return [
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: RECORD_KEY_SECRET, namespace, labels },
      type: "Opaque",
      data: { key: privateKey.apply(base64) },
    },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: RECORD_KEYS, namespace, labels },
      data: { own: publicKey, ...Object.fromEntries(others) },
    },
  ];
}

function renderSecrets(
  { certificate, privateKey, signingKey }: GateCredentials,
  { namespace, labels, keysSecret }: Pick<GateArgs, "namespace" | "labels" | "keysSecret">,
): Manifest[] {
  const secret = (name: string, type: string, data: Record<string, unknown>): Manifest => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace, labels },
    type,
    data,
  });
  return [
    secret(`${GATE}-tls`, "kubernetes.io/tls", {
      "tls.crt": certificate.apply(base64),
      "tls.key": privateKey.apply(base64),
    }),
    ...(keysSecret === undefined ? [secret(KEYS_SECRET, "Opaque", { keys: signingKey.apply(base64) })] : []),
  ];
}

function base64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
