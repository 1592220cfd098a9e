import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { find, requireTools, startEmptyRegistry } from "../scripts/machine";
import { sharedScripts } from "../scripts/task";
import { Keys } from "./keys";
import { Outside } from "./outside";
import { pushPayload } from "./payload";
import { OC, type PipelineOutcome, runPipeline } from "./pipeline-run";
import { WATCHED_TOOLS, watchedTool } from "./watched-tools";

/** Stream that payloads come from. */
export const STREAM = "4.22.0-0.okd-scos-nightly";
/** The payload that is released. */
export const PAYLOAD = "4.22.0-0.okd-scos-nightly-2026-02-19-063212";
/** What it becomes. */
export const NAME = "4.22.0-okd-scos.ec.4";

/** What the world can see of a release, before and after. */
export const NOTHING = { images: [], github: [], channel: [] };
export const ALL = { images: [NAME], github: [NAME], channel: [NAME] };

const TOOLS = ["curl", "docker-registry", "git", "gpg", "jq", "openssl", "python3", "skopeo"];

/** A registry, everything outside, keys and Secrets: all that a release needs, on this machine. */
export class Factory {
  pullspec = "";
  digest = "";
  workspace = "";
  /** Folders that stand for the Secrets' volumes; a test takes keys away. */
  secrets = "";

  private constructor(
    readonly folder: string,
    readonly outside: Outside,
    readonly keys: Keys,
    private readonly registry: { address: string; stop(): void },
  ) {}

  /** Skips by name where a tool is missing. */
  static async start(context: Mocha.Context): Promise<Factory> {
    requireTools(context, ...TOOLS.filter((tool) => tool !== "docker-registry" || !find("registry")));
    const folder = mkdtempSync(join(tmpdir(), "okd-streams-release-"));
    const registry = await startEmptyRegistry(folder);
    const keys = await Keys.make(folder);
    const outside = await Outside.start(registry.address, keys.app);
    outside.key = keys.maker;
    const factory = new Factory(folder, outside, keys, registry);
    for (const [name, text] of Object.entries(sharedScripts)) writeShared(folder, "scripts", name, text);
    const { data } = parse(readFileSync("pipelines/release/release-notes-template.yaml", "utf8")) as {
      data: Record<string, string>;
    };
    for (const [name, text] of Object.entries(data)) writeShared(folder, "templates", name, text);
    factory.watchArguments();
    return factory;
  }

  stop(): void {
    this.outside.stop();
    this.registry.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** As on the first day: nothing is published, the payload is accepted and signed, every Secret is whole. */
  async reset(): Promise<void> {
    const { outside, folder } = this;
    this.repositories = `okd${++this.generation}`;
    this.workspace = mkdtempSync(join(folder, "workspace-"));
    this.secrets = mkdtempSync(join(folder, "secrets-"));
    Object.assign(this, await pushPayload(folder, `${outside.host}/${this.repositories}/payload`, PAYLOAD));
    for (const [key, value] of Object.entries(this.keys.secrets(`${outside.host}/${this.repositories}`))) {
      writeFileSync(join(this.secrets, key), value);
    }
    const names = ["4.22.0-okd-scos.ec.3", "4.22.0-okd-scos.ec.2", "4.21.0-okd-scos.ec.9", "4.21.0-okd-scos.ec.8"];
    Object.assign(outside, {
      requests: [],
      override: () => undefined,
      all: { [STREAM]: [PAYLOAD], "4-scos-next": names },
      accepted: { [STREAM]: [PAYLOAD], "4-scos-next": names.filter((name) => !name.endsWith("ec.2")) },
      latest: { [STREAM]: { name: PAYLOAD, pullSpec: this.pullspec, phase: "Accepted" } },
      signatures: { [this.signature(1)]: await this.keys.sign(this.digest) },
      releases: [],
      contents: {},
      tags: [],
    });
    writeFileSync(join(folder, "arguments"), "");
    outside.requests = [];
  }

  private generation = 0;
  private repositories = "";

  get content(): string {
    return `${this.outside.host}/${this.repositories}/scos-content`;
  }
  get release(): string {
    return `${this.outside.host}/${this.repositories}/scos-release`;
  }
  /** Way to a signature of the payload in the store. */
  signature(number: number, digest = this.digest): string {
    return `${digest.replace(":", "=")}/signature-${number}`;
  }

  /** The Pipeline, to publish unless told otherwise; or some tasks of it. */
  publish(params: Record<string, string> = {}, only?: string[]): Promise<PipelineOutcome> {
    const { url, host } = this.outside;
    return runPipeline(
      {
        mode: "publish",
        "release-controller": `${url}/controller`,
        "release-stream": STREAM,
        "target-release-stream": "4-scos-next",
        "release-imagestream": "release-scos-next",
        "signature-store": `${url}/store`,
        "gpg-public-key-url": `${url}/key`,
        "content-mirror-pushspec": this.content,
        "release-mirror-pushspec": this.release,
        "insecure-registries": host,
        "gpg-key-id": "release@example.org",
        "github-org-repo": "okd-project/okd",
        "github-app-id": "42",
        "github-app-installation-id": "7",
        "github-api": `${url}/github`,
        "ci-cluster": `${url}/cluster`,
        ...params,
      },
      { "release-binaries": this.workspace },
      () => this.volumes(),
      only,
    );
  }

  /** What of a release the world can see. */
  async published(): Promise<{ images: string[]; github: string[]; channel: string[] }> {
    return {
      images: (await this.tagsOf(this.release)).filter((tag) => !/^reserved-|\.gpg$/.test(tag)),
      github: this.outside.releases.filter(({ draft }) => !draft).map(({ tag_name }) => tag_name),
      channel: this.outside.tags.map(({ name }) => name),
    };
  }

  /** Tags of a repository, `host:port/path`. */
  async tagsOf(repository: string): Promise<string[]> {
    const [host, ...path] = repository.split("/");
    const answer = await fetch(`http://${host}/v2/${path.join("/")}/tags/list`);
    return answer.ok ? (((await answer.json()) as { tags: string[] | null }).tags ?? []).sort() : [];
  }

  /** What the volumes of a Pod would bring, a scratch folder of its own among it. */
  volumes(): Record<string, string> {
    const { folder, secrets } = this;
    return {
      PATH: `${folder}/watched:${OC}:${process.env.PATH}`,
      SCRIPTS: `${folder}/scripts`,
      TEMPLATES: `${folder}/templates`,
      SCRATCH: mkdtempSync(join(folder, "scratch-")),
      MEMORY: mkdtempSync(join(folder, "memory-")),
      PUSH_SECRET: secrets,
      REGISTRY_SECRET: secrets,
      KEY: join(secrets, "private.key"),
      APP_KEY: join(secrets, "githubapp-private-key"),
      TOKEN_FILE: join(secrets, "ci-prow-token"),
    };
  }

  /** Arguments of every program that ran, in one text. */
  get arguments(): string {
    return readFileSync(join(this.folder, "arguments"), "utf8");
  }

  /** Puts a wrapper before each tool, which notes its arguments. */
  private watchArguments(): void {
    mkdirSync(join(this.folder, "watched"));
    for (const tool of WATCHED_TOOLS) {
      const file = join(this.folder, "watched", tool);
      writeFileSync(file, watchedTool(tool, find(tool)!, `cat >> '${this.folder}/arguments'`));
      chmodSync(file, 0o755);
    }
  }
}

/** `host:port/path` of a pullspec by tag. */
export function repositoryOf(pullspec: string): string {
  return pullspec.replace(/:[^:/]*$/, "");
}

function writeShared(folder: string, kind: string, name: string, text: string): void {
  mkdirSync(join(folder, kind), { recursive: true });
  writeFileSync(join(folder, kind, name), text);
}
