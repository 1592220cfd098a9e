import type { dynamic } from "@pulumi/pulumi";

interface Module {
  provider: dynamic.ResourceProvider;
  /** Inputs, some with a dot and a part of them, of which the provider's `diff` says that another is another resource. @default none */
  replacedBy?: readonly string[];
}

/**
 * Which module leads the life of a dynamic resource, by the type that `dynamic.ts` writes into the state. Types stay, since
 * stacks hold them; modules may move.
 */
const PROVIDERS: Record<string, () => Module> = {
  /* eslint-disable @typescript-eslint/no-require-imports -- only the module of the type that is asked for is loaded, and at once */
  AgentImage: () => require("./clusters/moc/agent-image-provider"),
  AgentInstallation: () => require("./clusters/moc/agent-installation-provider"),
  ClaimsReleased: () => require("./workplace/claims-released"),
  DnsRecords: () => require("./clusters/moc/dns-records-provider"),
  GateCredentials: () => require("./gate/credentials"),
  Guard: () => require("./platform/guard"),
  KindNodes: () => require("./clusters/kind/nodes-provider"),
  KindRegistry: () => require("./clusters/kind/registry-provider"),
  Lease: () => require("./openstack/lease-provider"),
  MediaEjection: () => require("./openstack/media-ejection-provider"),
  NodeAttachment: () => require("./openstack/node-attachment-provider"),
  NodeDeployment: () => require("./openstack/node-deployment-provider"),
  NodesKubeconfig: () => require("./clusters/moc/nodes-kubeconfig-provider"),
  RecordKey: () => require("./gate/record-key"),
  VolumesReleased: () => require("./platform/volumes-released"),
  WebhooksAnswer: () => require("./platform/webhooks-answer"),
  /* eslint-enable @typescript-eslint/no-require-imports */
};

/** @throws Error for a type that this version of the project does not know */
export function providerOf(type: string): dynamic.ResourceProvider {
  return moduleOf(type).provider;
}

/**
 * The inputs of a resource that make it another one.
 * @throws Error for a type that this version of the project does not know
 */
export function replacingInputs(type: string): readonly string[] {
  return moduleOf(type).replacedBy ?? [];
}

function moduleOf(type: string): Module {
  const load = PROVIDERS[type];
  if (!load) {
    throw new Error(`No resource of type ${type} is known: it was made by another version of this project.`);
  }
  return load();
}

/** The types that stacks may hold, sorted. */
export const PROVIDER_TYPES = Object.keys(PROVIDERS);
