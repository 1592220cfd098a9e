import * as fs from "node:fs";
import * as path from "node:path";
import type { Command } from "commander";
import { folders } from "../environment";

/** `backup STACK [--out DIR]` */
export function register(program: Command): void {
  program
    .command("backup")
    .summary("copy a stack's state, and what its registry holds, into a folder")
    .description(
      "Copies a deployed stack's state, whose secrets stay encrypted, and all images of a registry that is the stack's own. Run again, it " +
        "fetches only what lacks. The passphrase is not copied: the command says where it is.",
    )
    .argument("<stack>", "name of the stack: kind, existing, …")
    .option("--out <folder>", "folder to write to: new, empty or a backup (default: one beside the states)")
    .action(backup);
}

async function backup(
  stack: string,
  { out = path.join(folders().state, "backups", stack) }: { out?: string },
): Promise<void> {
  const [
    { deployedStack },
    { readStack },
    { defaultOptions },
    { passphrasePlace, stackFile },
    { keptKeys },
    store,
    { saveImages },
    { reachRegistry },
    { login },
  ] = await Promise.all([
    import("./deploy"),
    import("./stack"),
    import("./options"),
    import("./engine/workspace"),
    import("./engine/settings"),
    import("../tools/backup/folder"),
    import("../tools/backup/images"),
    import("../tools/backup/reach"),
    import("../tools/bundle/login"),
  ]);
  const { configuration } = readStack(stack);
  const { secretsProvider, platform } = configuration;
  const { outputs, state } = await deployedStack("backup", stack, defaultOptions());
  const passphrase = passphrasePlace(configuration);
  const file = stackFile(stack);
  const engine = fs.existsSync(file) ? keptKeys(fs.readFileSync(file, "utf8")) : {};
  const about = { stack, secretsProvider, ...(passphrase && { passphrase }), engine };
  store.openBackup(out, about);
  const isOurs = platform.registry.mode !== "external";
  let images = 0;
  if (isOurs) {
    const { address, close } = await reachRegistry(outputs.registry, outputs.kubeconfig);
    try {
      images = await saveImages(store.imagesFolder(out), address, { login, say });
    } finally {
      close();
    }
  }
  const registry = isOurs && { registry: outputs.registry.address };
  store.closeBackup(out, { ...about, made: new Date().toISOString(), ...registry }, state);
  const ofRegistry = isOurs
    ? `${images} images of ${outputs.registry.address}`
    : `no image: ${outputs.registry.address} is not the stack's own`;
  process.stdout.write(
    `The state of stack ${stack} and ${ofRegistry} are in ${out}.\n` +
      (passphrase ? `Its secrets are encrypted, and their passphrase is not in it: keep ${passphrase} too.\n` : ""),
  );
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
