import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import { forgetContainerEngine } from "../../../components/clusters/kind/container-engine";
import type { KindConfig } from "../../../components/clusters/kind/config";

/** A container of the pretended engine. */
export interface FakeContainer {
  id: string;
  name: string;
  image: string;
  running: boolean;
  labels: Record<string, string>;
  mounts: string[];
  networks: string[];
  /** Port of this machine, perhaps with its address before it, by port of the container. */
  ports: Record<string, string>;
  files: Record<string, string>;
}

/** What a tool is called with. */
interface Call {
  tool: string;
  args: string[];
  input: string;
  engine: string;
  network: string;
}

class Failure extends Error {}

/** The tool itself, on PATH: it hands its call to this process and ends as it is told. */
const shim = (port: number) => `#!/bin/bash
exec 3<>/dev/tcp/127.0.0.1/${String(port)}
printf '%s\\0' "$#" "\${0##*/}" "\${KIND_EXPERIMENTAL_PROVIDER-}" "\${NO_PROXY-}" "\${KIND_EXPERIMENTAL_DOCKER_NETWORK-}" "$@" "$(/bin/cat)" >&3
read -r code <&3
if ((code)); then /bin/cat <&3 >&2; else /bin/cat <&3; fi
exit "$code"
`;

/** Calls that change nothing are not written down. */
const READS = /^docker (info|ps|inspect|cp|(image|context|network) inspect|network ls) /;

/** Pretended `docker`, `kind` and `skopeo` on PATH, which share a small world. */
export class FakeTools {
  containers: FakeContainer[] = [];
  images: string[] = [];
  /** Labels of networks that were made, by their names. */
  networks: Record<string, Record<string, string>> = {};
  /** Where the client finds the engine. */
  endpoint = "unix:///var/run/docker.sock";
  /** The engine does not answer. */
  dead = false;
  /** Only this command of the engine's gets no answer. */
  unanswered?: string;
  /** kind makes the containers, and fails then. */
  createFails = false;
  /** What programs in containers say. */
  said = "";
  /** Called once, when containers have been listed and not yet looked at. */
  afterListing: (() => void) | undefined;
  /** NO_PROXY as kind had it when it made the cluster. */
  noProxy?: string;
  /** Calls that changed something, in their order, with this test's folder written as TMP. */
  calls: string[] = [];
  /** What a registry that was run holds: digest of the configuration by image. */
  pushed: Record<string, string> = {};
  /** What skopeo finds in the archives, likewise by reference. */
  archived: Record<string, string> = {};
  /** What kind gives as the kubeconfig of a cluster. */
  kubeconfig = (name: string): string => `kubeconfig of ${name}\n`;
  private count = 0;
  private registry?: http.Server;
  private readonly path = process.env.PATH;

  private constructor(
    private readonly folder: string,
    private readonly server: Server,
  ) {}

  /** @param tools those that are on PATH, before the system's own or, if `alone`, without them */
  static async start(tools = ["docker", "kind", "skopeo"], alone = false): Promise<FakeTools> {
    const server = createServer((socket) => {
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk.toString();
        const [count, tool, engine, noProxy, network, ...fields] = text.split("\0");
        if (fields.length !== Number(count) + 2) return;
        const args = fields.slice(0, Number(count));
        if (args[0] === "create") fake.noProxy = noProxy;
        socket.end(
          fake.answer({ tool: tool!, engine: engine!, network: network!, args, input: fields[Number(count)]! }),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const fake = new FakeTools(mkdtempSync(path.join(tmpdir(), "okd-streams-test-")), server);
    for (const tool of tools) {
      fake.write(tool, shim((server.address() as AddressInfo).port));
      chmodSync(fake.file(tool), 0o755);
    }
    // A real Podman of this machine is none of a test's business.
    if (!alone && !tools.includes("podman")) {
      fake.write("podman", "#!/bin/sh\nexit 125\n");
      chmodSync(fake.file("podman"), 0o755);
    }
    delete process.env.KIND_EXPERIMENTAL_PROVIDER;
    process.env.PATH = alone ? fake.folder : `${fake.folder}:/usr/bin:/bin`;
    forgetContainerEngine();
    return fake;
  }

  stop(): void {
    this.server.close();
    this.stopRegistry();
    process.env.PATH = this.path;
    forgetContainerEngine();
    rmSync(this.folder, { recursive: true, force: true });
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  write(name: string, text: string): void {
    writeFileSync(this.file(name), text);
  }

  addContainer(container: Partial<FakeContainer> & { name: string }): FakeContainer {
    const id = String(++this.count).padStart(4, "0").repeat(16);
    const defaults = { image: "", running: true, labels: {}, mounts: [], networks: ["kind"], ports: {}, files: {} };
    this.containers.push({ id, ...defaults, ...container });
    return this.containers.at(-1)!;
  }

  private answer(call: Call): string {
    const line = [call.tool, ...call.args].join(" ");
    if (!READS.test(`${line} `)) {
      const folders = line.replaceAll(this.folder, "TMP").replace(/\/\S*okd-streams-\w+\/kubeconfig/, "TMP/kubeconfig");
      this.calls.push(folders);
    }
    try {
      return `0\n${this.act(call)}`;
    } catch (error) {
      if (error instanceof Failure) return `1\n${error.message}\n`;
      throw error;
    }
  }

  private act({ tool, args, input, engine, network }: Call): string {
    if (tool === "docker") return this.docker(args, input);
    if (tool === "kind" && args[0] === "version") return "kind v0.33.0 go1.26.0 linux/amd64\n";
    if (tool === "kind" && engine !== "docker") throw new Failure("ERROR: kind was to guess the engine");
    if (tool === "kind") return this.kind(args, input, network);
    const [archive, target] = args.slice(-2);
    const reference = archive!.split(":").slice(2).join(":");
    this.pushed[target!.replace(/^docker:\/\/[^/]+\//, "")] = this.archived[reference]!;
    return "";
  }

  private docker(args: string[], input: string): string {
    if (this.dead || args[0] === this.unanswered)
      throw new Failure("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.");
    const value = (flag: string) => args[args.indexOf(flag) + 1]!;
    const last = args.at(-1)!;
    switch (args[0]) {
      case "context":
        return this.endpoint;
      case "info":
        return JSON.stringify({ ServerVersion: "28.0.0", NCPU: 2, MemTotal: 8e9, CgroupVersion: "2" });
      case "ps": {
        const listing = this.filter(value("--filter"))
          .map(({ id }) => `${id}\n`)
          .join("");
        this.afterListing?.();
        this.afterListing = undefined;
        return listing;
      }
      case "inspect":
        return JSON.stringify(args.slice(3).map((id) => show(this.container(id))));
      case "image":
        return this.images.includes(last) ? "" : refuse("No such image");
      case "pull":
        if (last.includes("missing")) refuse("manifest unknown");
        this.images.push(last);
        return "";
      case "start":
        for (const container of args.slice(1).map((id) => this.container(id))) {
          container.running = true;
          if (container.ports["5000/tcp"]) this.startRegistry(container.ports["5000/tcp"]);
        }
        return "";
      case "rm":
        this.containers = this.containers.filter(({ id }) => id !== last);
        this.stopRegistry();
        return "";
      case "network":
        return this.network(args);
      case "run": {
        const [, host, port] = value("--publish").split(":");
        const labels = Object.fromEntries(
          args.flatMap((it, index) => (it === "--label" ? [args[index + 1]!.split(/=(.*)/).slice(0, 2)] : [])),
        ) as Record<string, string>;
        const image = args[args.indexOf("--entrypoint") + 2]!;
        const ports = { [`${port!}/tcp`]: host! };
        this.addContainer({ name: value("--name"), image, labels, networks: [value("--network")], ports });
        this.startRegistry(host!);
        return "";
      }
      case "cp": {
        const [id, file] = args[1]!.split(/:(.*)/);
        return this.container(id!).files[file!] ?? refuse("Could not find the file");
      }
      case "exec": {
        const interactive = args[1] === "--interactive";
        const { running, files } = this.container(args[interactive ? 2 : 1]!);
        if (!running) refuse("container is not running");
        if (interactive) files[last] = input;
        return this.said;
      }
      default:
        return "";
    }
  }

  private network([, verb = "", ...args]: string[]): string {
    const last = args.at(-1)!;
    switch (verb) {
      case "connect":
        this.container(last).networks.push(args[0]!);
        return "";
      case "create":
        this.networks[last] = Object.fromEntries(
          args.flatMap((it, index) => (it === "--label" ? [args[index + 1]!.split(/=(.*)/).slice(0, 2)] : [])),
        ) as Record<string, string>;
        return "";
      case "inspect":
        if (args.includes("--format")) return "1450";
        return JSON.stringify(
          args.map((name) => ({ Name: name, Labels: this.networks[name] ?? refuse(`network ${name} not found`) })),
        );
      case "ls":
        return Object.keys(this.networks)
          .filter((name) => last.replace("label=", "") in this.networks[name]!)
          .join("\n");
      default:
        if (this.containers.some(({ networks }) => networks.includes(last))) refuse("network has active endpoints");
        // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
        delete this.networks[last];
        return "";
    }
  }

  private kind(args: string[], input: string, network: string): string {
    const name = args[args.indexOf("--name") + 1]!;
    const label = `label=io.x-k8s.kind.cluster=${name}`;
    switch (args.slice(0, 2).join(" ")) {
      case "create cluster":
        if (this.filter(label).length > 0) throw new Failure("ERROR: failed to create cluster: node(s) already exist");
        (parse(input) as KindConfig).nodes.forEach(({ role, image = "default", extraMounts }, index) => {
          const labels = { "io.x-k8s.kind.cluster": name, "io.x-k8s.kind.role": role };
          const mounts = extraMounts.map(({ containerPath }) => containerPath);
          const networks = [network || "kind"];
          this.addContainer({ name: `${name}-${role}${String(index)}`, image, labels, mounts, networks });
        });
        if (this.createFails) {
          throw new Failure(
            'ERROR: failed to create cluster: command "docker run \\"x\\"" failed with error: exit status 125',
          );
        }
        return "";
      case "delete cluster": {
        const gone = this.filter(label);
        this.containers = this.containers.filter((container) => !gone.includes(container));
        return "";
      }
      case "get kubeconfig":
        return this.kubeconfig(name);
      default:
        return "";
    }
  }

  /** A registry as far as it is asked: whether it is there, and for the configurations of images. */
  startRegistry(port: string): void {
    this.registry = http.createServer(({ url }, response) => {
      const [, repository, tag] = /^\/v2\/(?:(.+)\/manifests\/(.+))?$/.exec(url!) ?? [url!, ""];
      const digest = this.pushed[`${repository!}:${tag!}`];
      response.writeHead(repository === undefined || digest ? 200 : 404);
      response.end(JSON.stringify({ config: { digest } }));
    });
    this.registry.listen(Number(port), "127.0.0.1");
  }

  stopRegistry(): void {
    this.registry?.close();
    this.registry?.closeAllConnections();
    this.registry = undefined;
  }

  private filter(filter: string): FakeContainer[] {
    const [kind, key = "", wanted] = filter.split("=");
    if (kind === "status") return this.containers.filter(({ running }) => running);
    if (kind === "name") return this.containers.filter(({ name }) => new RegExp(key).test(name));
    return this.containers.filter(({ labels }) => key in labels && (wanted ?? labels[key]) === labels[key]);
  }

  private container(id: string): FakeContainer {
    return this.containers.find((container) => container.id === id) ?? refuse(`No such container: ${id}`);
  }
}

function refuse(message: string): never {
  throw new Failure(`Error response from daemon: ${message}`);
}

/** As `docker inspect` shows it. */
function show({ id, name, image, running, labels, mounts, networks, ports }: FakeContainer): object {
  const bindings = Object.entries(ports).map(([port, place]) => {
    const [, HostIp, HostPort] = /^(?:(.*):)?(\d+)$/.exec(place)!;
    return [port, [{ ...(HostIp && { HostIp }), HostPort }]] as const;
  });
  return {
    Id: id,
    Name: `/${name}`,
    Config: { Image: image, Labels: labels },
    State: { Running: running },
    Mounts: mounts.map((Destination) => ({ Destination })),
    NetworkSettings: { Networks: Object.fromEntries(networks.map((network) => [network, {}])) },
    HostConfig: { PortBindings: Object.fromEntries(bindings) },
  };
}
