import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { UserError } from "../errors";
import { decodeText, NotYaml, readDocuments, writeYaml } from "../kubernetes/yaml";

type Fields = Record<string, unknown>;

const LISTS = ["clusters", "contexts", "users"] as const;
type List = (typeof LISTS)[number];

/** What kubectl keeps of a file: entries by their names, with the file that they came from. */
interface Entry {
  fields: Fields;
  file: string;
}

interface Merged extends Record<List, Map<string, Entry>> {
  currentContext?: string;
  /** A file has the key at least. */
  hasContexts: boolean;
}

/** The key under which an entry has its fields. */
const KEY: Readonly<Record<List, string>> = { clusters: "cluster", contexts: "context", users: "user" };

/** Keys of clusters, users and contexts that hold text. Without quotes YAML makes something else of `n` or 0123. */
const TEXTS = [
  ...["server", "tls-server-name", "certificate-authority", "certificate-authority-data", "proxy-url"],
  ...["client-certificate", "client-certificate-data", "client-key", "client-key-data", "token", "tokenFile"],
  ...["as", "as-uid", "username", "password", "cluster", "user", "namespace"],
];
const BOOLEANS = ["insecure-skip-tls-verify", "disable-compression"];

/** Keys of clusters and users that name files, relative to the folder of their own kubeconfig. */
const FILES = ["certificate-authority", "client-certificate", "client-key", "tokenFile"];

/**
 * One context of one or more kubeconfig files, as a kubeconfig of its own, by kubectl's rules.
 *
 * @param files a single file, which must exist, or a list as in KUBECONFIG: the first entry of a name wins, and missing files are
 *   skipped. `~` is not expanded.
 * @param context @default the first `current-context` of the files
 * @throws UserError that names file and key when a file or the context cannot be used
 */
export async function readKubeconfig(files: string | readonly string[], context?: string): Promise<string> {
  const names = typeof files === "string" ? [files] : [...new Set(files)];
  const texts = await Promise.all(
    names.map(async (file) => ({ file, text: await textOf(file, typeof files !== "string") })),
  );
  const found = texts.filter((it): it is { file: string; text: string } => it.text !== undefined);
  if (found.length === 0) {
    throw new UserError(
      `cluster.kubeconfig: ${names.join(", ") || "KUBECONFIG"} cannot be read (ENOENT): name the kubeconfig of your cluster.`,
    );
  }
  return isolate(mergeFiles(found), found.map(({ file }) => file).join(", "), context);
}

/** See {@link readKubeconfig}; for a file that was read. */
export function isolateContext(text: string, file: string, context?: string): string {
  return isolate(mergeFiles([{ file, text }]), file, context);
}

async function textOf(file: string, mayBeMissing: boolean): Promise<string | undefined> {
  try {
    return decodeText(await readFile(file));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    if (mayBeMissing && code === "ENOENT") return undefined;
    const home = file.startsWith("~") ? ", ~ is not expanded here" : "";
    throw new UserError(
      `cluster.kubeconfig: ${file} cannot be read (${code}${home}): name the kubeconfig of your cluster.`,
    );
  }
}

function mergeFiles(files: readonly { file: string; text: string }[]): Merged {
  const merged: Merged = { clusters: new Map(), contexts: new Map(), users: new Map(), hasContexts: false };
  for (const { file, text } of files) {
    const content = parse(text, file);
    const current = content["current-context"];
    if (current !== undefined && current !== null && typeof current !== "string")
      fault(file, "its current-context is no text");
    merged.hasContexts ||= "contexts" in content;
    merged.currentContext ||= (current as string | undefined) ?? undefined;
    for (const list of LISTS) {
      for (const [name, fields] of entriesOf(content, list, file)) {
        if (!merged[list].has(name)) merged[list].set(name, { fields, file });
      }
    }
  }
  return merged;
}

function parse(text: string, file: string): Fields {
  try {
    // kubectl reads the first document alone.
    const value = readDocuments(text, file)[0]?.value ?? {};
    if (!isFields(value)) return fault(file, "it is no map");
    const { kind = "Config", apiVersion = "v1" } = value;
    if (kind !== "Config" || apiVersion !== "v1") fault(file, `it is a ${String(apiVersion)} ${String(kind)}`);
    return value;
  } catch (error) {
    if (error instanceof NotYaml) return fault(file, `line ${error.line}: ${error.problem}`);
    throw error;
  }
}

function entriesOf(content: Fields, list: List, file: string): Map<string, Fields> {
  const entries = content[list] ?? [];
  if (!Array.isArray(entries)) return fault(file, `its ${list} are no list`);
  const byName = new Map<string, Fields>();
  for (const entry of entries as unknown[]) {
    const { name = "", [KEY[list]]: fields = {} } = isFields(entry)
      ? entry
      : fault(file, `its ${list} are no list of maps`);
    if (typeof name !== "string") return fault(file, `a name of its ${list} is no text: quote ${JSON.stringify(name)}`);
    if (fields !== null && !isFields(fields)) return fault(file, `the ${KEY[list]} ${name} is no map`);
    if (byName.has(name)) return fault(file, `its ${list} have ${name} twice`);
    refuseTypes(fields ?? {}, `${KEY[list]} ${name}`, file);
    byName.set(name, fields ?? {});
  }
  return byName;
}

function refuseTypes(fields: Fields, where: string, file: string): void {
  for (const [keys, type] of [
    [TEXTS, "string"],
    [BOOLEANS, "boolean"],
  ] as const) {
    const wrong = keys.find((key) => ![type, "undefined"].includes(typeof (fields[key] ?? undefined)));
    if (wrong)
      fault(file, `${wrong} of ${where} is no ${type === "string" ? "text: write it in quotes" : "true or false"}`);
  }
  const { args, env } = (fields.exec ?? {}) as { args?: unknown; env?: unknown };
  const lists = {
    "as-groups": fields["as-groups"],
    "as-user-extra": fields["as-user-extra"],
    "exec.args": args,
    "exec.env": env,
  };
  for (const [name, list] of Object.entries(lists)) {
    if (!isText(list)) fault(file, `${name} of ${where} holds more than text: write it in quotes`);
  }
}

/** Whether all that a value holds is text. */
function isText(value: unknown): boolean {
  if (typeof value !== "object" || value === null)
    return typeof value === "string" || value === null || value === undefined;
  return Object.values(value).every(isText);
}

function fault(file: string, what: string): never {
  throw new UserError(`cluster.kubeconfig: ${file} is not a kubeconfig: ${what}.`);
}

/** The context with its cluster and user alone. Files that it names stay files, so that no key is copied. */
function isolate(merged: Merged, where: string, context?: string): string {
  const allowed = [...merged.contexts.keys()].join(", ") || "none";
  const wanted = context || merged.currentContext;
  if (!wanted && LISTS.every((list) => merged[list].size === 0) && !merged.hasContexts)
    fault(where, "it has no contexts");
  if (!wanted) {
    throw new UserError(`cluster.context is not set and ${where} has no current context: its contexts are ${allowed}.`);
  }
  const found = merged.contexts.get(wanted);
  if (!found) {
    const key = context ? "cluster.context" : "the current context";
    throw new UserError(`${key} is ${wanted}, which ${where} does not have: its contexts are ${allowed}.`);
  }
  const { cluster, user } = found.fields;
  const entry = (list: "clusters" | "users", name: unknown) => {
    const it = merged[list].get(String(name));
    if (!it)
      throw new UserError(`Context ${wanted} of ${where} names ${list} entry ${String(name)}, which is not there.`);
    return [{ name, [KEY[list]]: withAbsolutePaths(it) }];
  };
  return writeYaml({
    apiVersion: "v1",
    kind: "Config",
    "current-context": wanted,
    contexts: [{ name: wanted, context: found.fields }],
    clusters: entry("clusters", cluster),
    users: user ? entry("users", user) : [],
  });
}

function withAbsolutePaths({ fields, file }: Entry): Fields {
  const folder = path.dirname(path.resolve(file));
  const absolute = { ...fields };
  for (const key of FILES) {
    const value = fields[key];
    if (typeof value === "string" && value !== "") absolute[key] = path.resolve(folder, value);
  }
  const exec = fields.exec as { command?: string } | undefined;
  // A command without a slash is looked up on PATH.
  if (exec?.command?.includes("/")) absolute.exec = { ...exec, command: path.resolve(folder, exec.command) };
  return absolute;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
