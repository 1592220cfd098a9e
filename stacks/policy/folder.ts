import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { UserError } from "../../components/errors";
import { decodeText, NotYaml, readDocuments } from "../../components/kubernetes/yaml";
import { loadPrivileged } from "../../components/pipelines/privileged";
import { withInner } from "../../components/policy/containers";
import { checkPolicy, type PolicyFinding } from "../../components/policy/policy";
import type { PolicyObject } from "../../components/policy/rule";
import { PROJECT_FOLDER } from "../environment";

export interface FolderFinding extends Omit<PolicyFinding, "subject"> {
  /** Below the folder. */
  file: string;
}

export interface FolderPolicy {
  files: number;
  objects: number;
  findings: FolderFinding[];
}

/** What no other rule can be asked of. */
const BROKEN = {
  rule: "yaml",
  object: "its text",
  path: "",
  fix: "Write what kubectl reads: it refuses the whole file.",
};

/** Not rendered: they say how to render. */
const NOT_APPLIED = ["Kustomization", "Component"];

/**
 * What our rules find in the YAML below a folder. Objects of all files are seen together, as a NetworkPolicy may be in another
 * file than what it is for.
 * @throws UserError for a folder that is not there, or has no YAML
 */
export function checkFolder(folder: string): FolderPolicy {
  const files = yamlFiles(folder);
  const fileOf = new Map<PolicyObject, string>();
  const broken: FolderFinding[] = [];
  for (const file of files) {
    const name = relative(folder, file) || file;
    try {
      const values = readDocuments(decodeText(readFileSync(file)), name).map(({ value }) => value);
      for (const object of withInner(values.flatMap(objectsIn))) fileOf.set(object, name);
    } catch (error) {
      if (!(error instanceof NotYaml)) throw error;
      broken.push({ ...BROKEN, file: name, found: `${error.problem}, at line ${error.line}` });
    }
  }
  const privileged = loadPrivileged(join(PROJECT_FOLDER, "pipelines/privileged.yaml"));
  const findings = checkPolicy([...fileOf.keys()], { privileged }).map(({ subject, ...finding }) => ({
    ...finding,
    file: fileOf.get(subject)!,
  }));
  return { files: files.length, objects: fileOf.size, findings: [...broken, ...findings] };
}

function yamlFiles(folder: string): string[] {
  if (!existsSync(folder)) throw new UserError(`There is no folder ${folder}: name one that holds YAML.`, 2);
  if (statSync(folder).isFile()) return [folder];
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(ya?ml|json)$/.test(file) && !/(^|\/)(\.git|node_modules)\//.test(file))
    .map((file) => join(folder, file))
    .filter((file) => statSync(file).isFile())
    .sort();
  if (files.length === 0) throw new UserError(`There is no YAML below ${folder}.`, 2);
  return files;
}

/** Anything else in YAML is none of ours: values of charts, settings of tools. */
function objectsIn(value: unknown): PolicyObject[] {
  const { apiVersion, kind, items } = (value ?? {}) as Partial<PolicyObject>;
  if (typeof apiVersion !== "string" || typeof kind !== "string" || NOT_APPLIED.includes(kind)) return [];
  if (kind.endsWith("List") && Array.isArray(items)) return items.flatMap(objectsIn);
  return [value as PolicyObject];
}
