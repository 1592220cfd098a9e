import type { Command } from "commander";

interface Options {
  from: string;
  version: string;
}

/** `payload:table --from CHECKOUT --version V` */
export function register(program: Command): void {
  program
    .command("payload:table")
    .summary("write the table of OKD's components anew, from upstream's")
    .description(
      "Makes pipelines/payload/data/components.yaml of a checkout of openshift-eng/ocp-build-data, by the rules of its variant okd, and of by-hand.yaml beside it.",
    )
    .requiredOption("--from <checkout>", "folder of ocp-build-data, at branch openshift-VERSION")
    .requiredOption("--version <version>", "OKD's version, such as 4.22")
    .action(write);
}

async function write({ from, version }: Options): Promise<void> {
  const [{ readFileSync, writeFileSync }, { join }, { PROJECT_FOLDER }, { readUpstream, writeTable }] =
    await Promise.all([
      import("node:fs"),
      import("node:path"),
      import("../environment"),
      import("../../components/streams/payload/write-table"),
    ]);
  const folder = join(PROJECT_FOLDER, "pipelines", "payload", "data");
  const { text, notes } = writeTable(readFileSync(join(folder, "by-hand.yaml"), "utf8"), readUpstream(from), version);
  const file = join(folder, "components.yaml");
  writeFileSync(file, text);
  process.stdout.write([...notes, `written: ${file}`].join("\n") + "\n");
}
