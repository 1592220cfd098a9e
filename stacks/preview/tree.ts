import pc from "picocolors";
import { stringify } from "yaml";
import { entriesOf } from "./entries";
import { kindOf } from "./names";
import { UNKNOWN, type Recorded, type RecordedResource } from "./recorded";

type Colours = Pick<typeof pc, "bold" | "dim" | "green" | "yellow">;

/** Columns of a list of names. */
const WIDTH = 110;

/**
 * The resources as a tree with the number of real ones under each component, the outputs, and warnings at the end. Leaves of
 * one kind under one component are one entry: a set of Tasks is read as a set.
 */
export function renderTree({ stack, resources, outputs, warnings }: Recorded, colours: Colours = pc): string {
  const children = new Map<string | undefined, RecordedResource[]>();
  for (const resource of resources) {
    children.set(resource.parent, [...(children.get(resource.parent) ?? []), resource]);
  }
  const count = (urn: string): number =>
    (children.get(urn) ?? []).reduce((sum, child) => sum + (child.custom ? 1 : 0) + count(child.urn), 0);

  const lines: string[] = [];
  const walk = (urn: string, indent: string): void => {
    const entries = entriesOf(children.get(urn) ?? [], (resource) => children.has(resource.urn));
    entries.forEach(({ title, members }, index) => {
      const last = index === entries.length - 1;
      const [branch, below] = last ? ["└─ ", "   "] : ["├─ ", "│  "];
      const [first] = members;
      if (members.length > 1) {
        lines.push(`${colours.dim(indent + branch)}${title}${colours.green(` ${members.length}`)}`);
        lines.push(
          ...listed(members.map(({ name }) => name)).map((names) => colours.dim(`${indent}${below}   ${names}`)),
        );
        return;
      }
      const { name, custom } = first!;
      const inside = children.has(first!.urn) ? colours.green(` ${count(first!.urn)}`) : "";
      const label = custom ? name : colours.bold(name);
      lines.push(`${colours.dim(indent + branch)}${label} ${colours.dim(kindOf(first!))}${inside}`);
      walk(first!.urn, indent + below);
    });
  };

  const root = resources.find(({ parent }) => parent === undefined)!;
  const total = count(root.urn);
  lines.push(`${colours.bold(stack)} ${colours.dim("stack")}${colours.green(` ${total}`)}`);
  walk(root.urn, "");
  if (Object.keys(outputs).length > 0) {
    const text = stringify(forPeople(outputs), { lineWidth: 0 }).trimEnd();
    lines.push("", colours.bold("outputs"), ...text.split("\n").map((line) => `  ${colours.dim(line)}`));
  }
  lines.push("", `${total} resource${total === 1 ? "" : "s"} to create in an empty stack`);
  lines.push(...warnings.map((warning) => colours.yellow(`warning: ${warning}`)));
  return lines.join("\n");
}

/** Names, each once, in lines: `okd-coreos: leave-record, notify-matrix`, by namespaces. */
function listed(names: string[]): string[] {
  const byNamespace = new Map<string, Set<string>>();
  for (const full of names) {
    const [name = "", namespace = ""] = full.split("/").reverse();
    byNamespace.set(namespace, (byNamespace.get(namespace) ?? new Set()).add(name));
  }
  return [...byNamespace].flatMap(([namespace, members]) => {
    const text = `${namespace && `${namespace}: `}${[...members].sort().join(", ")}`;
    return text.match(new RegExp(`.{1,${WIDTH}}(?:, |$)|.+?(?:, |$)`, "g"))!.map((line) => line.trimEnd());
  });
}

/** Outputs as YAML has to have them: an object of Kubernetes by its name, since all of it is in the JSON. */
function forPeople(value: unknown): unknown {
  if (value === UNKNOWN) return "[known after up]";
  if (Array.isArray(value)) return value.map(forPeople);
  if (typeof value === "string") return value.replaceAll(UNKNOWN, "[known after up]");
  if (typeof value !== "object" || value === null) return value;
  const { kind, metadata } = value as { kind?: unknown; metadata?: { name?: string; generateName?: string } };
  if (typeof kind === "string" && metadata)
    return `${kind} ${metadata.name ?? `${metadata.generateName}…`} (--json shows it)`;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, forPeople(inner)]));
}
