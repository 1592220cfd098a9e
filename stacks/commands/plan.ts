import type { Command } from "commander";
import { UserError } from "../../components/errors";
import type { TablePlan } from "../../components/streams/payload/plan";

interface Options {
  version?: string;
  against?: string;
  json?: boolean;
}

/** What there is a plan of, in the words of its last line. */
const PLANS = {
  payload: { images: "components", left: "are the base's" },
  operators: { images: "images", left: "cannot be built of what is public" },
};

/** `plan payload|operators [--version V] [--against FILE] [--json]` */
export function register(program: Command): void {
  program
    .command("plan")
    .summary("say in which order all components of OKD are built, or all operators, and why each")
    .description(
      "Reads tables and nothing else: no cluster, registry or repository is asked, so keys hold branches in place of commits.",
    )
    .argument("<what>", "payload or operators")
    .option("--version <version>", "OKD's version, whose branches are built; the table of components' without it")
    .option("--against <file>", "what an earlier --json printed: says what would be built anew, and why")
    .option("--json", "print {waves: [[{name, inputs, key, reason}]], unbuildable: [{name, reason}]} on stdout")
    .action(plan);
}

async function plan(what: string, { version: wanted, against, json }: Options): Promise<void> {
  if (!(what in PLANS)) throw new UserError(`There is no plan of ${what}: say payload or operators.`, 2);
  const [
    { existsSync, readFileSync },
    { join },
    { PROJECT_FOLDER },
    { Library },
    payload,
    { tableFile },
    { planTable },
    { planLines },
    { imageRows, operatorTable },
  ] = await Promise.all([
    import("node:fs"),
    import("node:path"),
    import("../environment"),
    import("../../components/pipelines/library"),
    import("../../components/streams/payload/payload"),
    import("../../components/streams/payload/table"),
    import("../../components/streams/payload/plan"),
    import("./plan-text"),
    import("../../components/streams/operators/table"),
  ]);
  if (against !== undefined && !existsSync(against)) throw new UserError(`There is no file ${against}.`, 2);
  const library = new Library({ folder: join(PROJECT_FOLDER, "pipelines") });
  const table = library.data("payload", "components.yaml", tableFile);
  const task = library
    .objects(["payload", "signing", "notifications"], { namespace: "okd-payload", labels: {} })
    .find(({ metadata }) => metadata.name === "payload-build-component")!;
  const operators = () =>
    imageRows(library.data("operators", "operators.yaml", operatorTable)).map((row) => ({
      ...row,
      patches: row.patches.map((file) => library.text("operators", `patches/${file}`)),
    }));
  const found = planTable(what === "payload" ? table : { ...table, rows: operators() }, {
    version: wanted ?? table.version,
    images: library.images,
    recipe: payload.recipeOf(task.spec as object),
    ...(against !== undefined && { before: JSON.parse(readFileSync(against, "utf8")) as TablePlan }),
  });
  const lines = json ? [JSON.stringify(found, undefined, 2)] : planLines(found, PLANS[what as keyof typeof PLANS]);
  process.stdout.write(`${lines.join("\n")}\n`);
}
