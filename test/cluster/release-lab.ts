import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import type { PipelineRun } from "../../components/pipelines/tekton";
import { Keys } from "../unit/release/keys";
import { Outside } from "../unit/release/outside";
import { pushPayload } from "../unit/release/payload";
import { OC } from "../unit/release/pipeline-run";
import type { Factory, Finished } from "./factory";
import { REGISTRY } from "./images";
import { gateway, offlineFolder } from "./needs";
import { pushReleaseToolsImage } from "./release-tools-image";

/** Minute for which Jobs begin. */
const TIME = Math.floor(Date.now() / 60_000);
const NAMESPACE = "okd-release";
const STREAM = "4.22.0-0.okd-scos-nightly";
const PAYLOAD = "4.22.0-0.okd-scos-nightly-2026-02-19-063212";
/** Repositories of this run of the test alone: a registry keeps what others pushed. */
const PATH = `t-release-${Date.now()}`;
/** Keys of the Secrets that publishing needs, by their names. */
const SECRETS = {
  push: ".dockerconfigjson",
  signing: "private.key",
  "github-app": "githubapp-private-key",
  prow: "ci-prow-token",
};
export const CONTENT = `${REGISTRY.pods}/${PATH}/scos-release`;

/** A cluster with releases: what its tests share, and the server that stands for all that is outside. */
export class ReleaseLab {
  private constructor(
    readonly factory: Factory,
    readonly keys: Keys,
    readonly outside: Outside,
    private readonly digest: string,
    /** Reference of the image that releases' steps run in. */
    private readonly tools: string,
  ) {}

  /** Keys, a payload in the registry, and the server. @param folder for what it works on */
  static async start(factory: Factory, folder: string): Promise<ReleaseLab> {
    const { images } = parse(fs.readFileSync(path.join(offlineFolder(), "settings.yaml"), "utf8")) as {
      images: Record<string, string>;
    };
    const keys = await Keys.make(folder);
    const outside = await Outside.start(REGISTRY.here, keys.app, gateway());
    const known = `${REGISTRY.pods}/${PATH}/payload`;
    const { digest } = await pushPayload(folder, `${REGISTRY.here}/${PATH}/payload`, PAYLOAD, "4.0.0", known);
    Object.assign(outside, {
      key: keys.maker,
      all: { [STREAM]: [PAYLOAD], "4-scos-next": ["4.22.0-okd-scos.ec.3", "4.21.0-okd-scos.ec.9"] },
      accepted: { [STREAM]: [PAYLOAD], "4-scos-next": ["4.22.0-okd-scos.ec.3", "4.21.0-okd-scos.ec.9"] },
      latest: { [STREAM]: { name: PAYLOAD, pullSpec: `${known}:${PAYLOAD}`, phase: "Accepted" } },
    });
    const tools = pushReleaseToolsImage(images.curl!, OC, folder, `${outside.url}/arguments`);
    const lab = new ReleaseLab(factory, keys, outside, digest, tools);
    await lab.sign();
    return lab;
  }

  /** Release `dry`, which plans, and `next`, which publishes. */
  settings(): { images: object; releases: object[] } {
    const { url } = this.outside;
    const repository = (name: string) => `${REGISTRY.pods}/${PATH}/${name}`;
    const dry = {
      ...{ from: { stream: STREAM }, controller: `${url}/controller`, target: "4-scos-next" },
      repositories: { content: repository("scos-content"), release: repository("scos-release") },
      signatures: { store: `${url}/store`, key: `${url}/key` },
      storage: { size: "100Mi" },
    };
    const publish = {
      pushSecret: "push",
      signing: { secret: "signing", key: "release@example.org" },
      github: {
        ...{ repository: "okd-project/okd", app: "42", installation: "7", secret: "github-app" },
        api: `${url}/github`,
      },
      channel: { cluster: `${url}/cluster`, imageStream: "release-scos-next", secret: "prow" },
    };
    return {
      images: { "coreos-assembler": this.tools, "openshift-cli": this.tools },
      releases: [
        { ...dry, name: "dry" },
        { ...dry, name: "next", schedule: { cron: "0 5 1 1 *" }, publish },
      ],
    };
  }

  /** `kubectl` in the namespace of releases. */
  readonly kubectl = (...args: string[]): Promise<string> => this.factory.kubectl("-n", NAMESPACE, ...args);

  release(name: string): Promise<Finished> {
    return this.factory.run("release", "kind", name);
  }

  /** Leaves the payload's signature in the store, that of its maker if nobody else is named. */
  async sign(by?: "stranger"): Promise<void> {
    const path = `${this.digest.replace(":", "=")}/signature-1`;
    this.outside.signatures = { [path]: await this.keys.sign(this.digest, by) };
  }

  async tagsOf(name: string): Promise<string[]> {
    const answer = await fetch(`http://${REGISTRY.here}/v2/${PATH}/${name}/tags/list`);
    return answer.ok ? ((await answer.json()) as { tags: string[] }).tags.sort() : [];
  }

  /** Names of what everybody sees. */
  async published(): Promise<Record<"images" | "github" | "channel", unknown[]>> {
    const { releases, tags } = this.outside;
    return {
      images: await this.tagsOf("scos-release"),
      github: releases.filter(({ draft }) => !draft).map(({ tag_name }) => tag_name),
      channel: tags.map(({ name }) => name),
    };
  }

  /** Digest of a release that is published. */
  async digestOf(name: string): Promise<string> {
    const answer = await fetch(`http://${REGISTRY.here}/v2/${PATH}/scos-release/manifests/${name}`, {
      headers: {
        accept: "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json",
      },
    });
    return answer.headers.get("docker-content-digest") ?? "";
  }

  /** Tag of its signatures. */
  async signatureOf(name: string): Promise<string> {
    return `${(await this.digestOf(name)).replace(":", "-")}.gpg`;
  }

  /** Tag by which a name is kept for the payload. */
  reservationOf(name: string): string {
    return `reserved-${name}-${this.digest.slice("sha256:".length).slice(0, 12)}`;
  }

  async createSecrets(): Promise<void> {
    const values = this.keys.secrets(`${REGISTRY.pods}/${PATH}`);
    const folder = fs.mkdtempSync(path.join(this.factory.home, "secrets-"));
    for (const [secret, key] of Object.entries(SECRETS)) {
      fs.writeFileSync(path.join(folder, key), values[key]!);
      await this.kubectl("create", "secret", "generic", secret, `--from-file=${path.join(folder, key)}`);
    }
  }

  async deleteSecrets(): Promise<void> {
    await this.kubectl("delete", "secrets", ...Object.keys(SECRETS));
  }

  /** Beginnings of the secrets that a text holds. */
  async secretsIn(text: string): Promise<string[]> {
    return this.keys.secretTexts.filter((secret) => text.includes(secret)).map((secret) => `${secret.slice(0, 8)}…`);
  }

  /** Has a Job of the CronJob begin and end, as at one and the same time. @param killed its first pod is, at once */
  async begins(prefix: string, { killed = false } = {}): Promise<void> {
    const job = `${prefix}-${TIME}`;
    await this.kubectl("create", "job", job, "--from=cronjob/okd-release-next");
    const pods = ["pods", "-l", `batch.kubernetes.io/job-name=${job}`];
    if (killed) {
      await this.kubectl("wait", "--for=create", ...pods, "--timeout=2m");
      await this.kubectl("delete", ...pods, "--grace-period=0", "--force");
    }
    await this.kubectl("wait", "--for=condition=complete", `job/${job}`, "--timeout=5m");
  }

  async periodicRuns(): Promise<string[]> {
    const names = (await this.kubectl("get", "pipelineruns", "-o", "name")).split("\n");
    return names.filter((name) => name.includes("next-periodic-"));
  }

  /** What the API server says of a run of the CronJobs' account; none is created. */
  attempt(spec: PipelineRun["spec"]): Promise<string> {
    const metadata = { name: `okd-release-next-periodic-${"0".repeat(12)}`, namespace: NAMESPACE };
    const file = path.join(this.factory.home, "attempt.json");
    fs.writeFileSync(file, JSON.stringify({ apiVersion: "tekton.dev/v1", kind: "PipelineRun", metadata, spec }));
    const as = `system:serviceaccount:${NAMESPACE}:scheduler`;
    return this.kubectl("create", "--dry-run=server", "-o", "name", "-f", file, "--as", as).catch(
      (error: unknown) => (error as Error).message,
    );
  }
}
