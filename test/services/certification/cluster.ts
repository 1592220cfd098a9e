import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";

/** An object of the cluster, as far as tools look at it. */
export interface Thing {
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

export interface Condition {
  type: string;
  status: "True" | "False";
  message?: string;
}

/** What a tool comes to. */
export interface Answer {
  code: number;
  stdout: string;
  stderr: string;
  /** Files that it writes, by name, in base64. */
  files?: Record<string, string>;
  /** Whoever called it is killed when it has done its work. */
  killed?: true;
}

/** What a tool does to a cluster. */
export type Tool = (cluster: ClusterUnderTest, args: string[]) => Answer;

export const TOKEN = "cluster-token-that-nobody-may-see";
export const BASE = `quay.io/okd/scos-release@sha256:${"1".repeat(64)}`;
export const TARGET = `quay.io/me/okd-payload@sha256:${"2".repeat(64)}`;
const BASE_VERSION = "4.22.0-okd-scos.6";
const TARGET_VERSION = "4.22.0-okd-scos.7.mine.1";

const conditions = (values: Record<string, "True" | "False">): { conditions: Condition[] } => ({
  conditions: Object.entries(values).map(([type, status]) => ({ type, status })),
});
const WELL = { Available: "True", Progressing: "False", Degraded: "False" } as const;

/** A cluster of OKD for `oc` and `opct` of test/lab/cluster-under-test: it keeps to the real tools' rules, orders and exit codes. */
export class ClusterUnderTest {
  /** Objects by kind, plural. */
  objects: Record<string, Thing[]> = {};
  /** What was called, as `TOOL ARGUMENT …`. */
  calls: string[] = [];
  /** A call at which whoever made it is killed, once it is done; once. */
  killAt?: RegExp;
  /** Whoever made the call that is being answered is killed half-way. */
  cutShort = false;
  /** What others do at a call; once. */
  meanwhile?: { at: RegExp; happens: (cluster: ClusterUnderTest) => void };
  /** A call that the cluster does not answer; once. */
  silentAt?: RegExp;
  /** States of the tests, one a look; the last one stays. */
  statuses = ["running", "post-processing", "complete"];
  /** What opct's report says of its checks. */
  checks: Record<string, unknown> = { failures: [], warnings: [], successes: [{ id: "OPCT-001", slo: "conformance" }] };
  /** Whether namespace opct stays whatever is destroyed. */
  stuck = false;
  /** What happens at a look at an upgrade, once it is asked for. */
  upgrading: (cluster: ClusterUnderTest) => void = (cluster) => {
    cluster.complete();
  };
  /** Releases that can be read. */
  releases: Record<string, { version: string; previous: string[] }> = {};

  private constructor(
    private readonly server: Server,
    private readonly tools: Record<string, Tool>,
  ) {
    this.reset();
  }

  static async start(tools: Record<string, Tool>, address = "127.0.0.1"): Promise<ClusterUnderTest> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, address, done));
    const cluster = new ClusterUnderTest(server, tools);
    server.on("request", (request, response) => void cluster.answer(request, response));
    return cluster;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  /** @param host as those who use it see this machine. */
  kubeconfig(host = "127.0.0.1"): string {
    const server = `http://${host}:${this.port}`;
    return JSON.stringify({ clusters: [{ cluster: { server } }], users: [{ user: { token: TOKEN } }] });
  }

  /** A cluster that is well, with a node for tests. */
  reset(): void {
    const tests = { "node-role.kubernetes.io/tests": "" };
    const taints = [{ key: "node-role.kubernetes.io/tests", effect: "NoSchedule" }];
    const desired = { image: BASE, version: BASE_VERSION };
    const versions = [{ name: "operator", version: BASE_VERSION }];
    Object.assign(this, { calls: [], killAt: undefined, silentAt: undefined, meanwhile: undefined, stuck: false });
    this.statuses = ["running", "post-processing", "complete"];
    this.releases = {
      [BASE]: { version: BASE_VERSION, previous: [] },
      [TARGET]: { version: TARGET_VERSION, previous: [BASE_VERSION] },
    };
    this.checks = { failures: [], warnings: [], successes: [{ id: "OPCT-001", slo: "conformance" }] };
    this.upgrading = (cluster) => {
      cluster.complete();
    };
    this.objects = {
      clusterversions: [
        {
          metadata: { name: "version" },
          spec: {},
          status: {
            ...{ desired, history: [{ ...desired, state: "Completed" }] },
            ...conditions({ Progressing: "False", Failing: "False", ReleaseAccepted: "True" }),
          },
        },
      ],
      clusteroperators: ["etcd", "machine-config"].map((name) => ({
        metadata: { name },
        status: { versions, ...conditions(WELL) },
      })),
      nodes: [
        { metadata: { name: "worker-1", labels: {} }, spec: {}, status: conditions({ Ready: "True" }) },
        { metadata: { name: "worker-2", labels: tests }, spec: { taints }, status: conditions({ Ready: "True" }) },
      ],
      machineconfigpools: ["master", "worker"].map((name) => ({
        ...{ metadata: { name }, spec: { paused: false } },
        status: conditions({ Updated: "True", Degraded: "False" }),
      })),
      "configs.imageregistry.operator.openshift.io": [
        { metadata: { name: "cluster" }, spec: { managementState: "Managed" } },
      ],
      namespaces: ["default", "openshift-config"].map((name) => ({ metadata: { name } })),
      ...{ configmaps: [], pods: [], clusterroles: [], clusterrolebindings: [] },
    };
  }

  named<T extends Thing>(kind: string, name: string): T {
    return this.objects[kind]!.find(({ metadata }) => metadata.name === name) as T;
  }

  /** Sets a condition of an object. */
  say(kind: string, name: string, type: string, status: "True" | "False", message?: string): void {
    const { status: of } = this.named(kind, name) as unknown as { status: { conditions: Condition[] } };
    of.conditions = [...of.conditions.filter((it) => it.type !== type), { type, status, message }];
  }

  /** Names of namespaces, roles and ConfigMaps that were not there at first. */
  get left(): string[] {
    const kinds = ["namespaces", "configmaps", "pods", "clusterroles", "clusterrolebindings"];
    const names = kinds.flatMap((kind) => this.objects[kind]!.map(({ metadata }) => `${kind}/${metadata.name}`));
    return names.filter((name) => !["namespaces/default", "namespaces/openshift-config"].includes(name));
  }

  /** The upgrade is done, and every operator is of its version. */
  complete(version = TARGET_VERSION): void {
    this.begin("Completed", version);
    this.say("clusterversions", "version", "Progressing", "False", `Cluster version is ${version}`);
    for (const operator of this.objects.clusteroperators!) {
      Object.assign(operator.status as object, { versions: [{ name: "operator", version }] });
    }
  }

  /** The upgrade is in the cluster's history. */
  begin(state: "Partial" | "Completed", version = TARGET_VERSION): void {
    const { status, spec } = this.named("clusterversions", "version") as unknown as {
      spec: { desiredUpdate: { image: string } };
      status: { desired: object; history: { image: string; state: string }[] };
    };
    const { image } = spec.desiredUpdate;
    status.desired = { image, version };
    status.history = [{ image, version, state } as never, ...status.history.filter((it) => it.image !== image)];
  }

  /** An archive of opct's, which holds what its report finds. */
  archive(): Buffer {
    const data = Buffer.from(JSON.stringify({ checks: this.checks }));
    const header = Buffer.alloc(512);
    header.write("opct-report.json", 0);
    header.write("0000644\0" + "0000000\0" + "0000000\0", 100);
    header.write(data.length.toString(8).padStart(11, "0") + "\0" + "00000000000\0" + "        0", 124);
    header.write("ustar\x0000", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(sum.toString(8).padStart(6, "0") + "\0 ", 148);
    const padding = Buffer.alloc((512 - (data.length % 512)) % 512);
    return gzipSync(Buffer.concat([header, data, padding, Buffer.alloc(1024)]));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { tool, args } = JSON.parse(await text(request)) as { tool: string; args: string[] };
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      response.writeHead(401).end();
      return;
    }
    const call = [tool, ...args].join(" ");
    this.calls.push(call);
    if (this.silentAt?.test(call)) {
      this.silentAt = undefined;
      response.destroy();
      return;
    }
    if (this.meanwhile?.at.test(call)) {
      this.meanwhile.happens(this);
      this.meanwhile = undefined;
    }
    const killed = this.killAt?.test(call) === true;
    if (killed) this.killAt = undefined;
    this.cutShort = killed;
    const answer = this.tools[tool]!(this, args);
    response.end(JSON.stringify({ ...answer, ...(killed && { killed }) }));
  }
}
