import * as pulumi from "@pulumi/pulumi";
import { getMonitor } from "@pulumi/pulumi/runtime/settings";

/** A resource as the program registered it. */
export interface Recorded {
  type: string;
  name: string;
  parent: string;
  inputs: Record<string, unknown>;
  /** Names of the resources that it depends on. */
  dependsOn: string[];
  ignoreChanges: string[];
  deletedWith: string;
  additionalSecretOutputs: string[];
}

interface Request {
  getType(): string;
  getName(): string;
  getParent(): string;
  getDeletedwith(): string;
  getDependenciesList(): string[];
  getIgnorechangesList(): string[];
  getAdditionalsecretoutputsList(): string[];
}

interface Monitor {
  registerResource(request: Request, callback: unknown): unknown;
  log?: unknown;
}

const nameIn = (urn: string) => urn.split("::").at(-1)!;

/**
 * Runs a program under Pulumi's mocks.
 * @param outputs what resources of a name have beyond their inputs
 * @returns what it registered, in its order
 */
export async function record(
  program: () => unknown,
  preview = false,
  outputs: Record<string, object> = {},
): Promise<Recorded[]> {
  const inputs = new Map<string, Record<string, unknown>>();
  const mocks: pulumi.runtime.Mocks = {
    newResource: (args) => {
      inputs.set(`${args.type} ${args.name}`, args.inputs as Record<string, unknown>);
      return { id: `${args.name}-id`, state: { ...(args.inputs as object), ...outputs[args.name] } };
    },
    call: () => ({}),
  };
  await pulumi.runtime.setMocks(mocks, "okd-streams", "kind", preview);
  const requests: Request[] = [];
  const monitor = getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    requests.push(request);
    return register(request, callback);
  };
  await program();
  await pulumi.runtime.disconnect(); // once everything is registered
  return requests.map((request) => ({
    type: request.getType(),
    name: request.getName(),
    parent: nameIn(request.getParent()),
    inputs: inputs.get(`${request.getType()} ${request.getName()}`)!,
    dependsOn: request.getDependenciesList().map(nameIn).sort(),
    ignoreChanges: request.getIgnorechangesList(),
    deletedWith: nameIn(request.getDeletedwith()),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
  }));
}
