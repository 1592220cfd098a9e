import * as fs from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { shellWord } from "../../../components/shell";
import { credentialFiles } from "../../../components/openstack/credentials";
import type { Configuration } from "../../configuration/schema";
import { folders, OFFLINE_FILE, pulumiHome, workspaceFolder, type Environment } from "../../environment";
import { find } from "../../tools/search";
import { ensurePassphrase, link, makePrivateFolder, writePrivate } from "./files";
import { renderProjectFile, renderStackFile } from "./settings";

/** Engine, program and plugins talk on this machine. Unlike Go, Node's gRPC takes a proxy of small letters for that, too. */
export const TALK_DIRECTLY = { no_grpc_proxy: "127.0.0.1,localhost" };

/**
 * The folder that the engine works in for one stack. The engine writes into the files it reads, so it gets copies:
 * no tracked file changes by running.
 */
export interface Workspace {
  folder: string;
  /** Variables that `pulumi` needs there, without this process's own environment. */
  variables: Record<string, string>;
  /** What encrypts secrets in the state, as `pulumi stack init` takes it. */
  secretsProvider: string;
}

/** The stack's kubeconfig, for people and their tools. */
export function kubeconfigFile(stack: string): string {
  return path.join(folders().state, "kubeconfigs", `${stack}.yaml`);
}

/** The stack's file as the engine reads it, and adds to it. */
export function stackFile(stack: string): string {
  return path.join(workspaceFolder(stack), `Pulumi.${stack}.yaml`);
}

/** What a command on a stack did, for the case that somebody has to look closer. */
export function logFile(stack: string, verb: string): string {
  return path.join(folders().state, "logs", `${stack}-${verb}.log`);
}

/** Makes the stack's workspace, or brings it up to date with the tracked files. */
export function prepareWorkspace(configuration: Configuration, environment: Environment): Workspace {
  const { stack, ephemeral, projectFolder, offlineFolder } = environment;
  const folder = workspaceFolder(stack);
  makePrivateFolder(folder);
  const read = (...parts: string[]) => fs.readFileSync(path.join(...parts), "utf8");
  const readIfThere = (file: string) => (fs.existsSync(file) ? read(file) : undefined);
  const file = stackFile(stack);
  writePrivate(
    path.join(folder, "Pulumi.yaml"),
    renderProjectFile(read(projectFolder, "Pulumi.yaml"), path.join(projectFolder, "stacks", "index.ts")),
  );
  writePrivate(
    file,
    renderStackFile({
      tracked: read(projectFolder, "stacks", `Pulumi.${ephemeral?.of ?? stack}.yaml`),
      former: readIfThere(file),
      secretsProvider: configuration.secretsProvider,
    }),
  );
  writePrivate(path.join(folder, OFFLINE_FILE), offlineFolder ?? "");
  // The dynamic provider's launcher and the language host look for the project's packages from here.
  link(path.join(projectFolder, "node_modules"), path.join(folder, "node_modules"));
  const stateFolder = configuration.backend !== "local" ? undefined : path.join(folders().state, "pulumi");
  if (stateFolder) makePrivateFolder(stateFolder);
  return {
    folder,
    secretsProvider: configuration.secretsProvider,
    variables: {
      ...passphrase(configuration),
      // Pulumi's plugin has another working directory than the commands.
      ...(configuration.cluster?.type === "moc" && credentialFiles(process.env)),
      PULUMI_BACKEND_URL: stateFolder ? pathToFileURL(stateFolder).href : configuration.backend,
      PULUMI_HOME: pulumiHome(),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      ...TALK_DIRECTLY,
      // The history of a stack holds the same again.
      PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true",
      // The lab's plugins are the project's own code, wherever they were linked to.
      OKD_STREAMS_PROJECT: projectFolder,
      // The program runs in another folder.
      ...(process.env.KUBECONFIG && { KUBECONFIG: environment.kubeconfigs.join(path.delimiter) }),
      PATH: [...launcher(folder), process.env.PATH].join(path.delimiter),
      ...(offlineFolder && {
        OKD_STREAMS_OFFLINE: offlineFolder,
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      }),
    },
  };
}

/** Where the passphrase of a stack is, if it has one: what this project and Pulumi ask, in their order; a file, or a variable's name. */
export function passphrasePlace({ secretsProvider }: Pick<Configuration, "secretsProvider">): string | undefined {
  const { PULUMI_CONFIG_PASSPHRASE, PULUMI_CONFIG_PASSPHRASE_FILE } = process.env;
  if (secretsProvider !== "passphrase") return undefined;
  if (PULUMI_CONFIG_PASSPHRASE !== undefined) return "PULUMI_CONFIG_PASSPHRASE";
  return PULUMI_CONFIG_PASSPHRASE_FILE || ownPassphrase();
}

function ownPassphrase(): string {
  return path.join(folders().config, "passphrase");
}

/** The user's own passphrase, where one is set, is the engine's business: a shared backend needs a shared one. */
function passphrase(configuration: Configuration): Record<string, string> {
  const file = ownPassphrase();
  if (process.env.PULUMI_CONFIG_PASSPHRASE_FILE || passphrasePlace(configuration) !== file) return {};
  ensurePassphrase(file);
  return { PULUMI_CONFIG_PASSPHRASE_FILE: file };
}

/** Pulumi's releases bring the dynamic provider's launcher; an engine built from its Go module does not. */
function launcher(folder: string): string[] {
  const name = "pulumi-resource-pulumi-nodejs";
  const bin = path.join(folder, "bin");
  const found = find(name);
  if (found && path.dirname(found.path) !== bin) return [];
  const provider = path.join(folder, "node_modules", "@pulumi", "pulumi", "cmd", "dynamic-provider");
  writePrivate(path.join(bin, name), `#!/bin/sh\nexec node ${shellWord(provider)} "$@"\n`, 0o700);
  return [bin];
}
