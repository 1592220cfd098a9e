import pc from "picocolors";
import { kindOf } from "./names";
import { SECRET, UNKNOWN, type Recorded, type RecordedResource } from "./recorded";

type Colours = Pick<typeof pc, "bold" | "dim" | "green" | "yellow">;

// Characters of an output; all of it is in the JSON.
const LONGEST = 160;

/** The resources as a tree with the number of real ones under each component, the outputs, and warnings at the end. */
export function renderTree({ stack, resources, outputs, warnings }: Recorded, colours: Colours = pc): string {
  const children = new Map<string | undefined, RecordedResource[]>();
  for (const resource of resources) {
    children.set(resource.parent, [...(children.get(resource.parent) ?? []), resource]);
  }
  const count = (urn: string): number =>
    (children.get(urn) ?? []).reduce((sum, child) => sum + (child.custom ? 1 : 0) + count(child.urn), 0);

  const lines: string[] = [];
  const walk = (urn: string, indent: string): void => {
    const siblings = children.get(urn) ?? [];
    siblings.forEach((resource, index) => {
      const last = index === siblings.length - 1;
      const name = resource.custom ? resource.name : colours.bold(resource.name);
      const inside = children.has(resource.urn) ? colours.green(` ${count(resource.urn)}`) : "";
      lines.push(`${colours.dim(indent + (last ? "└─ " : "├─ "))}${name} ${colours.dim(kindOf(resource))}${inside}`);
      walk(resource.urn, indent + (last ? "   " : "│  "));
    });
  };

  const root = resources.find(({ parent }) => parent === undefined)!;
  const total = count(root.urn);
  lines.push(`${colours.bold(stack)} ${colours.dim("stack")}${colours.green(` ${total}`)}`);
  walk(root.urn, "");
  if (Object.keys(outputs).length > 0) {
    lines.push("", colours.bold("outputs"));
    lines.push(...Object.entries(outputs).map(([key, value]) => `  ${key}: ${colours.dim(shown(value))}`));
  }
  lines.push("", `${total} resource${total === 1 ? "" : "s"} to create in an empty stack`);
  lines.push(...warnings.map((warning) => colours.yellow(`warning: ${warning}`)));
  return lines.join("\n");
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const readable = text.replaceAll(UNKNOWN, "[known after up]").replaceAll(`"${SECRET}"`, SECRET);
  return readable.length > LONGEST ? `${readable.slice(0, LONGEST - 1)}…` : readable;
}
