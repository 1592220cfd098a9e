import type { Command } from "commander";
import { UserError } from "../../components/errors";
import type { TablePlan } from "../../components/streams/payload/plan";

interface Options {
  version?: string;
  against?: string;
  json?: boolean;
}

/** `plan payload [--version V] [--against FILE] [--json]` */
export function register(program: Command): void {
  program
    .command("plan")
    .summary("say in which order all components of OKD are built, and why each")
    .description(
      "Reads the table of components and nothing else: no cluster, registry or repository is asked, so keys hold branches in place of commits.",
    )
    .argument("<what>", "payload")
    .option("--version <version>", "OKD's version, whose branches are built; the table's without it")
    .option("--against <file>", "what an earlier --json printed: says what would be built anew, and why")
    .option("--json", "print {waves: [[{name, inputs, key, reason}]], unbuildable: [{name, reason}]} on stdout")
    .action(plan);
}

async function plan(what: string, { version: wanted, against, json }: Options): Promise<void> {
  if (what !== "payload") throw new UserError(`There is no plan of ${what}: say payload.`, 2);
  const [
    { existsSync, readFileSync },
    { join },
    { PROJECT_FOLDER },
    { Library },
    payload,
    { tableFile },
    { planTable },
    { planLines },
  ] = await Promise.all([
    import("node:fs"),
    import("node:path"),
    import("../environment"),
    import("../../components/pipelines/library"),
    import("../../components/streams/payload/payload"),
    import("../../components/streams/payload/table"),
    import("../../components/streams/payload/plan"),
    import("./plan-text"),
  ]);
  if (against !== undefined && !existsSync(against)) throw new UserError(`There is no file ${against}.`, 2);
  const library = new Library({ folder: join(PROJECT_FOLDER, "pipelines") });
  const table = library.data("payload", "components.yaml", tableFile);
  const task = library
    .objects(["payload", "notifications"], { namespace: "okd-payload", labels: {} })
    .find(({ metadata }) => metadata.name === "payload-build-component")!;
  const found = planTable(table, {
    version: wanted ?? table.version,
    images: library.images,
    recipe: payload.recipeOf(task.spec as object),
    ...(against !== undefined && { before: JSON.parse(readFileSync(against, "utf8")) as TablePlan }),
  });
  const lines = json ? [JSON.stringify(found, undefined, 2)] : planLines(found);
  process.stdout.write(`${lines.join("\n")}\n`);
}
