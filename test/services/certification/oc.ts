import type { Answer, ClusterUnderTest, Condition, Thing } from "./cluster";

type Version = Thing & {
  spec: { desiredUpdate?: { image: string; force: boolean } };
  status: { desired: { image: string }; history: { image: string; state: string }[]; conditions: Condition[] };
};

const ok = (stdout = "", stderr = ""): Answer => ({ code: 0, stdout, stderr });
const fault = (stderr: string): Answer => ({ code: 1, stdout: "", stderr: `${stderr}\n` });

/** Kinds by the words that pipelines use for them. */
const KINDS: Record<string, string> = {
  clusterversion: "clusterversions",
  configmap: "configmaps",
  namespace: "namespaces",
  clusterrole: "clusterroles",
  clusterrolebinding: "clusterrolebindings",
};

const conditionOf = (thing: Thing, type: string) =>
  (thing as Version).status.conditions.find((condition) => condition.type === type);

/** What the expressions of pipelines say of an object or a list. */
const JSONPATHS: [RegExp, (thing: Thing, match: string[]) => string][] = [
  [/^\{\.data\.(\w+)\}$/, (thing, [, key]) => (thing.data as Record<string, string>)[key!] ?? ""],
  [/^\{\.spec\.desiredUpdate\.image\}$/, (thing) => (thing as Version).spec.desiredUpdate?.image ?? ""],
  [
    /^\{\.status\.history\[0\]\.(state|image)\}$/,
    (thing, [, key]) => (thing as Version).status.history[0]![key as "state" | "image"],
  ],
  [
    /^\{\.status\.conditions\[\?\(@\.type=="(\w+)"\)\]\.(status|message)\}$/,
    (thing, [, type, key]) => conditionOf(thing, type!)?.[key as "status" | "message"] ?? "",
  ],
  [
    /^\{range \.items\[\*\]\}\{\.metadata\.name\}=\{\.status\.conditions\[\?\(@\.type=="(\w+)"\)\]\.status\} \{end\}$/,
    (list, [, type]) =>
      (list.items as Thing[])
        .map((item) => `${item.metadata.name}=${conditionOf(item, type!)?.status ?? ""} `)
        .join(""),
  ],
];

/** Options that take a value, and what stands beside them. */
function parse(args: string[]): { words: string[]; options: Record<string, string> } {
  const words: string[] = [];
  const options: Record<string, string> = {};
  const flags = ["--ignore-not-found", "--allow-explicit-upgrade", "--force", "--insecure"];
  for (let index = 0; index < args.length; index++) {
    const [name = "", ...value] = args[index]!.split("=");
    if (!name.startsWith("--")) words.push(args[index]!);
    else if (flags.includes(name)) options[name] = "true";
    else options[name] = value.length > 0 ? value.join("=") : args[++index]!;
  }
  return { words, options };
}

/** `oc`, as far as pipelines use it: its rules are those of openshift/oc, pkg/cli/admin/upgrade, and of kubectl. */
export function runOc(cluster: ClusterUnderTest, args: string[]): Answer {
  const [verb = "", ...rest] = args;
  if (args.slice(0, 2).join(" ") === "adm upgrade") return upgrade(cluster, parse(args.slice(2)).options);
  if (args.slice(0, 3).join(" ") === "adm release info") return info(cluster, args.at(-1)!);
  const { words, options } = parse(rest);
  const [word = "", name] = words;
  const kind = KINDS[word] ?? word;
  const things = cluster.objects[kind];
  if (!things) return fault(`error: the server doesn't have a resource type "${word}"`);
  const inside = ({ metadata }: Thing) =>
    metadata.namespace === undefined || metadata.namespace === options["--namespace"];
  const found = things.find((thing) => thing.metadata.name === name && inside(thing));
  const notFound = fault(`Error from server (NotFound): ${kind} "${name}" not found`);
  switch (verb) {
    case "get":
      if (name !== undefined && !found) return options["--ignore-not-found"] ? ok() : notFound;
      if (kind === "clusterversions" && (found as Version).spec.desiredUpdate) cluster.upgrading(cluster);
      return ok(
        print(kind, found ?? { metadata: { name: "" }, items: things.filter((it) => matches(it, options)) }, options),
      );
    case "create":
      if (found) return fault(`error: failed to create ${word}: ${kind} "${name}" already exists`);
      things.push({ metadata: { name: name!, namespace: options["--namespace"] }, data: literals(args) });
      return ok(`${word}/${name} created\n`);
    case "patch": {
      if (!found) return notFound;
      const { data } = JSON.parse(options["--patch"]!) as { data: object };
      Object.assign(found.data as object, data);
      return ok(`${word}/${name} patched\n`);
    }
    case "delete":
      if (!found) return options["--ignore-not-found"] ? ok() : notFound;
      things.splice(things.indexOf(found), 1);
      return ok(`${word} "${name}" deleted\n`);
    default:
      return fault(`error: unknown command "${verb}" for "oc"`);
  }
}

function matches({ metadata }: Thing, options: Record<string, string>): boolean {
  const [key = "", value] = (options["--selector"] ?? "").split("=");
  return key === "" || metadata.labels?.[key] === value;
}

function literals(args: string[]): Record<string, string> {
  const given = args.flatMap((arg) => /^--from-literal=([^=]+)=([^]*)$/.exec(arg)?.slice(1, 3) ?? []);
  return Object.fromEntries(given.flatMap((key, index) => (index % 2 === 0 ? [[key, given[index + 1]!]] : [])));
}

function print(kind: string, thing: Thing, { "--output": output = "" }: Record<string, string>): string {
  if (output === "json") return JSON.stringify(thing);
  if (output === "name") {
    const list = (thing.items as Thing[] | undefined) ?? [thing];
    return list.map(({ metadata }) => `${kind.replace(/s$/, "")}/${metadata.name}\n`).join("");
  }
  const expression = output.replace(/^jsonpath=/, "");
  for (const [pattern, read] of JSONPATHS) {
    const match = pattern.exec(expression);
    if (match) return read(thing, match);
  }
  throw new Error(`the stand-in for oc does not know ${output}`);
}

function upgrade(cluster: ClusterUnderTest, options: Record<string, string>): Answer {
  const image = options["--to-image"]!;
  const version = cluster.named<Version>("clusterversions", "version");
  const force = "--force" in options;
  if (!image.includes("@") && !force)
    return fault("error: --to-image must be a by-digest pull spec, unless --force is also set");
  if (image === version.status.desired.image) return ok(`info: Cluster is already at ${image}\n`);
  if (!("--allow-explicit-upgrade" in options)) {
    return fault("error: no recommended updates, specify --allow-explicit-upgrade to continue with the update");
  }
  const [failing, progressing] = ["Failing", "Progressing"].map((type) => conditionOf(version, type));
  const held =
    failing?.status === "True"
      ? "the cluster is experiencing an error reconciling"
      : progressing?.status === "True" && "the cluster is already upgrading";
  if (held) return fault(`error: ${held}\n\nIf you want to upgrade anyway, use --allow-upgrade-with-warnings.`);
  version.spec.desiredUpdate = { image, force };
  return ok(
    `Requested update to release image ${image}\n`,
    "warning: The requested upgrade image is not one of the available updates. You have used --allow-explicit-upgrade for the update to proceed anyway\n",
  );
}

function info({ releases }: ClusterUnderTest, image: string): Answer {
  const metadata = releases[image];
  return metadata ? ok(JSON.stringify({ metadata })) : fault(`error: unable to read image ${image}: manifest unknown`);
}
