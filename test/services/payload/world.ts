import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle } from "../../../components/programs/bundle";
import type {
  Entry,
  Plan,
  PlannedComponent,
  ReleaseInfo,
  SourceRow,
  Tag,
} from "../../../components/programs/payload/entry";
import { readJson } from "../../../components/programs/payload/files";
import { OC } from "../../unit/release/pipeline-run";
import { pushBlob, pushLayers, put } from "../../unit/release/payload";
import { find, requireBuilds, requireTools, startEmptyRegistry } from "../../unit/scripts/machine";
import { type Outcome, run, runTask } from "../../unit/scripts/task";
import { BASE_NAME, LABEL, operatorFiles, OPERATORS, OTHERS } from "./sample";

/** A registry with a base release, builders and parents; repositories of components; the Tasks. */
export class World {
  /** The base release by digest. */
  base = "";
  /** An image that takes etcd's place. */
  etcd?: string;

  private constructor(
    readonly folder: string,
    private readonly registry: { address: string; stop(): void },
  ) {}

  /** Skips by name where a tool is missing. @param builds whether components are built. @default true */
  static async start(context: Mocha.Context, { builds } = { builds: true }): Promise<World> {
    if (builds) requireBuilds(context);
    else requireTools(context, "skopeo", ...(find("registry") ? [] : ["docker-registry"]));
    const folder = mkdtempSync(join(tmpdir(), "okd-streams-payload-"));
    const world = new World(folder, await startEmptyRegistry(folder));
    try {
      writeFileSync(join(folder, "payload.js"), bundle("payload"));
      if (builds) {
        await world.must("bash", [
          "-euc",
          ROOTS,
          "roots",
          folder,
          `${world.host}/builders/golang:1`,
          `${world.host}/parents/base-stream9:4.22`,
        ]);
      }
      await world.makeBase();
    } catch (error) {
      world.stop();
      throw error;
    }
    return world;
  }

  stop(): void {
    this.registry.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get host(): string {
    return this.registry.address;
  }

  private async makeBase(): Promise<void> {
    const tags = [];
    for (const [name, images] of Object.entries(OPERATORS)) {
      tags.push({
        name,
        from: await this.push(`okd/${name}`, [{ "usr/bin/x": name }, operatorFiles(name, images)], LABEL),
      });
    }
    for (const name of OTHERS) tags.push({ name, from: await this.push(`okd/${name}`, [{ "usr/bin/x": name }], {}) });
    const references = {
      ...{ kind: "ImageStream", apiVersion: "image.openshift.io/v1", metadata: { name: BASE_NAME } },
      spec: { tags: tags.map(({ name, from }) => ({ name, from: { kind: "DockerImage", name: from } })) },
    };
    const file = join(this.folder, "base-references.json");
    writeFileSync(file, JSON.stringify(references));
    const target = `${this.host}/okd/release`;
    const metadata = '--metadata={"url":"https://example.org/release"}';
    await this.oc(
      "adm",
      "release",
      "new",
      "--insecure",
      "--request-timeout=60s",
      `--from-image-stream-file=${file}`,
      "--reference-mode=source",
      ...[
        `--name=${BASE_NAME}`,
        "--previous=4.22.0-okd-scos.6",
        metadata,
        `--include=${OTHERS.join()}`,
        `--to-image=${target}:${BASE_NAME}`,
      ],
    );
    this.base = `${target}@${await this.digest(`${target}:${BASE_NAME}`)}`;
  }

  /** @returns the image by digest */
  async push(
    repository: string,
    layers: Record<string, string>[],
    labels: Record<string, string>,
    architecture?: string,
  ): Promise<string> {
    const image = `${this.host}/${repository}`;
    return `${image}@${await pushLayers(this.folder, `${image}:${++this.pushes}`, layers, labels, architecture)}`;
  }
  private pushes = 0;

  /** Makes a repository, with a tag of its branch's name that is of something else, or a further commit in it. @returns the commit */
  async commit(name: string, files: Record<string, string>, ref = "release-4.22"): Promise<string> {
    const repository = join(this.folder, "git", name);
    mkdirSync(repository, { recursive: true });
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(repository, path, ".."), { recursive: true });
      writeFileSync(join(repository, path), text);
    }
    const script = `
      cd "$1"
      export GIT_{AUTHOR,COMMITTER}_NAME=x GIT_{AUTHOR,COMMITTER}_EMAIL=x@example.invalid
      [ -d .git ] || git init -q -b "$2"
      git add -A
      git diff --cached --quiet || git commit -qm x
      if ! git describe --tags > /dev/null 2>&1; then
        git tag v1.2.3
        git tag "$2" "$(git commit-tree -m another HEAD^{tree})"
      fi
      git rev-parse HEAD`;
    return (await this.must("bash", ["-euc", script, "commit", repository, ref])).trim();
  }

  row(name: string, row: Partial<SourceRow> = {}): SourceRow {
    return {
      ...{
        repository: `file://${this.folder}/git/${name}`,
        ref: "release-4.22",
        dockerfile: "Dockerfile",
        context: ".",
      },
      ...{ arguments: { TAGS: "scos" }, network: false },
      ...row,
    };
  }

  /** @param version of the release. @default BASE_NAME.mine.1 */
  entry(
    components: Entry["components"],
    { version = `${BASE_NAME}.mine.1`, ...more }: Partial<Entry> & { version?: string } = {},
  ): Entry {
    const pattern = (text: string) => `^registry\\.ci\\.openshift\\.org/ocp/${text}$`;
    return {
      ...{ name: "mine", minor: "4.22", components },
      release: { repository: `${this.host}/me/release`, version },
      substitutions: [
        { pattern: pattern("[0-9.]+:base-rhel9"), becomes: "base-stream9" },
        { pattern: pattern("builder:rhel-9-golang-.*"), becomes: "golang" },
        { pattern: pattern("[0-9.]+:(?<component>.+)"), becomes: "<component>" },
      ],
      builders: { golang: `${this.host}/builders/golang:1` },
      parents: { "base-stream9": `${this.host}/parents/base-stream9:4.22` },
      recipe: "0",
      ...more,
    };
  }

  resolve(entry: Entry, params: Record<string, string> = {}): Promise<Outcome> {
    const folder = mkdtempSync(join(this.folder, "entry-"));
    writeFileSync(join(folder, "entry.json"), JSON.stringify(entry));
    return this.task("payload-resolve", { base: this.base, architecture: "amd64", ...params }, { entry: folder });
  }

  /** @param number of the component in the plan */
  build(plan: string, number = "0", env: Record<string, string> = {}): Promise<Outcome> {
    return this.task("payload-build-component", { plan, component: number, version: "4.22" }, {}, env);
  }

  /** @param plan an image by digest, or what one says */
  async release(
    plan: string | PlannedComponent[],
    params: Record<string, string> = {},
    env: Record<string, string> = {},
  ): Promise<Outcome> {
    const image = typeof plan === "string" ? plan : await this.leavePlan(plan);
    const given = { base: this.base, architecture: "amd64", "release-repository": `${this.host}/me/release` };
    return this.task("payload-release", { ...given, plan: image, ...params }, {}, env);
  }

  /** Leaves a plan in the registry, as the first Task does. @returns it by digest */
  private async leavePlan(components: PlannedComponent[]): Promise<string> {
    const path = "me/okd-payload-plan";
    const config = {
      mediaType: "application/vnd.oci.image.config.v1+json",
      ...(await pushBlob(this.host, path, Buffer.from("{}"))),
    };
    const mediaType = "application/vnd.oci.image.manifest.v1+json";
    const annotations = { "io.okd-streams.record": JSON.stringify({ components }) };
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [], annotations });
    await put(`http://${this.host}/v2/${path}/manifests/a-test`, manifest, mediaType);
    return `${this.host}/${path}@sha256:${createHash("sha256").update(manifest).digest("hex")}`;
  }

  /** What a plan says. */
  async planned(plan: string): Promise<PlannedComponent[]> {
    const text = await this.must("skopeo", ["inspect", "--tls-verify=false", "--raw", `docker://${plan}`]);
    const { annotations } = JSON.parse(text) as { annotations: Record<string, string> };
    return (JSON.parse(annotations["io.okd-streams.record"]!) as Plan).components;
  }

  /** As the Pipeline does: what is resolved, built and released, though a build fails. */
  async run(entry: Entry): Promise<{ built: string[]; outcomes: string[]; resolved: Outcome; released: Outcome }> {
    const resolved = await this.resolve(entry);
    assert.equal(resolved.code, 0, resolved.log);
    const plan = resolved.results["plan-image"]!;
    const components = await this.planned(plan);
    const [built, outcomes]: [string[], string[]] = [[], []];
    for (const wave of [1, 2, 3, 4]) {
      for (const number of JSON.parse(resolved.results[`wave-${wave}`]!) as string[]) {
        if (number === "none") continue;
        const { code, results } = await this.build(plan, number);
        outcomes.push(results.outcome ?? `failed: ${components[parseInt(number, 36)]!.name}`);
        if (code === 0 && results.outcome === "built") built.push(components[parseInt(number, 36)]!.name);
      }
    }
    const released = await this.release(plan, { version: entry.release!.version });
    return { built, outcomes, resolved, released };
  }

  /** @param mounts folders by the path that a volume or an image has them at */
  async task(
    name: string,
    params: Record<string, string>,
    workspaces = {},
    env: Record<string, string> = {},
    mounts: Record<string, string> = {},
  ): Promise<Outcome> {
    const work = mkdtempSync(join(this.folder, "work-"));
    for (const folder of ["scratch", "storage", "secret"]) mkdirSync(join(work, folder));
    const own: Record<string, string> = name === "payload-release" ? {} : { "target-registry": `${this.host}/me` };
    const outcome = await runTask(name, {
      params: { ...own, "insecure-registries": this.host, ...params },
      workspaces,
      env: {
        PATH: `${OC}:${process.env.PATH}`,
        ...{ SCRATCH: join(work, "scratch"), STORAGE: join(work, "storage"), REGISTRY_SECRET: join(work, "secret") },
        DRIVERS: "vfs",
        ...env,
      },
      mounts: { "/etc/okd-payload": this.folder, "/var/scratch": join(work, "scratch"), ...mounts },
    });
    rmSync(work, { recursive: true, force: true });
    return outcome;
  }

  async oc(...args: string[]): Promise<string> {
    return this.must(join(OC, "oc"), args);
  }

  /** References of the base, as `oc adm release new` takes them from a file. */
  references(): { [field: string]: unknown; spec: { tags: Tag[] } } {
    return readJson(join(this.folder, "base-references.json"));
  }

  async info(image: string): Promise<ReleaseInfo> {
    const json = await this.oc(
      "adm",
      "release",
      "info",
      "--insecure",
      "--filter-by-os=linux/amd64",
      "--output=json",
      image,
    );
    return JSON.parse(json) as ReleaseInfo;
  }

  /** The commit that a repository is at. */
  async head(name: string): Promise<string> {
    return (await this.must("git", ["-C", join(this.folder, "git", name), "rev-parse", "HEAD"])).trim();
  }

  async copy(from: string, to: string): Promise<void> {
    const options = ["--src-tls-verify=false", "--dest-tls-verify=false"];
    await this.must("skopeo", [
      "copy",
      "--quiet",
      "--preserve-digests",
      ...options,
      `docker://${from}`,
      `docker://${to}`,
    ]);
  }

  /** Text of a file of an image. */
  async file(image: string, path: string): Promise<string> {
    const script = `
      export STORAGE_DRIVER=vfs CONTAINERS_STORAGE_CONF=$1
      container=$(buildah from --quiet --tls-verify=false "$2")
      cat "$(buildah mount "$container")$3"
      buildah rm "$container" > /dev/null`;
    return this.must("bash", ["-euc", script, "file", join(this.folder, "storage.conf"), image, path]);
  }

  async digest(image: string): Promise<string> {
    return (
      await this.must("skopeo", ["inspect", "--tls-verify=false", "--format={{.Digest}}", `docker://${image}`])
    ).trim();
  }

  async config(
    image: string,
  ): Promise<{ config: { Labels: Record<string, string>; Env?: string[] }; rootfs: { diff_ids: string[] } }> {
    return JSON.parse(
      await this.must("skopeo", ["inspect", "--tls-verify=false", "--config", "--raw", `docker://${image}`]),
    ) as never;
  }

  async tags(repository: string): Promise<string[]> {
    const answer = await fetch(`http://${this.host}/v2/${repository}/tags/list`);
    return answer.ok ? ((await answer.json()) as { tags: string[] }).tags.sort() : [];
  }

  async must(program: string, args: string[]): Promise<string> {
    const { code, log } = await run(program, args, process.env);
    assert.equal(code, 0, log);
    return log;
  }
}

/** Images with a shell: a builder that has a user of its own, and a parent. */
const ROOTS = `
folder=$1 root=$1/busybox
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
printf '[storage]\\ndriver = "vfs"\\ngraphroot = "%s/graph"\\nrunroot = "%s/run"\\n' "$folder/storage" "$folder/storage" > "$folder/storage.conf"
export CONTAINERS_STORAGE_CONF=$folder/storage.conf
mkdir -p "$root/bin" "$root/tmp" "$root/usr/share" "$root/usr/bin"
cp "$(command -v busybox)" "$root/bin/busybox"
for applet in $(busybox --list); do [ "$applet" = busybox ] || ln -sf busybox "$root/bin/$applet"; done
for image in "$2" "$3"; do
  container=$(buildah from scratch)
  buildah copy --quiet "$container" "$root" / > /dev/null
  if [ "$image" = "$2" ]; then buildah config --user 1001 "$container"; fi
  buildah commit --quiet --rm "$container" "$image" > /dev/null
  buildah push --quiet --tls-verify=false "$image" "docker://$image"
done
`;
