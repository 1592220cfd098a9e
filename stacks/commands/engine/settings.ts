import { isMap, parse, parseDocument } from "yaml";
import { writeYaml } from "../../../components/kubernetes/yaml";
import { parseYamlFile } from "../../configuration/yaml-file";

type Settings = Record<string, unknown>;

/** What the engine writes into a stack's file. */
const ENGINE_KEYS = ["encryptionsalt", "encryptedkey"];

export interface StackFile {
  /** Text of the tracked file `stacks/Pulumi.<stack>.yaml`. */
  tracked: string;
  /** Text of the file that is replaced: what the engine added to it is kept. */
  former?: string;
  /** The stack's setting. */
  secretsProvider: string;
}

/**
 * The stack's file as the engine reads it: the tracked one as it stands, with the kept salt unless it has one itself.
 * Written anew it could mean something else: quotes tell a text from a date.
 */
export function renderStackFile({ tracked, former, secretsProvider }: StackFile): string {
  return withKeys(tracked, {
    ...keptKeys(former),
    ...(secretsProvider.includes("://") && { secretsprovider: secretsProvider }),
  });
}

/** What the engine has added to a stack's file. */
export function keptKeys(file = ""): Record<string, string> {
  const settings = (parse(file) ?? {}) as Record<string, string>;
  return Object.fromEntries(Object.entries(settings).filter(([key]) => ENGINE_KEYS.includes(key)));
}

/** A stack's file with nothing but what the engine has added. */
export function keysText(keys: Record<string, string>): string {
  return writeYaml(keys);
}

/** A text with further keys in front of its own; those that it has stay. */
function withKeys(text: string, settings: Settings): string {
  const { contents } = parseDocument(text);
  const own = isMap(contents) ? contents : undefined;
  const missing = Object.fromEntries(Object.entries(settings).filter(([key]) => !own?.has(key)));
  if (Object.keys(missing).length === 0) return text;
  if (!own) return writeYaml(missing);
  const [begin] = own.range;
  const before = text.slice(0, begin);
  if (own.flow) {
    const pairs = Object.entries(missing).map(([key, value]) => `${key}: ${JSON.stringify(value)}, `);
    return `${before}{${pairs.join("")}${text.slice(begin + 1)}`;
  }
  const indentation = / *$/.exec(before)![0];
  return before + writeYaml(missing).replaceAll("\n", `\n${indentation}`) + text.slice(begin);
}

/**
 * The project's file for a folder outside the repository.
 * @param main absolute path of the program
 */
export function renderProjectFile(tracked: string, main: string): string {
  const project = parseYamlFile("Pulumi.yaml", tracked).value as Settings;
  delete project.stackConfigDir;
  return writeYaml({ ...project, main });
}
