import type { Command } from "commander";

/** `policy FOLDER` */
export function register(program: Command): void {
  program
    .command("policy")
    .summary("hold a folder of Kubernetes YAML to this project's rules")
    .description(
      "Reads every YAML file below a folder and says what of this project's own rules its objects break; 1 where there is something.",
    )
    .argument("<folder>", "folder, or file, of rendered YAML")
    .option("--json", "print {files, objects, findings: [{rule, file, object, path, found, fix}]} on stdout")
    .action(policy);
}

async function policy(folder: string, { json }: { json?: boolean }): Promise<void> {
  const [{ checkFolder }, { renderFindings }, { UserError }] = await Promise.all([
    import("../policy/folder"),
    import("../policy/findings-text"),
    import("../../components/errors"),
  ]);
  const result = checkFolder(folder);
  console.log(json ? JSON.stringify(result, undefined, 2) : renderFindings(result));
  const count = result.findings.length;
  if (count > 0) throw new UserError(`${count} ${count === 1 ? "finding" : "findings"} in ${folder}.`);
}
