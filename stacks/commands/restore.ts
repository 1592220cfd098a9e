import * as fs from "node:fs";
import type { Command } from "commander";
import { UserError } from "../../components/errors";
import type { Backup } from "../tools/backup/folder";
import type { Deployment } from "./engine/adopt";
import type { Outputs } from "./outcome";
import type { StackContext } from "./stack";

/** `restore STACK --from DIR` */
export function register(program: Command): void {
  program
    .command("restore")
    .summary("give a stack back what a backup has and it lacks")
    .description(
      "Takes the state of a backup where the stack has none, and pushes what its own registry lacks. A tag that is there stays where it is. " +
        "Where the cluster is gone, run up first: what it makes is not overwritten.",
    )
    .argument("<stack>", "name of the stack: kind, existing, …")
    .requiredOption("--from <folder>", "the backup")
    .action(restore);
}

async function restore(stack: string, { from }: { from: string }): Promise<void> {
  const [{ readStack }, store] = await Promise.all([import("./stack"), import("../tools/backup/folder")]);
  const { about, state } = store.wholeBackup(from, stack);
  const context = readStack(stack);
  await requirePassphrase(about, context);
  const outputs = await restoreState(context, about, state);
  if (about.registry === undefined) return say(`${from} has no image: the registry was not the stack's own.`);
  if (context.configuration.platform.registry.mode === "external") {
    return say(`${outputs.registry.address} is not the stack's own: the images of ${from} stay here.`);
  }
  const [{ returnImages }, { reachRegistry }, { login }] = await Promise.all([
    import("../tools/backup/images"),
    import("../tools/backup/reach"),
    import("../tools/bundle/login"),
  ]);
  const { address, close } = await reachRegistry(outputs.registry, outputs.kubeconfig);
  try {
    const { pushed, elsewhere, same } = await returnImages(store.imagesFolder(from), address, { login, say });
    for (const tag of elsewhere) say(`${tag} leads to another image by now, and stays there.`);
    process.stdout.write(
      `${outputs.registry.address} has ${pushed.length} images back; ${same} were there, ${elsewhere.length} under tags that have moved on.\n`,
    );
  } finally {
    close();
  }
}

/** The state of the backup, where the stack has none. @returns the stack's outputs */
async function restoreState(context: StackContext, about: Backup, state: Deployment): Promise<Outputs> {
  const { stack } = context.environment;
  const [
    { deployedOutputs, knownState, openEngine },
    { defaultOptions },
    { readOutputs },
    { keysText },
    { kubeconfigFile, stackFile },
    files,
  ] = await Promise.all([
    import("./deploy"),
    import("./options"),
    import("./outcome"),
    import("./engine/settings"),
    import("./engine/workspace"),
    import("./engine/files"),
  ]);
  const { resources = [] } = await knownState("restore", context, defaultOptions());
  if (resources.length > 0) {
    say(`Stack ${stack} has a state: it stays as it is.`);
    return deployedOutputs("restore", stack, defaultOptions());
  }
  // By them the engine knows the passphrase, and decrypts what it was given.
  files.writePrivate(stackFile(stack), keysText(about.engine));
  const engine = await openEngine("restore", context, defaultOptions());
  try {
    await engine.restore(state);
    const outputs = readOutputs(await engine.outputs());
    files.writePrivate(kubeconfigFile(stack), outputs.kubeconfig);
    process.stdout.write(
      `Stack ${stack} has its state of ${about.made} back: npm run drift -- ${stack} says what has changed since.\n`,
    );
    return outputs;
  } finally {
    engine.close();
  }
}

/** A new passphrase would be made where there is none, and decrypt nothing. */
async function requirePassphrase({ passphrase }: Backup, { configuration }: StackContext): Promise<void> {
  const { passphrasePlace } = await import("./engine/workspace");
  const place = passphrasePlace(configuration);
  if (passphrase === undefined || place === undefined || place === "PULUMI_CONFIG_PASSPHRASE" || fs.existsSync(place))
    return;
  throw new UserError(
    `${place} is not there, and the backup's secrets are encrypted: bring the passphrase, which was in ${passphrase}, or set PULUMI_CONFIG_PASSPHRASE_FILE.`,
    3,
  );
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
