import { type ChildProcess, spawn } from "node:child_process";
import { createPrivateKey, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as https from "node:https";
import * as path from "node:path";
import { parseAllDocuments } from "yaml";
import { provider } from "../../components/gate/credentials";
import { offlineFolder } from "../cluster/needs";
import { freePort } from "../unit/scripts/machine";

// Tekton Triggers as processes, with an API server and without nodes: its own programs, as the lab compiles them.

const SYSTEM = "tekton-pipelines";
/** The core interceptors take no other port. */
const CORE_PORT = 8443;
const START_MS = 120_000;

const PROGRAMS = ["etcd", "kube-apiserver", "kubectl", "triggers/interceptors", "triggers/eventlistenersink"];
const DEFINITIONS = ["tekton-pipelines", "tekton-triggers"];

const program = (name: string): string => path.join(offlineFolder(), "build", "bin", name);
const definitions = (name: string): string => path.join(offlineFolder(), "manifests", `${name}.yaml`);

/** What of it this machine lacks; nothing where all is there. */
export function lackingTriggers(): string | undefined {
  const missing = [...PROGRAMS.map(program), ...DEFINITIONS.map(definitions)].filter((file) => !fs.existsSync(file));
  return missing.length > 0 ? `there is no ${missing.join(", ")}: npm run lab -- build tekton` : undefined;
}

/** A server in this machine that speaks TLS by a certificate that names `localhost`. */
export interface Certificate {
  certificate: string;
  privateKey: string;
}

/** An API server, its database, and the core interceptors of Triggers. */
export class Triggers {
  private readonly processes: ChildProcess[] = [];
  private readonly token = randomBytes(16).toString("hex");
  private port = 0;

  /** @param folder for everything that they write, logs too */
  constructor(
    readonly folder: string,
    private readonly localhost: Certificate,
  ) {}

  static async credentials(): Promise<Certificate> {
    return (await provider.create({ host: "localhost" })).outs!;
  }

  get kubeconfig(): string {
    return path.join(this.folder, "kubeconfig");
  }

  async start(): Promise<void> {
    const [client, peer] = await Promise.all([freePort(), freePort()]);
    this.port = await freePort();
    const etcd = `http://127.0.0.1:${client}`;
    const members = `http://127.0.0.1:${peer}`;
    this.spawn("etcd", program("etcd"), [
      ...["--data-dir", path.join(this.folder, "etcd"), "--unsafe-no-fsync"],
      ...["--listen-client-urls", etcd, "--advertise-client-urls", etcd, "--listen-peer-urls", members],
      ...["--initial-advertise-peer-urls", members, "--initial-cluster", `default=${members}`],
    ]);
    const sec1 = createPrivateKey(this.localhost.privateKey).export({ type: "sec1", format: "pem" });
    const key = this.write("service-accounts.key", sec1.toString()); // it reads no other form
    const tokens = this.write("tokens.csv", `${this.token},bench,1,system:masters\n`);
    this.spawn("kube-apiserver", program("kube-apiserver"), [
      ...["--etcd-servers", etcd, "--secure-port", String(this.port), "--bind-address", "127.0.0.1"],
      ...["--cert-dir", path.join(this.folder, "api"), "--token-auth-file", tokens, "--authorization-mode", "RBAC"],
      ...["--service-account-issuer", "https://localhost", "--service-account-key-file", key],
      ...["--service-account-signing-key-file", key, "--service-cluster-ip-range", "10.0.0.0/24"],
      "--disable-admission-plugins=ServiceAccount",
    ]);
    await this.answers("kube-apiserver", `https://127.0.0.1:${this.port}/readyz`);
    this.writeKubeconfig();
    await this.apply(DEFINITIONS.flatMap(renderDefinitions));
    await this.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all");
    await this.apply(renderCore(this.localhost));
    this.spawn("interceptors", program("triggers/interceptors"), [], {
      SYSTEM_NAMESPACE: SYSTEM,
      INTERCEPTOR_TLS_SVC_NAME: "localhost",
      INTERCEPTOR_TLS_SECRET_NAME: CORE,
      METRICS_PROMETHEUS_PORT: String(await freePort()),
    });
    await this.answers("interceptors", `https://localhost:${CORE_PORT}/ready`);
  }

  /** The process that Triggers deploys for an EventListener, which is there. @returns its URL */
  async listen(name: string, namespace: string, environment: Record<string, string>): Promise<string> {
    const port = await freePort();
    this.spawn(
      `listener-${name}`,
      program("triggers/eventlistenersink"),
      [
        ...[`--el-name=${name}`, `--el-namespace=${namespace}`, `--port=${port}`],
        // As the controller of Triggers has them by default.
        ...["--readtimeout=5", "--writetimeout=40", "--idletimeout=120", "--timeouthandler=30"],
      ],
      {
        ...{ NAME: name, NAMESPACE: namespace, SYSTEM_NAMESPACE: namespace, EL_EVENT: "disable" },
        METRICS_PROMETHEUS_PORT: String(await freePort()),
        ...environment,
      },
    );
    await this.answers(`listener-${name}`, `http://127.0.0.1:${port}/live`);
    return `http://127.0.0.1:${port}/`;
  }

  /** Starts a program that ends with all the others; what it says is in the folder. */
  private spawn(name: string, command: string, args: string[], environment: Record<string, string> = {}): ChildProcess {
    const log = fs.openSync(path.join(this.folder, `${name}.log`), "a");
    const child = spawn(command, args, {
      env: { PATH: process.env.PATH, HOME: this.folder, KUBECONFIG: this.kubeconfig, ...environment },
      stdio: ["ignore", log, log],
    });
    fs.closeSync(log);
    this.processes.push(child);
    return child;
  }

  /** @throws Error with the last lines of its log where a program does not answer */
  private async answers(name: string, url: string): Promise<void> {
    const child = this.processes.at(-1)!;
    for (const end = Date.now() + START_MS; ; await new Promise((next) => setTimeout(next, 200))) {
      if ((await statusOf(url)) === 200) return;
      if (Date.now() < end && child.exitCode === null) continue;
      const lines = fs
        .readFileSync(path.join(this.folder, `${name}.log`), "utf8")
        .trimEnd()
        .split("\n");
      throw new Error(`${name} does not answer at ${url}:\n${lines.slice(-5).join("\n")}`);
    }
  }

  async apply(objects: object[]): Promise<void> {
    const file = this.write("objects.json", JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
    await this.kubectl("apply", "--server-side", "-f", file);
  }

  kubectl(...args: string[]): Promise<string> {
    return new Promise((done, failed) => {
      const child = spawn(program("kubectl"), ["--kubeconfig", this.kubeconfig, ...args]);
      let [stdout, stderr] = ["", ""];
      child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
      child.on("close", (code) => {
        if (code === 0) done(stdout);
        else failed(new Error(`kubectl ${args.join(" ")}: ${stderr}`));
      });
    });
  }

  /** Names of objects as they come to be, until it is killed. */
  watch(...args: string[]): ChildProcess & { stdout: NodeJS.ReadableStream } {
    const all = ["--kubeconfig", this.kubeconfig, "get", "--watch", "-o", "name", ...args];
    return spawn(program("kubectl"), all, { stdio: ["ignore", "pipe", "ignore"] });
  }

  /** Ends all processes, the last one first. */
  async stop(): Promise<void> {
    for (const child of this.processes.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((done) => child.once("close", done));
      child.kill("SIGKILL");
      await ended;
    }
  }

  write(name: string, content: string): string {
    const file = path.join(this.folder, name);
    fs.writeFileSync(file, content, { mode: 0o600 });
    return file;
  }

  private writeKubeconfig(): void {
    const name = "bench";
    const cluster = {
      server: `https://127.0.0.1:${this.port}`,
      "certificate-authority": path.join(this.folder, "api", "apiserver.crt"),
    };
    const config = {
      ...{ apiVersion: "v1", kind: "Config", "current-context": name },
      clusters: [{ name, cluster }],
      users: [{ name, user: { token: this.token } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
    };
    this.write("kubeconfig", JSON.stringify(config));
  }
}

const CORE = "tekton-triggers-core-interceptors-certs";

/** The filter of Triggers, and its certificate, which it would make itself for the name of a Service. */
function renderCore({ certificate, privateKey }: Certificate): object[] {
  const stringData = { "server-key.pem": privateKey, "server-cert.pem": certificate, "ca-cert.pem": certificate };
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: SYSTEM } },
    { apiVersion: "v1", kind: "Secret", metadata: { name: CORE, namespace: SYSTEM }, stringData },
    {
      apiVersion: "triggers.tekton.dev/v1alpha1",
      kind: "ClusterInterceptor",
      metadata: { name: "cel", labels: { "server/type": "https" } },
      spec: {
        clientConfig: {
          url: `https://localhost:${CORE_PORT}/cel`,
          caBundle: Buffer.from(certificate).toString("base64"),
        },
      },
    },
  ];
}

/** CustomResourceDefinitions of a manifest; nobody converts versions here, and nobody asks for another one. */
function renderDefinitions(name: string): object[] {
  return parseAllDocuments(fs.readFileSync(definitions(name), "utf8"))
    .map((document) => document.toJS() as { kind?: string; spec: { conversion?: object } } | null)
    .flatMap((object) => (object?.kind === "CustomResourceDefinition" ? [object] : []))
    .map((object) => ({ ...object, spec: { ...object.spec, conversion: { strategy: "None" } } }));
}

/** Status of an answer; nothing where there is none. Certificates are of this machine's own. */
function statusOf(url: string): Promise<number | undefined> {
  if (url.startsWith("http:")) {
    return fetch(url).then(
      ({ status }) => status,
      () => undefined,
    );
  }
  return new Promise((done) => {
    const request = https.get(url, { rejectUnauthorized: false }, (response) => {
      response.resume();
      done(response.statusCode);
    });
    request.on("error", () => {
      done(undefined);
    });
  });
}
