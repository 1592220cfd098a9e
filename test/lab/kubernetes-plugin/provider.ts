import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import {
  KubernetesClient,
  type Fields,
  idOf,
  type KubeObject,
  type Patience,
  type Ref,
  Unreachable,
} from "../../../components/kubernetes/client";
import { explain } from "./failures";
import { fromKubeConfig, readKubeConfig } from "./kubeconfig";
import { annotation, apply, type Application, checkpoint, fieldManager, hash } from "./objects";
import { isPatch } from "../../../components/kubernetes/immutable";
import { mustReplace } from "./replacement";
import { differences, holdsUnknown, isFields, protect, prune, respell, reveal, without } from "./values";

const { DIFF_NONE, DIFF_SOME } = rpc.DiffResponse.DiffChanges;
const DEFAULT_TIMEOUT_S = 600;

/** Settings of the provider that the environment can give too. */
const VARIABLES: Record<string, string> = {
  enableConfigMapMutable: "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE",
  enableSecretMutable: "PULUMI_K8S_ENABLE_SECRET_MUTABLE",
  enablePatchForce: "PULUMI_K8S_ENABLE_PATCH_FORCE",
  upsertExistingObjects: "PULUMI_K8S_UPSERT_EXISTING_OBJECTS",
  deleteUnreachable: "PULUMI_K8S_DELETE_UNREACHABLE",
  enableServerSideApply: "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY",
};

const fields = (struct?: Struct): Fields => (struct?.toJavaScript() as Fields | undefined) ?? {};
const struct = (value: Fields): Struct => Struct.fromJavaScript(value);

/** What the engine asks of a provider, for one provider resource: pulumi/proto/pulumi/provider.proto. */
export class Provider {
  private settings: Fields = {};
  private cluster = new KubernetesClient(() => readKubeConfig(this.settings));

  constructor(
    private readonly cancelled: AbortSignal,
    /** Shows a line beside a resource while it is worked on. */
    private readonly tell: (urn: string, message: string) => void,
  ) {}

  async configure(request: rpc.ConfigureRequest): Promise<rpc.ConfigureResponse> {
    this.settings = reveal(fields(request.getArgs()));
    if (this.setting("enableServerSideApply", "true") === "false") {
      throw new Error("enableServerSideApply=false: this stand-in applies server-side only");
    }
    const config = fromKubeConfig(this.settings, (it) => it);
    this.cluster = new KubernetesClient(() => config ?? readKubeConfig(this.settings));
    const response = new rpc.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true);
    return response.setSupportsAutonamingConfiguration(true);
  }

  /** A provider whose cluster is another one replaces all that it made. */
  async diffConfig(request: rpc.DiffRequest): Promise<rpc.DiffResponse> {
    const [before, after] = [reveal(fields(request.getOldInputs())), reveal(fields(request.getNews()))];
    const changed = [...new Set([...differences(before, after)].map(([path]) => path.split(/[.[]/)[0]!))];
    const server = (config: Fields) => fromKubeConfig(config, (it) => it.getCurrentCluster()?.server);
    const [was, is] = [before.clusterIdentifier as unknown, after.clusterIdentifier as unknown];
    const moved = was && is ? was !== is : server(before) !== server(after);
    const identity = ["clusterIdentifier", "kubeconfig", "context", "cluster"];
    const replaces = changed.filter((key) => moved && identity.includes(key));
    const response = new rpc.DiffResponse().setDiffsList(changed).setReplacesList(replaces);
    return response.setChanges(changed.length ? DIFF_SOME : DIFF_NONE);
  }

  /** Fills in name and namespace. */
  async check(request: rpc.CheckRequest): Promise<rpc.CheckResponse> {
    const news = fields(request.getNews());
    const olds = reveal(fields(request.getOlds()));
    const plain = reveal<KubeObject>(news);
    const response = new rpc.CheckResponse().setInputs(struct(protect(news)));
    if (holdsUnknown([plain.metadata]) && !isFields(plain.metadata)) return response;
    const metadata: Fields = isFields(plain.metadata) ? { ...plain.metadata } : {};
    if (!metadata.name) nameIt(request, plain, olds, metadata, response);
    if (metadata.namespace === undefined && (await this.cluster.isNamespaced(plain))) {
      const current = fromKubeConfig(this.settings, (it) => it.getContextObject(it.getCurrentContext())?.namespace);
      metadata.namespace = (this.settings.namespace as string | undefined) ?? current ?? "default";
    }
    return response.setInputs(struct(protect({ ...news, metadata: protect(metadata, news.metadata) })));
  }

  async diff(request: rpc.DiffRequest): Promise<rpc.DiffResponse> {
    const before = reveal<KubeObject>(fields(request.getOldInputs()));
    const after = reveal<KubeObject>(fields(request.getNews()));
    const response = new rpc.DiffResponse().setHasdetaileddiff(true).setChanges(DIFF_NONE);
    if (JSON.stringify(before) === JSON.stringify(after)) return response;
    const namespaced = await this.cluster.isNamespaced(after);
    for (const { metadata } of [before, after]) {
      if (!namespaced || metadata?.namespace === "default") delete metadata?.namespace;
    }
    for (const [path, change] of differences(before, after)) {
      const replaces = mustReplace(path, before, after, request.getType(), (name) => this.enabled(name));
      const kind = rpc.PropertyDiff.Kind[replaces ? (`${change}_REPLACE` as const) : change];
      const detail = new rpc.PropertyDiff().setKind(kind).setInputdiff(true);
      response.setChanges(DIFF_SOME).getDetaileddiffMap().set(path, detail);
      if (replaces) response.addReplaces(path);
    }
    const sameName = idOf(before) === idOf(after) && annotation(after, "autonamed") !== "true";
    return response.setDeletebeforereplace(response.getReplacesList().length > 0 && sameName);
  }

  async create(request: rpc.CreateRequest): Promise<rpc.CreateResponse> {
    const { id, outputs } = await apply(this.cluster, this.application(request, fields(request.getProperties())));
    return new rpc.CreateResponse().setId(id).setProperties(struct(outputs));
  }

  async update(request: rpc.UpdateRequest): Promise<rpc.UpdateResponse> {
    const state = reveal(fields(request.getOlds()));
    const application = { ...this.application(request, fields(request.getNews())), state };
    const { outputs } = await apply(this.cluster, application);
    return new rpc.UpdateResponse().setProperties(struct(outputs));
  }

  /** Refreshes and imports. */
  async read(request: rpc.ReadRequest): Promise<rpc.ReadResponse> {
    const [inputs, state] = [fields(request.getInputs()), reveal(fields(request.getProperties()))];
    const known = reveal(inputs);
    const ref = refOf(request.getType(), request.getId(), { ...state, ...known });
    const live = await this.unlessUnreachable(ref, () => this.cluster.get(ref));
    if (!live) return new rpc.ReadResponse();
    const decoded = Object.entries((live.data ?? {}) as Record<string, string>).map(([key, value]) => [
      key,
      Buffer.from(value, "base64").toString(),
    ]);
    const present = known.stringData ? { ...live, stringData: Object.fromEntries(decoded) as Fields } : live;
    const news = protect(respell(known.kind ? (prune(present, known) as Fields) : written(live)), inputs);
    const outputs = checkpoint(live, news, fieldManager(known, state));
    return new rpc.ReadResponse().setId(idOf(live)).setInputs(struct(news)).setProperties(struct(outputs));
  }

  async delete(request: rpc.DeleteRequest): Promise<Empty> {
    const state = reveal(fields(request.getProperties()));
    const ref = refOf(request.getType(), request.getId(), state);
    const policies: Record<string, string | undefined> = { orphan: "Orphan", background: "Background" };
    const policy = policies[annotation(state, "deletionPropagationPolicy")?.toLowerCase() ?? ""] ?? "Foreground";
    await this.unlessUnreachable(ref, async () => {
      if (!isPatch(request.getType(), ref)) {
        await this.cluster.remove(ref, policy, this.patience(request, state));
      } else if (await this.cluster.get(ref)) {
        await this.cluster.apply(ref, { fieldManager: fieldManager(state, state) });
      }
    });
    return new Empty();
  }

  private setting(name: string, otherwise = ""): string {
    return String(this.settings[name] ?? process.env[VARIABLES[name] ?? ""] ?? otherwise);
  }

  private enabled(name: string): boolean {
    return this.setting(name) === "true";
  }

  private application(request: rpc.CreateRequest | rpc.UpdateRequest, inputs: Fields): Application {
    return {
      type: request.getType(),
      inputs,
      preview: request.getPreview(),
      force: this.enabled("enablePatchForce") || annotation(reveal(inputs), "patchForce") === "true",
      upsert: this.enabled("upsertExistingObjects"),
      patience: this.patience(request, reveal(inputs)),
    };
  }

  private patience(request: { getUrn(): string; getTimeout(): number }, object: Fields): Patience {
    const seconds = request.getTimeout() || Number(annotation(object, "timeoutSeconds")) || DEFAULT_TIMEOUT_S;
    const tell = (message: string) => {
      this.tell(request.getUrn(), message);
    };
    return { deadline: Date.now() + seconds * 1000, signal: this.cancelled, tell };
  }

  /** With deleteUnreachable, what cannot be reached is gone. */
  private async unlessUnreachable<T>(ref: Ref, operation: () => Promise<T>): Promise<T | undefined> {
    try {
      await this.cluster.reachable();
      return await operation();
    } catch (error) {
      if (!(error instanceof Unreachable && this.enabled("deleteUnreachable"))) throw explain(error, ref);
      return undefined;
    }
  }
}

/** A name of Pulumi's making, which stays the same while the resource lives. */
function nameIt(
  request: rpc.CheckRequest,
  plain: Ref,
  olds: Fields,
  metadata: Fields,
  response: rpc.CheckResponse,
): void {
  const fail = (reason: string) =>
    response.addFailures(new rpc.CheckFailure().setProperty("metadata.name").setReason(reason));
  const autonaming = request.getAutonaming();
  if (isPatch(request.getType(), plain)) fail("a Patch resource needs the name of the object that it patches");
  if (metadata.generateName) fail("generateName does not go with server-side apply: leave it out to have a name made");
  if (autonaming?.getMode() === rpc.CheckRequest.AutonamingOptions.Mode.DISABLE) fail("autonaming is off: give a name");
  const made = autonaming?.getProposedName() || `${request.getName()}-${hash(request.getRandomseed_asU8())}`;
  metadata.name = annotation(olds, "autonamed") === "true" ? (olds.metadata.name as string) : made;
  metadata.annotations = { ...(metadata.annotations as Fields), "pulumi.com/autonamed": "true" };
}

/** The object that an id names; its type token tells the kind where nothing else does. */
function refOf(type: string, id: string, known: Fields): Ref {
  const [, apiVersion = "", kind = ""] = type.split(":");
  const [name, namespace] = id.split("/").reverse();
  return {
    apiVersion: (known.apiVersion as string | undefined) ?? apiVersion.replace(/^core\//, ""),
    kind: (known.kind as string | undefined) ?? kind.replace(/Patch$/, ""),
    metadata: { name, ...(namespace && { namespace }) },
  };
}

/** What somebody wrote of a living object: without what the API server added. */
function written(live: KubeObject): Fields {
  const added = ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"];
  return { ...without(live, "status"), metadata: without(live.metadata, ...added) };
}
