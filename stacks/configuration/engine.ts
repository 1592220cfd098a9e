import * as pulumi from "@pulumi/pulumi";
import { writtenSchema } from "./problems";
import { SECRET, type Configuration } from "./schema";
import { PROJECT, validateWith } from "./load";
import type { Environment } from "../environment";
import { dotted } from "./validate";

type SecretValues = Record<string, Record<string, string>>;

/** Secrets by name and key. */
export type SecretOutputs = Record<string, Record<string, pulumi.Output<string>>>;

const SECRETS = "secrets";

/**
 * The configuration of the stack that Pulumi's engine runs: the stack's file, with what `pulumi config` and the defaults of
 * Pulumi.yaml add, overlaid with the settings of an offline folder if one is given.
 * @throws UserError for settings that are not allowed
 */
export function engineConfiguration(environment: Pick<Environment, "offlineFolder" | "ephemeral"> = {}): Configuration {
  const settings = Object.fromEntries(
    Object.entries(pulumi.runtime.allConfig())
      .filter(([key]) => key.startsWith(`${PROJECT}:`))
      .map(([key, text]) => [key.slice(PROJECT.length + 1), text] as const)
      .map(([key, text]) => [key, key === SECRETS ? placeholders(text) : decode(key, text)]),
  );
  return validateWith(environment, settings, (path) => ({
    file: `stacks/Pulumi.${environment.ephemeral?.of ?? pulumi.getStack()}.yaml`,
    key: `${PROJECT}:${dotted(path)}`,
    position: Object.keys(settings).indexOf(String(path[0])),
  }));
}

/**
 * Values of the configuration's `secrets` by Secret and key: decrypted under the engine, placeholders in the in-process
 * preview. For use inside a program only.
 */
export function secretValues({ secrets }: Pick<Configuration, "secrets">): SecretOutputs {
  const values = pulumi.secret(new pulumi.Config(PROJECT).getSecretObject<SecretValues>(SECRETS) ?? {});
  const valuesOf = (name: string, keys: string[]) =>
    Object.fromEntries(keys.map((key) => [key, values.apply((all) => (all as SecretValues)[name]![key]!)]));
  return Object.fromEntries(Object.entries(secrets).map(([name, keys]) => [name, valuesOf(name, keys)]));
}

/** Makes {@link secretValues} give placeholders. */
export function hideSecretValues({ secrets }: Pick<Configuration, "secrets">): void {
  const values = Object.entries(secrets).map(([name, keys]) => [
    name,
    Object.fromEntries(keys.map((key) => [key, SECRET])),
  ]);
  const key = `${PROJECT}:${SECRETS}`;
  pulumi.runtime.setAllConfig({ [key]: JSON.stringify(Object.fromEntries(values)) }, [key]);
}

/** The engine hands over words as they are, anything else as JSON. */
function decode(key: string, text: string): unknown {
  const schema = writtenSchema().properties?.[key];
  if (typeof schema === "object" && schema.type === "string") return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function placeholders(text: string): unknown {
  const secrets = decode(SECRETS, text) as SecretValues;
  return JSON.parse(JSON.stringify(secrets), (_key, value: unknown) => (typeof value === "object" ? value : SECRET));
}
