import type * as pulumi from "@pulumi/pulumi";
import type { Alias } from "@pulumi/pulumi/proto/alias_pb";
import * as resource from "@pulumi/pulumi/proto/resource_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { UserError } from "../../components/errors";
import { aliasUrns, qualifiedType, type AliasSpec } from "./aliases";
import { holdsUnknown, printable, SECRET, type RecordedResource } from "./recorded";

const PROVIDER_PREFIX = "pulumi:providers:";

type Fields = Record<string, unknown>;

type Registration = Omit<RecordedResource, "urn" | "aliases"> & { specs?: AliasSpec[] };

/**
 * Answers a program's registrations as Pulumi's engine does in a preview of an empty stack, and keeps them.
 * It takes the place of the test runtime's monitor, which knows neither the real URNs nor what stays
 * unknown until an update.
 */
export class Recorder {
  readonly resources: RecordedResource[] = [];
  readonly outputs = new Map<string, Fields>();
  /** The first thing that was refused: Pulumi's SDK wraps it. */
  refused?: unknown;
  private readonly urns = new Set<string>();
  private readonly aliases = new Map<string, string[]>();
  /** References of providers whose settings are not known yet: their plugins are not asked anything. */
  private readonly unknownProviders = new Set<string>();

  constructor(
    private readonly project: string,
    private readonly stack: string,
  ) {}

  /** Makes the test runtime's monitor record. */
  attach(monitor: object): void {
    Object.assign(monitor, {
      registerResource: this.answering((request: resource.RegisterResourceRequest) => this.register(request)),
      readResource: this.answering((request: resource.ReadResourceRequest) => this.read(request)),
      registerResourceOutputs: this.answering((request: resource.RegisterResourceOutputsRequest) => {
        this.outputs.set(request.getUrn(), printable(request.getOutputs()?.toJavaScript() ?? {}) as Fields);
        return {};
      }),
      invoke: this.answering((request: resource.ResourceInvokeRequest) => {
        throw new UserError(`The preview cannot call ${request.getTok()}: it asks no cluster.`);
      }),
    });
  }

  private answering<Request, Response>(act: (request: Request) => Response) {
    return (request: Request, answer: (error: unknown, response?: Response) => void): void => {
      try {
        answer(null, act(request));
      } catch (error) {
        this.refused ??= error;
        answer(error);
      }
    };
  }

  private register(request: resource.RegisterResourceRequest): resource.RegisterResourceResponse {
    const type = request.getType();
    const inputs = (request.getObject()?.toJavaScript() ?? {}) as Fields;
    const urn = this.record({
      type,
      name: request.getName(),
      parent: request.getParent(),
      custom: request.getCustom(),
      inputs: type.startsWith(PROVIDER_PREFIX) ? withVersion(inputs, request.getVersion()) : inputs,
      dependencies: request.getDependenciesList(),
      ignored: request.getIgnorechangesList(),
      specs: request.getAliasesList().map(specOf),
    });
    if (type.startsWith(PROVIDER_PREFIX) && holdsUnknown(inputs)) {
      this.unknownProviders.add(urn);
    }
    const provider = request.getProvider().replace(/::[^:]*$/, "");
    const response = new resource.RegisterResourceResponse();
    response.setUrn(urn);
    // A plugin that cannot be configured yet has no outputs; the others give back what they were given.
    response.setObject(
      request.getCustom() && !this.unknownProviders.has(provider) ? request.getObject() : Struct.fromJavaScript({}),
    );
    return response;
  }

  private read(request: resource.ReadResourceRequest): resource.ReadResourceResponse {
    const urn = this.record({
      type: request.getType(),
      name: request.getName(),
      parent: request.getParent(),
      custom: true,
      inputs: (request.getProperties()?.toJavaScript() ?? {}) as Fields,
      dependencies: request.getDependenciesList(),
    });
    const response = new resource.ReadResourceResponse();
    response.setUrn(urn);
    response.setProperties(Struct.fromJavaScript({}));
    return response;
  }

  private record({ type, name, parent, inputs, specs = [], ignored = [], ...rest }: Registration): string {
    const urn = `urn:pulumi:${this.stack}::${this.project}::${qualifiedType(type, parent)}::${name}`;
    if (this.urns.has(urn)) {
      throw new UserError(`Two resources are called ${name} and have type ${type} and the same parent: rename one.`);
    }
    this.urns.add(urn);
    const aliases = aliasUrns({ urn, type, name, parent }, specs, this.aliases.get(parent ?? "") ?? []);
    this.aliases.set(urn, aliases);
    this.resources.push({
      urn,
      type,
      name,
      ...(parent && { parent }),
      ...rest,
      dependencies: [...rest.dependencies].sort(),
      ...(aliases.length > 0 && { aliases }),
      ...(ignored.length > 0 && { ignored }),
      inputs: hideSecretData(type, printable(inputs) as Fields),
    });
    return urn;
  }
}

function specOf(alias: Alias): AliasSpec {
  const spec = alias.getSpec();
  if (!spec) return { urn: alias.getUrn() };
  const { name, type, stack, project, parenturn: parent, noparent: noParent } = spec.toObject();
  return { name, type, stack, project, parent, noParent };
}

/** The engine adds the plugin's version to a provider's inputs, and a map of its own. */
function withVersion(inputs: Fields, version: string): Fields {
  return version ? { ...inputs, version, __internal: {} } : inputs;
}

/** No Secret's data is printed, even where its author forgot to say that it is secret, or an update makes it. */
export function hideSecretData(type: string, inputs: Fields): Fields {
  if (type !== "kubernetes:core/v1:Secret") return inputs;
  return Object.fromEntries(
    Object.entries(inputs).map(([key, value]) => [key, /^(data|stringData)$/.test(key) ? SECRET : value]),
  );
}

/** For the test runtime to start with: {@link Recorder.attach} answers instead. */
export const MOCKS: pulumi.runtime.Mocks = {
  newResource: ({ inputs }) => ({ id: undefined, state: inputs as Fields }),
  call: ({ inputs }) => inputs as Fields,
};
