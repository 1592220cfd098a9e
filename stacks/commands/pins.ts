import type { Command } from "commander";
import { UserError } from "../../components/errors";

/** `pins` */
export function register(program: Command): void {
  program
    .command("pins")
    .summary("look up what is pinned among known vulnerabilities")
    .description(
      "Asks osv.dev whether versions that are pinned here have known vulnerabilities; npm audit asks for packages.",
    )
    .action(lookUp);
}

async function lookUp(): Promise<void> {
  const [{ join }, { PROJECT_FOLDER }, { loadImages }, { knownHoles, pinnedModules }] = await Promise.all([
    import("node:path"),
    import("../environment"),
    import("../../components/pipelines/images"),
    import("../tools/osv"),
  ]);
  const { modules, unknown } = pinnedModules(loadImages(join(PROJECT_FOLDER, "pipelines", "images.yaml")));
  const holes = await knownHoles(modules);
  const lines = [
    ...modules.map(({ name, version }) => `asked: ${name} ${version}`),
    `not known there by name: the images ${unknown.join(", ")}`,
    ...holes.map((line) => `vulnerable: ${line}`),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  if (holes.length > 0) throw new UserError(`${holes.length} of ${modules.length} pins have known vulnerabilities.`);
}
