import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { UserError } from "../errors";

type Fields = Record<string, unknown>;

interface Named {
  name: string;
  [field: string]: unknown;
}

/** Keys of clusters and users that name files, relative to the kubeconfig's own folder. */
const FILES = ["certificate-authority", "client-certificate", "client-key", "tokenFile"];

/**
 * One context of a kubeconfig file as a kubeconfig of its own.
 *
 * @param context @default the file's `current-context`
 * @throws UserError that names file and key when the file or the context is not usable
 */
export async function readKubeconfig(file: string, context?: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new UserError(`cluster.kubeconfig: ${file} cannot be read (${code}): name the kubeconfig of your cluster.`);
  });
  return isolateContext(text, file, context);
}

/**
 * The context with its cluster and user, and nothing of the file's other ones. Files that it names stay files, by
 * absolute paths, so that no key is copied.
 */
export function isolateContext(text: string, file: string, context?: string): string {
  const kubeconfig = parseKubeconfig(text, file);
  const contexts = listOf(kubeconfig, "contexts");
  const allowed = contexts.map(({ name }) => name).join(", ") || "none";
  const wanted = context ?? kubeconfig["current-context"];
  if (typeof wanted !== "string" || wanted === "") {
    throw new UserError(`cluster.context is not set and ${file} has no current context: its contexts are ${allowed}.`);
  }
  const found = contexts.find(({ name }) => name === wanted);
  if (!found) {
    const key = context === undefined ? "the current context" : "cluster.context";
    throw new UserError(`${key} is ${wanted}, which ${file} does not have: its contexts are ${allowed}.`);
  }
  const { cluster, user } = (found.context ?? {}) as { cluster?: string; user?: string };
  const entryOf = (list: "clusters" | "users", name: string | undefined): Named => {
    const entry = listOf(kubeconfig, list).find((it) => it.name === name);
    if (!entry)
      throw new UserError(`Context ${wanted} of ${file} names ${list} entry ${String(name)}, which is not there.`);
    return entry;
  };
  const folder = path.dirname(path.resolve(file));
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": wanted,
    contexts: [found],
    clusters: [withAbsolutePaths(entryOf("clusters", cluster), "cluster", folder)],
    users: user === undefined ? [] : [withAbsolutePaths(entryOf("users", user), "user", folder)],
  });
}

function parseKubeconfig(text: string, file: string): Fields {
  let content: unknown;
  try {
    content = parse(text);
  } catch {
    content = undefined;
  }
  if (typeof content === "object" && content !== null && "contexts" in content) return content as Fields;
  throw new UserError(`cluster.kubeconfig: ${file} is not a kubeconfig: it has no contexts.`);
}

function listOf(kubeconfig: Fields, key: string): Named[] {
  const list = kubeconfig[key];
  return Array.isArray(list) ? (list as Named[]) : [];
}

function withAbsolutePaths(entry: Named, key: "cluster" | "user", folder: string): Named {
  const fields = { ...(entry[key] as Fields | undefined) };
  for (const file of FILES) {
    const value = fields[file];
    if (typeof value === "string" && value !== "") fields[file] = path.resolve(folder, value);
  }
  const exec = fields.exec as { command?: string } | undefined;
  // A command without a slash is looked up on PATH.
  if (exec?.command?.includes("/")) fields.exec = { ...exec, command: path.resolve(folder, exec.command) };
  return { ...entry, [key]: fields };
}
