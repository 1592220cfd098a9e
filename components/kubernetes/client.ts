import * as http from "node:http";
import * as https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { URL, URLSearchParams } from "node:url";
import type { KubeConfig } from "@kubernetes/client-node";
import { credentialsOf } from "./credentials";

// An object's fields differ from kind to kind.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Fields = Record<string, any>;

/** What names an object, or, without a name, all objects of its kind. */
export type Ref = { apiVersion: string; kind: string; metadata: { name?: string; namespace?: string } & Fields };

/** An object as the API server gives it. */
export type KubeObject = Ref & Fields;

/** How long an operation may take, what ends it before, and where it tells of its progress. */
export type Patience = {
  /** Milliseconds since the epoch. */
  deadline: number;
  signal: AbortSignal;
  tell: (message: string) => void;
};

export type ApplyOptions = {
  /** Owner of the fields, as `managedFields` shows it. */
  fieldManager: string;
  /** Take over fields that others own. @default false */
  force?: boolean;
  /** Have it checked and defaulted, admission webhooks included, without keeping it. @default false */
  dryRun?: boolean;
};

/** The API server said no. */
export class Refused extends Error {
  constructor(
    /** HTTP status. */
    readonly code: number,
    /** Kubernetes' word for it: `NotFound`, `AlreadyExists`, `Conflict`, `Forbidden` … */
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

/** No answer came, or the kubeconfig names no cluster that could give one. */
export class Unreachable extends Error {}

/** The API server knows no such kind (yet). */
export class UnknownKind extends Error {}

/** The object exists but is not what was waited for, and will not be, or was not in time. */
export class NotReady extends Error {
  constructor(
    message: string,
    /** As it was seen last. */
    readonly live: KubeObject,
  ) {
    super(message);
  }
}

type Resource = { name: string; kind: string; namespaced: boolean };
type RequestOptions = { query?: Record<string, string>; body?: unknown; contentType?: string; timeout?: number };

const REQUEST_TIMEOUT_MS = 40_000; // the API server gives a webhook up to 30 s
const PROBE_TIMEOUT_MS = 10_000;
const CONNECTIONS = 16; // more cost a handshake each and are no faster
const CREDENTIALS_LAST_MS = 30_000; // tokens of exec plugins live for a minute at least
const CLUSTER_SCOPED =
  /^(Namespace|Node|PersistentVolume|CustomResourceDefinition|APIService)$|^KubernetesClient|Class$|WebhookConfiguration$/;

/** `namespace/name`, or `name` where there is no namespace. */
export const idOf = ({ metadata: { namespace, name } }: Ref): string =>
  namespace ? `${namespace}/${name ?? ""}` : (name ?? "");

/** How messages name an object: `Deployment kube-system/coredns`. */
export const label = (ref: Ref): string => `${ref.kind} ${idOf(ref)}`;

/** The API group: `apps`; empty for the core group. */
export const groupOf = ({ apiVersion }: Pick<Ref, "apiVersion">): string =>
  apiVersion.includes("/") ? apiVersion.split("/")[0]! : "";

/**
 * One Kubernetes cluster: objects of any kind read, listed, created, applied and removed through its API.
 * Every method throws {@link Refused}, {@link Unreachable} or {@link UnknownKind} unless it says otherwise.
 */
export class KubernetesClient {
  private readonly listings = new Map<string, Promise<Resource[]>>();
  private probe?: Promise<void>;
  private connection?: { expires: number; options: Promise<{ server: string; options: https.RequestOptions }> };

  /** @param config asked at the first request, and may throw: the cluster then counts as unreachable */
  constructor(private readonly config: () => KubeConfig) {}

  /** Asked once, so that one dead address does not cost a timeout for each object. @throws Unreachable */
  reachable(): Promise<void> {
    return (this.probe ??= this.request("GET", "/version", { timeout: PROBE_TIMEOUT_MS }).then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof Unreachable) throw error;
      },
    ));
  }

  /** Never throws: where the cluster or the kind is not there yet, the kind's name tells. */
  async isNamespaced(ref: Ref): Promise<boolean> {
    try {
      await this.reachable();
      return (await this.resource(ref)).namespaced;
    } catch {
      return !CLUSTER_SCOPED.test(ref.kind);
    }
  }

  /** @returns undefined where there is no such object, or no such kind */
  async get(ref: Ref): Promise<KubeObject | undefined> {
    try {
      return (await this.request("GET", await this.path(ref))) as KubeObject;
    } catch (error) {
      if (error instanceof UnknownKind || isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Objects of the kind, in `metadata.namespace` or, where that is not given, in all. */
  async list(ref: Ref, labelSelector?: string): Promise<KubeObject[]> {
    const path = await this.collection(ref, ref.metadata.namespace);
    const answer = await this.request("GET", path, { ...(labelSelector && { query: { labelSelector } }) });
    return (answer as { items: KubeObject[] }).items;
  }

  /** @throws Refused with reason `AlreadyExists` */
  async create(object: Ref, { fieldManager, dryRun = false }: Omit<ApplyOptions, "force">): Promise<KubeObject> {
    const path = await this.collection(object, object.metadata.namespace ?? "default");
    const query = { fieldManager, ...(dryRun && { dryRun: "All" }) };
    return (await this.request("POST", path, { query, body: object })) as KubeObject;
  }

  /**
   * Server-side apply: creates it, or changes the fields that it names. With a `metadata.uid` only that very object is
   * changed, and a missing one is a conflict.
   */
  async apply(object: Ref, { fieldManager, force = false, dryRun = false }: ApplyOptions): Promise<KubeObject> {
    const query = { fieldManager, force: String(force), ...(dryRun && { dryRun: "All" }) };
    const contentType = "application/apply-patch+yaml";
    return (await this.request("PATCH", await this.path(object), { query, body: object, contentType })) as KubeObject;
  }

  /**
   * Deletes the object and waits until it is gone; nothing happens where it is gone already.
   *
   * @throws NotReady when it is not gone in time, with the finalizers that hold it
   */
  async remove(ref: Ref, propagationPolicy: string, { deadline, signal, tell }: Patience): Promise<void> {
    const before = await this.get(ref);
    if (!before) return;
    const uid: unknown = before.metadata.uid;
    const body = { propagationPolicy, preconditions: { uid } };
    await this.request("DELETE", await this.path(ref), { body }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
    for (let pause = 50; ; pause = Math.min(pause * 2, 2_000)) {
      const live = await this.get(ref);
      if (live?.metadata.uid !== uid) return;
      const finalizers = live!.metadata.finalizers as string[] | undefined;
      const state = `finalizers left: ${finalizers?.join(", ") ?? "none"}`;
      if (Date.now() + pause > deadline) throw new NotReady(`${label(ref)} was not gone in time; ${state}`, live!);
      if (pause > 1_000) tell(`waiting until it is gone; ${state}`);
      await sleep(pause, undefined, { signal });
    }
  }

  /** Any request to the API server: `request("GET", "/version")`. The answer is parsed JSON. */
  async request(method: string, path: string, options: RequestOptions = {}): Promise<unknown> {
    const { query = {}, body, contentType = "application/json", timeout = REQUEST_TIMEOUT_MS } = options;
    const connection = await this.connect();
    const search = new URLSearchParams(query).toString();
    const url = new URL(`${connection.server}${path}${search && `?${search}`}`);
    const payload = body === undefined ? "" : JSON.stringify(body);
    // The length is given because Node frames no body of a DELETE by itself: it would read as the next request.
    const length = String(Buffer.byteLength(payload));
    const headers = { ...connection.options.headers, accept: "application/json", "content-type": contentType };
    const { status, text } = await send(
      url,
      { ...connection.options, method, timeout, headers: { ...headers, "content-length": length } },
      payload,
    );
    const answer = parse(text);
    if (status < 300 && answer !== undefined) return answer;
    if (status < 400)
      throw new Unreachable(`${url.origin} answers ${formOf(text)} (HTTP ${String(status)}): it is no API server`);
    const refusal = (answer ?? {}) as { reason?: string; message?: string };
    const message =
      refusal.message ?? `${method} ${path}: ${isHtml(text) ? "HTML, not of an API server" : text.slice(0, 300)}`;
    throw new Refused(status, refusal.reason ?? `HTTP ${String(status)}`, message);
  }

  /** Server and credentials, with one agent for all requests: connections are kept. */
  private async connect(): Promise<{ server: string; options: https.RequestOptions }> {
    if (!this.connection || this.connection.expires < Date.now()) {
      this.connection = { expires: Date.now() + CREDENTIALS_LAST_MS, options: this.readCredentials() };
    }
    return this.connection.options;
  }

  private async readCredentials(): Promise<{ server: string; options: https.RequestOptions }> {
    try {
      const { server, options } = await credentialsOf(this.config());
      Object.assign(options.agent as http.Agent, { keepAlive: true, maxSockets: CONNECTIONS });
      return { server, options };
    } catch (error) {
      throw new Unreachable(`the kubeconfig cannot be used: ${(error as Error).message}`);
    }
  }

  private async path(ref: Ref): Promise<string> {
    const { name = "", namespace = "default" } = ref.metadata;
    return `${await this.collection(ref, namespace)}/${encodeURIComponent(name)}`;
  }

  private async collection(ref: Ref, namespace?: string): Promise<string> {
    const { name, namespaced } = await this.resource(ref);
    return `${root(ref)}${namespaced && namespace ? `/namespaces/${namespace}` : ""}/${name}`;
  }

  /** What the API server calls the kind in paths. An unknown kind is asked for again: definitions come and go. */
  private async resource(ref: Ref): Promise<Resource> {
    const group = root(ref);
    const find = async () =>
      (await this.listings.get(group))?.find(({ kind, name }) => kind === ref.kind && !name.includes("/"));
    const known = await find().catch(() => undefined);
    if (known) return known;
    this.listings.set(group, this.discover(group));
    const found = await find();
    if (!found) throw new UnknownKind(`the API server knows no kind ${ref.kind} in ${ref.apiVersion}`);
    return found;
  }

  private async discover(group: string): Promise<Resource[]> {
    return this.request("GET", group).then(
      (answer) => (answer as { resources: Resource[] }).resources,
      (error: unknown) => {
        if (isNotFound(error)) return [];
        throw error;
      },
    );
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

const isHtml = (text: string): boolean => /^\s*<(!doctype|html|head|body|\?xml)/i.test(text);

function formOf(text: string): string {
  if (text.trim() === "") return "nothing";
  return isHtml(text) ? "HTML" : "no JSON";
}

const isNotFound = (error: unknown): boolean => error instanceof Refused && error.code === 404;

const root = ({ apiVersion }: Ref): string => (apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`);

// Not @kubernetes/client-node's own: its serializers drop the fields that its version of the API does not know.
function send(url: URL, options: https.RequestOptions, payload: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const lost = (error: NodeJS.ErrnoException) => {
      reject(new Unreachable(`${url.origin}: ${error.message || (error.code ?? "no answer")}`));
    };
    const request = (url.protocol === "http:" ? http : https).request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", lost);
      response.on("end", () => {
        resolve({ status: response.statusCode!, text: Buffer.concat(chunks).toString() });
      });
    });
    request.on("timeout", () => request.destroy(new Error("no answer in time"))).on("error", lost);
    request.end(payload);
  });
}
