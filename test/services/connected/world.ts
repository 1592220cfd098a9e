import { type ChildProcess, execFileSync, spawn, type StdioOptions } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { generate } from "selfsigned";
import { Library } from "../../../components/pipelines/library";
import { loadConfiguration } from "../../../stacks/configuration/load";
import { runSources } from "../../../stacks/tools/hosts";
import { kind, kubernetesPlugin, pulumi } from "../../../stacks/tools/pins";
import { PARTS } from "../../../components/platform/parts";

/** The address that all official names have in the namespace. Nothing else is reachable in it. */
const ADDRESS = "198.18.0.1";

const PROJECT_FOLDER = path.resolve(__dirname, "../../..");
const PLATFORM = "linux-amd64";

/** Registries that images have in their references, and that answer under these names. */
const REGISTRIES = ["registry-1.docker.io", "ghcr.io", "quay.io", "cgr.dev", "public.ecr.aws"];
const HOSTS = ["github.com", "get.pulumi.com", "infra.tekton.dev", "raw.githubusercontent.com"];

/** Addresses that builds of stack `kind` ask, and `npm start` before them: whether anything answers there. */
export const BUILDS = runSources(
  "builds",
  loadConfiguration(PROJECT_FOLDER, "kind"),
  new Library({ folder: path.join(PROJECT_FOLDER, "pipelines") }),
).map(({ url }) => url);

/** How an address is answered wrongly: nothing there, another file, half of it, a page of somebody in between. */
export type Wrong = "404" | "other" | "half" | "html";

/** Addresses of what `npm start` downloads. */
export const ADDRESSES = {
  kind: kind.url(PLATFORM),
  checksums: pulumi.checksums,
  pulumi: pulumi.url(PLATFORM),
  plugin: kubernetesPlugin.url(PLATFORM),
  sparePlugin: kubernetesPlugin.spare(PLATFORM),
  pipelines: PARTS.tektonPipelines.files[0]!.url(PARTS.tektonPipelines.version),
  triggers: PARTS.tektonTriggers.files[0]!.url(PARTS.tektonTriggers.version),
  interceptors: PARTS.tektonTriggers.files[1]!.url(PARTS.tektonTriggers.version),
  argoCd: PARTS.argoCd.files[0]!.url(PARTS.argoCd.version),
  dashboard: PARTS.tektonDashboard.files[0]!.url(PARTS.tektonDashboard.version),
  storage: PARTS.storage.files[0]!.url(PARTS.storage.version),
};

/** Manifests of the lab, as published ones name images. */
const PUBLISHED_IMAGES: [of: RegExp, instead: string][] = [
  [/localhost:5001\/tekton\/(pipeline|triggers)-/g, "ghcr.io/tektoncd/$1/"],
  [/localhost:5001\/lab\/busybox:/g, "cgr.dev/chainguard/busybox:"],
  [/localhost:5001\/argocd\/redis:/g, "public.ecr.aws/docker/library/redis:"],
  [/localhost:5001\/argocd\/argocd:/g, "quay.io/argoproj/argocd:"],
  [/localhost:5001\/rancher\//g, "rancher/"],
];

/** In place of the Tekton Dashboard, which the lab lacks: an object that names its image. */
const DASHBOARD = JSON.stringify({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "tekton-dashboard", namespace: "tekton-pipelines" },
  spec: { containers: [{ name: "dashboard", image: "ghcr.io/tektoncd/dashboard/dashboard:v0" }] },
});

/** The same reference as published: what the lab's images are called in the registry that stands for all. */
export function published(reference: string): string {
  return PUBLISHED_IMAGES.reduce((text, [of, instead]) => text.replace(of, instead), reference);
}

export interface Finished {
  exitCode: number;
  text: string;
}

/**
 * A machine on which nothing was installed, in a network of its own, where the official hosts answer with what the lab has.
 * The project on it is this one, but for the checksums of what the lab built itself.
 */
export class ConnectedMachine {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-connected-"));
  readonly project = path.join(this.folder, "project");
  private readonly programs = path.join(this.folder, "programs");
  private server?: ChildProcess;
  private readonly processes: ChildProcess[] = [];
  private readonly lab: string;

  constructor(lab: string) {
    this.lab = lab;
  }

  async start(registryPort?: number): Promise<void> {
    const write = (name: string, text: string) => {
      fs.mkdirSync(path.dirname(path.join(this.folder, name)), { recursive: true });
      fs.writeFileSync(path.join(this.folder, name), text);
    };
    const names = [...new Set([...HOSTS, ...REGISTRIES, ...BUILDS.map((url) => new URL(url).host)])];
    const { cert, private: key } = await generate([{ name: "commonName", value: "Official hosts of a test" }], {
      extensions: [
        { name: "basicConstraints", cA: true },
        { name: "subjectAltName", altNames: names.map((value) => ({ type: 2, value })) },
      ],
    });
    write("certificate.pem", cert);
    write("key.pem", key);
    write("names.json", JSON.stringify(names));
    write("registries.json", JSON.stringify({ hosts: REGISTRIES, port: registryPort }));
    write("hosts", "127.0.0.1 localhost\n");
    write("resolv.conf", `nameserver ${ADDRESS}\n`);
    fs.mkdirSync(this.programs);
    this.answer({});
    this.forget();
    this.publish();
    this.copyProject();
    const inside = [
      "mount --make-rprivate /",
      ...["hosts", "resolv.conf"].map((name) => `mount --bind '${this.folder}/${name}' /etc/${name}`),
      "ip link set lo up",
      `ip address add ${ADDRESS}/32 dev lo`,
      `exec '${process.execPath}' --import tsx test/services/connected/official.ts '${this.folder}' ${ADDRESS}`,
    ].join(" && ");
    this.server = spawn("unshare", ["--mount", "--net", "sh", "-c", inside], { stdio: ["ignore", "pipe", "inherit"] });
    await Promise.race([
      once(this.server.stdout!, "data"),
      once(this.server, "exit").then(() => Promise.reject(new Error("the official hosts did not start"))),
    ]);
  }

  /** Says which addresses are answered wrongly, and how; all others are answered as they should be. */
  answer(wrong: Record<string, Wrong>): void {
    fs.writeFileSync(path.join(this.folder, "wrong.json"), JSON.stringify(wrong));
  }

  /** What was asked for so far, each once, sorted; names that nobody has are among it. */
  get asked(): string[] {
    const lines = fs.readFileSync(path.join(this.folder, "asked.log"), "utf8").split("\n").filter(Boolean);
    return [...new Set(lines)].sort();
  }

  forget(): void {
    fs.writeFileSync(path.join(this.folder, "asked.log"), "");
  }

  /** Puts a program on PATH. */
  program(name: string, text: string): void {
    fs.writeFileSync(path.join(this.programs, name), text, { mode: 0o755 });
  }

  /** Forgets what was downloaded and made, but for texts that were parsed, which are found by what they say. */
  clean(): void {
    const cache = path.join(this.folder, "home/cache/okd-streams");
    const texts = this.cached("manifests").filter((name) => name.endsWith(".yaml"));
    for (const name of ["bin", "pulumi", ...texts.map((text) => path.join("manifests", text)), "../../data"]) {
      fs.rmSync(path.join(cache, name), { recursive: true, force: true });
    }
  }

  /** What is in a folder of the cache. */
  cached(name: string): string[] {
    const folder = path.join(this.folder, "home/cache/okd-streams", name);
    return fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
  }

  /** Runs a command of the project there to its end. */
  run(...args: string[]): Promise<Finished> {
    return this.exec(process.execPath, ["--import", "tsx", "stacks/commands/main.ts", ...args]);
  }

  /** Runs a program there. */
  exec(command: string, args: string[], variables: Record<string, string> = {}): Promise<Finished> {
    const child = this.enter(command, args, variables, ["ignore", "pipe", "pipe"]);
    let text = "";
    for (const stream of [child.stdout!, child.stderr!])
      stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ exitCode: code ?? 1, text }));
    });
  }

  private enter(command: string, args: string[], variables: Record<string, string>, stdio: StdioOptions): ChildProcess {
    const home = path.join(this.folder, "home");
    fs.mkdirSync(home, { recursive: true });
    const certificate = path.join(this.folder, "certificate.pem");
    const env = {
      HOME: home,
      XDG_CACHE_HOME: path.join(home, "cache"),
      XDG_DATA_HOME: path.join(home, "data"),
      XDG_CONFIG_HOME: path.join(home, "config"),
      PATH: [this.programs, path.dirname(process.execPath), "/usr/sbin:/usr/bin:/sbin:/bin"].join(":"),
      // What somebody behind a network that looks into TLS has to set.
      NODE_EXTRA_CA_CERTS: certificate,
      SSL_CERT_FILE: certificate,
      DOCKER_HOST: `unix://${this.folder}/docker.sock`,
      ...variables,
    };
    const enter = ["--target", String(this.server!.pid), "--mount", "--net", "--", "env", "-C", this.project];
    return spawn("nsenter", [...enter, command, ...args], { env, stdio });
  }

  /** Starts a program there that stays, until {@link stop}. What it says is in the file `NAME.log`. */
  background(name: string, command: string, args: string[]): ChildProcess {
    const log = fs.openSync(path.join(this.folder, `${name}.log`), "w");
    const child = this.enter(command, args, {}, ["ignore", log, log]);
    this.processes.push(child);
    fs.closeSync(log);
    return child;
  }

  /** Ends what was started, the last first, and removes the folder. */
  async stop(): Promise<void> {
    for (const child of [...this.processes.reverse(), ...(this.server ? [this.server] : [])]) {
      if (child.exitCode === null && child.signalCode === null && child.kill()) await once(child, "exit");
    }
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /** The lab's programs and manifests as the official hosts have them. */
  private publish(): void {
    const place = (url: string, content: Buffer | string) => {
      const { host, pathname } = new URL(url);
      const file = path.join(this.folder, "files", host, pathname);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, content);
    };
    const pack = (folder: string, ...names: string[]) =>
      execFileSync("tar", ["-czf", "-", `--transform=s|^|${folder}|`, "-C", path.join(this.lab, "bin"), ...names], {
        maxBuffer: 1 << 30,
      });
    place(ADDRESSES.kind, fs.readFileSync(path.join(this.lab, "bin/kind")));
    const archive = pack("pulumi/", "pulumi");
    place(ADDRESSES.pulumi, archive);
    place(ADDRESSES.checksums, `${sha256(archive)}  ${path.basename(ADDRESSES.pulumi)}\n`);
    place(ADDRESSES.plugin, pack("", "pulumi-resource-kubernetes"));
    const manifest = (name: string) =>
      published(fs.readFileSync(path.join(this.lab, "manifests", `${name}.yaml`), "utf8"));
    place(ADDRESSES.pipelines, manifest("tekton-pipelines"));
    place(ADDRESSES.triggers, manifest("tekton-triggers"));
    place(ADDRESSES.interceptors, manifest("tekton-interceptors"));
    place(ADDRESSES.argoCd, manifest("argo-cd"));
    place(ADDRESSES.storage, manifest("local-path-storage"));
    place(ADDRESSES.dashboard, DASHBOARD);
  }

  /** This project, with the checksum of the lab's kind. */
  private copyProject(): void {
    const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
      cwd: PROJECT_FOLDER,
      encoding: "utf8",
    });
    for (const file of files.split("\0").filter((it) => it !== "" && !it.startsWith("test/unit"))) {
      fs.mkdirSync(path.dirname(path.join(this.project, file)), { recursive: true });
      if (fs.existsSync(path.join(PROJECT_FOLDER, file))) {
        fs.copyFileSync(path.join(PROJECT_FOLDER, file), path.join(this.project, file));
      }
    }
    fs.symlinkSync(path.join(PROJECT_FOLDER, "node_modules"), path.join(this.project, "node_modules"));
    const pins = path.join(this.project, "stacks/tools/pins.ts");
    const own = sha256(fs.readFileSync(path.join(this.lab, "bin/kind")));
    fs.writeFileSync(pins, fs.readFileSync(pins, "utf8").replace(kind.sha256[PLATFORM]!, own));
  }
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
