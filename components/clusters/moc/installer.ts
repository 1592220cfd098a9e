import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { writeYaml } from "../../kubernetes/yaml";
import { UserError } from "../../errors";
import { run } from "../tool";

const TOOL = "openshift-install";
/** The installer has it check the nodes' network settings. */
const NMSTATE = "nmstatectl";
/** Its folder for what nodes fetch that boot a minimal ISO. */
const ARTIFACTS = "boot-artifacts";
/** Where it keeps all that it has made. */
const STATE = ".openshift_install_state.json";

/** Seconds: the ISO is made from one of a gigabyte, which may have to be fetched. */
const PATIENCE = 3600;

/** What an ISO is made from. */
export interface InstallerConfigs {
  installConfig: Record<string, unknown>;
  agentConfig: Record<string, unknown>;
  /** Further parts of install-config.yaml, which an installed cluster is given others of. @default none */
  surroundings?: Record<string, unknown>;
  /** JSON. */
  pullSecret: string;
  /** Public SSH key of user `core`. @default nobody can log in */
  sshKey?: string;
  /** Release that is installed. @default the installer's own */
  releaseImage?: string;
}

/** What an installation needs again, and what it gives: the installer's folder without the ISO. A secret. */
export type InstallerFiles = string;

/**
 * Checks that the installer is here before anything is claimed for it.
 *
 * @param version major and minor, as `4.20`
 * @throws UserError (exit code 3) where it is not, or is another version's
 */
export async function requireInstaller(version: string): Promise<void> {
  const wanted = `the installation of OKD ${version} needs it on PATH`;
  const text = await ask(TOOL, "version", `${wanted}, \`oc adm release extract --command=${TOOL} IMAGE\` gets it`);
  const [, found] = /^\S*openshift-install\S* v?(\d+\.\d+)/.exec(text) ?? [];
  if (found !== version) {
    throw new UserError(
      `${TOOL} on PATH is ${found ? `of ${found}` : "of an unknown version"}, but cluster.okd.version is ${version}: get that of ` +
        `the release, or change the version.`,
      3,
    );
  }
  await ask(NMSTATE, "--version", `${TOOL} checks the nodes' network with it, the package nmstate has it`);
}

async function ask(tool: string, question: string, why: string): Promise<string> {
  try {
    return await run(tool, [question]);
  } catch (error) {
    if (error instanceof UserError && error.exitCode === 3) throw new UserError(`${tool} is missing: ${why}.`, 3);
    throw error;
  }
}

/**
 * Makes the ISO that installs a cluster and hands it over; the file is deleted before this returns.
 *
 * @param publish stores the ISO where nodes boot it from, and the root file system where a web server of the user's is to serve it
 * @returns what the installation needs, and what `publish` returned
 */
export async function makeImage<T>(
  stack: string,
  { installConfig, surroundings, agentConfig, pullSecret, sshKey, releaseImage }: InstallerConfigs,
  publish: (iso: string, rootfs: string | undefined) => Promise<T>,
): Promise<{ files: InstallerFiles; published: T }> {
  return inFolder(stack, async (folder) => {
    await write(
      folder,
      "install-config.yaml",
      writeYaml({ ...installConfig, ...surroundings, pullSecret, ...(sshKey && { sshKey }) }),
    );
    await write(folder, "agent-config.yaml", writeYaml(agentConfig));
    await run(TOOL, ["agent", "create", "image", "--dir", folder], {
      seconds: PATIENCE,
      env: releaseImage ? { OPENSHIFT_INSTALL_RELEASE_IMAGE_OVERRIDE: releaseImage } : {},
    });
    const iso = (await readdir(folder)).find((name) => /^agent\..*\.iso$/.test(name));
    if (!iso) throw new UserError(`${TOOL} made no ISO: is it the one of the release?`);
    const artifacts = path.join(folder, ARTIFACTS);
    const rootfs = existsSync(artifacts) && (await readdir(artifacts)).find((name) => name.endsWith("-rootfs.img"));
    const files = await pack(folder, (name) => name !== iso && !name.startsWith(`${ARTIFACTS}${path.sep}`));
    const published = await publish(path.join(folder, iso), rootfs ? path.join(artifacts, rootfs) : undefined);
    return { files, published };
  });
}

/** What the installer gives people: a kubeconfig of the administrator and the console's password. */
export function credentialsIn(files: InstallerFiles): { kubeconfig: string; password: string } {
  const { "auth/kubeconfig": kubeconfig, "auth/kubeadmin-password": password } = contentsOf(files);
  return { kubeconfig: kubeconfig!, password: password! };
}

/** What lets somebody watch the installer's service; undefined for an installer whose service asks nobody. */
export function watcherTokenIn(files: InstallerFiles): string | undefined {
  const state = JSON.parse(contentsOf(files)[STATE] ?? "{}") as Record<
    string,
    { WatcherAuthToken?: string } | undefined
  >;
  return state["*gencrypto.AuthConfig"]?.WatcherAuthToken || undefined;
}

/** A folder that is gone afterwards, also one that a killed run of the stack left: it holds secrets. */
async function inFolder<T>(stack: string, act: (folder: string) => Promise<T>): Promise<T> {
  const prefix = `okd-streams-installer-${stack}-`;
  const left = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix) && name.length === prefix.length + 6);
  for (const name of left) await rm(path.join(tmpdir(), name), { recursive: true, force: true });
  const folder = await mkdtemp(path.join(tmpdir(), prefix));
  try {
    return await act(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function write(folder: string, name: string, text: string): Promise<void> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, text, { mode: 0o600 });
}

async function pack(folder: string, wanted: (name: string) => boolean): Promise<InstallerFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter(wanted);
  const contents = await Promise.all(
    names.map(async (name) => [name, await readFile(path.join(folder, name), "utf8")] as const),
  );
  return gzipSync(JSON.stringify(Object.fromEntries(contents))).toString("base64");
}

function contentsOf(files: InstallerFiles): Record<string, string> {
  return JSON.parse(gunzipSync(Buffer.from(files, "base64")).toString()) as Record<string, string>;
}
