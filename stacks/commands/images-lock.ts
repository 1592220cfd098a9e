import type { Command } from "commander";
import { UserError } from "../../components/errors";
import type { Locked } from "../tools/lock";

/** `images:lock [FILE]` */
export function register(program: Command): void {
  program
    .command("images:lock")
    .summary("write the digests of all images beside their tags")
    .description("Asks the registries which digests the tags of pipelines/images.yaml have, and writes both there.")
    .argument("[file]", "the list")
    .action(lock);
}

async function lock(named?: string): Promise<void> {
  const [{ join }, { PROJECT_FOLDER }, { lockFile }] = await Promise.all([
    import("node:path"),
    import("../environment"),
    import("../tools/lock"),
  ]);
  const images = await lockFile(named ?? join(PROJECT_FOLDER, "pipelines", "images.yaml"));
  process.stdout.write(images.map(line).join(""));
  const without = images.filter(({ digest }) => digest === undefined).map(({ name }) => name);
  if (without.length > 0) {
    throw new UserError(`These images have no digest that could be written: ${without.join(", ")}.`);
  }
}

function line({ name, tagged, digest, changed, fault }: Locked): string {
  const outcome = digest && `${changed ? "written" : "the same"}: ${name}: ${tagged}@${digest}\n`;
  return `${outcome ?? ""}${fault ? `fault: ${name}: ${fault}\n` : ""}`;
}
