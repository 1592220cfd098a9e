import type { Command } from "commander";
import { UserError } from "../../components/errors";

/** `graph [--check]` */
export function register(program: Command): void {
  program
    .command("graph")
    .summary("draw the stacks and the Pipelines")
    .description(
      "Draws each stack and each Pipeline as SVG, beside the files that they are drawn of: the same commit gives the same bytes.",
    )
    .option("--check", "write nothing, and fail where a picture is not that of the program")
    .action(graph);
}

async function graph({ check }: { check?: boolean }): Promise<void> {
  (await import("../preview/light")).loadLightly();
  const [{ existsSync, readFileSync, writeFileSync }, { join }, { PROJECT_FOLDER }, { pictures }] = await Promise.all([
    import("node:fs"),
    import("node:path"),
    import("../environment"),
    import("../graph/pictures"),
  ]);
  const drawn = [...(await pictures(PROJECT_FOLDER))].map(([path, svg]) => {
    const file = join(PROJECT_FOLDER, path);
    return { path, svg, file, stale: !existsSync(file) || readFileSync(file, "utf8") !== svg };
  });
  const stale = drawn.filter((picture) => picture.stale);
  if (check) {
    if (stale.length === 0) return console.log(`${drawn.length} pictures are those of the program`);
    throw new UserError(`${stale.map(({ path }) => path).join(", ")}: not drawn of this program; run npm run graph.`);
  }
  for (const { file, svg } of stale) writeFileSync(file, svg);
  console.log(`${stale.length} of ${drawn.length} pictures drawn again`);
}
