import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { arch, homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { REHEARSAL, run } from "./task";

/** This machine as `uname -m` names it. */
export const ARCHITECTURE = { x64: "x86_64", arm64: "aarch64" }[arch() as string] ?? arch();

/** Tools that tests run and packages that bring them. */
const PACKAGES: Record<string, string> = {
  buildah: "buildah",
  busybox: "busybox-static",
  curl: "curl",
  gpg: "gpg",
  openssl: "openssl",
  git: "git",
  jq: "jq",
  python3: "python3",
  shellcheck: "shellcheck",
  skopeo: "skopeo",
};

/** Path of a tool, or nothing. The lab's own folder is looked through last. */
export function find(...names: string[]): string | undefined {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const lab = join(process.env.OKD_STREAMS_OFFLINE ?? join(cache, "okd-streams/lab"), "bin");
  const folders = [...(process.env.PATH ?? "").split(delimiter), lab];
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path));
}

/** Folder of a `python3` with a module: the first one of PATH may not be the one that the system's packages are for. */
export function findPython(module: string): string | undefined {
  const has = (folder: string) => spawnSync(join(folder, "python3"), ["-c", `import ${module}`]).status === 0;
  return (process.env.PATH ?? "").split(delimiter).find(has);
}

/** Skips the tests, and says which tool they miss. */
export function requireTools(context: Mocha.Context, ...names: string[]): void {
  const missing = names.filter((name) => !find(name));
  skipIf(context, missing.length > 0, `${missing.join(", ")} missing (apt-get install ${packages(missing)})`);
}

function packages(tools: string[]): string {
  return tools.map((tool) => PACKAGES[tool] ?? tool).join(" ");
}

/** Skips the tests that build images: buildah, skopeo, a registry and root are needed for that. */
export function requireBuilds(context: Mocha.Context): void {
  requireTools(context, "buildah", "skopeo", "git", "jq", "python3", "busybox");
  skipIf(context, !find("registry", "docker-registry"), "no registry (apt-get install docker-registry)");
  skipIf(context, process.getuid?.() !== 0, "buildah as root is needed");
  const dynamic = spawnSync("ldd", [find("busybox")!]).status === 0;
  skipIf(context, dynamic, "a static busybox is needed (apt-get install busybox-static)");
}

function skipIf(context: Mocha.Context, condition: boolean, reason: string): void {
  if (condition) {
    console.log(`      skipped: ${reason}`);
    context.skip();
  }
}

/** A folder with a registry and everything that a rehearsal builds from. */
export interface Machine {
  folder: string;
  /** The registry's `host:port`; it speaks plain HTTP. */
  registry: string;
  /** URL of the folder that holds the git repositories. */
  sources: string;
  /** Image with OpenShift's RPMs in /srv/repo. */
  rpms: string;
  stop(): void;
}

/** Brings up a registry with a base image and an image of RPMs, and makes the rehearsal's repositories. */
export async function startMachine(): Promise<Machine> {
  const folder = mkdtempSync(join(tmpdir(), "okd-streams-machine-"));
  const registry = `127.0.0.1:${await freePort()}`;
  const server = startRegistry(folder, registry);
  const sources = `file://${folder}/sources`;
  const base = `${registry}/lab/busybox:1`;
  const rpms = `${registry}/lab/rpms:1`;
  try {
    await answering(`http://${registry}/v2/`);
    await makeSources(`${folder}/sources`, base);
    await must("bash", ["-euc", BASE_IMAGES, "base-images", folder, base, rpms]);
  } catch (error) {
    server.kill();
    throw error;
  }
  const stop = () => {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  return { folder, registry, sources, rpms, stop };
}

/** Makes the rehearsal's repositories in a folder, composed on an image. */
export function makeSources(folder: string, builder: string): Promise<void> {
  return must("python3", [join(REHEARSAL, "make.py"), folder, "--url", `file://${folder}`, "--builder", builder]);
}

const BASE_IMAGES = `
folder=$1 base=$2 rpms=$3 root=$1/busybox
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
printf '[storage]\\ndriver = "vfs"\\ngraphroot = "%s/graph"\\nrunroot = "%s/run"\\n' "$folder/storage" "$folder/storage" > "$folder/storage.conf"
export CONTAINERS_STORAGE_CONF=$folder/storage.conf
mkdir -p "$root/bin" "$root/tmp"
cp "$(command -v busybox)" "$root/bin/busybox"
for applet in $(busybox --list); do [ "$applet" = busybox ] || ln -sf busybox "$root/bin/$applet"; done
image() { # REFERENCE FOLDER TARGET
  container=$(buildah from scratch)
  buildah copy --quiet "$container" "$2" "$3" > /dev/null
  buildah commit --quiet --rm "$container" "$1" > /dev/null
  buildah push --quiet --tls-verify=false "$1" "docker://$1"
}
image "$base" "$root" /
image "$rpms" "$folder/sources/repo" /srv/repo
`;

/** Pushes a bootable image of the rehearsal's stand-ins, without a build of the base. @returns its digest */
export async function pushBootableImage({ folder, registry }: Machine, image: string): Promise<string> {
  const from = `${registry}/lab/busybox:1`;
  const files = join(REHEARSAL, "sources/fedora-coreos-config/image");
  await must("bash", ["-euc", BOOTABLE_IMAGE, "bootable-image", folder, from, files, image]);
  return readFileSync(join(folder, "bootable-digest"), "utf8").trim();
}

const BOOTABLE_IMAGE = `
folder=$1 from=$2 files=$3 image=$4
export BUILDAH_ISOLATION=chroot CONTAINERS_STORAGE_CONF=$folder/storage.conf
container=$(buildah from --tls-verify=false "$from")
buildah copy --quiet "$container" "$files" / > /dev/null
buildah run "$container" -- mkdir -p /var
buildah config --label containers.bootc=1 --label ostree.bootable=1 "$container"
buildah commit --quiet --rm "$container" "$image" > /dev/null
buildah push --quiet --tls-verify=false --digestfile "$folder/bootable-digest" "$image" "docker://$image"
`;

/** Starts an empty registry in a folder; it speaks plain HTTP. */
export async function startEmptyRegistry(folder: string): Promise<{ address: string; stop(): void }> {
  const address = `127.0.0.1:${await freePort()}`;
  const server = startRegistry(folder, address);
  await answering(`http://${address}/v2/`);
  return { address, stop: () => server.kill() };
}

export function startRegistry(folder: string, address: string): ChildProcess {
  mkdirSync(join(folder, "registry"));
  const configuration = join(folder, "registry.yml");
  writeFileSync(
    configuration,
    `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${folder}/registry}, delete: {enabled: true}}\nhttp: {addr: "${address}"}\n`,
  );
  return spawn(find("registry", "docker-registry")!, ["serve", configuration], { stdio: "ignore" });
}

export async function answering(url: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await fetch(url);
      return;
    } catch (error) {
      if (attempt >= 100) {
        throw error;
      }
      await new Promise((next) => setTimeout(next, 100));
    }
  }
}

async function must(program: string, args: string[]): Promise<void> {
  const { code, log } = await run(program, args);
  if (code !== 0) {
    throw new Error(`${program} failed:\n${log}`);
  }
}

export function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => {
        done(port);
      });
    });
  });
}
