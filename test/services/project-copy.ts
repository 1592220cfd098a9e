import * as fs from "node:fs";
import * as path from "node:path";
import { stringify } from "yaml";
import { PROJECT_FOLDER } from "../../stacks/environment";

/** Copies the project, with a stack `kind` of its own, as stacks of another folder cannot be named. @param config of that stack */
export function copyProject(folder: string, config: object): void {
  for (const part of ["components", "stacks", "pipelines", "test/lab/kubernetes-plugin"]) {
    fs.cpSync(path.join(PROJECT_FOLDER, part), path.join(folder, part), {
      recursive: true,
      preserveTimestamps: true,
    });
  }
  for (const file of ["package.json", "tsconfig.json", "Pulumi.yaml"]) {
    fs.cpSync(path.join(PROJECT_FOLDER, file), path.join(folder, file));
  }
  fs.symlinkSync(path.join(PROJECT_FOLDER, "node_modules"), path.join(folder, "node_modules"));
  configure(folder, config);
}

/** Gives the copy's stack other settings. */
export function configure(folder: string, config: object): void {
  fs.writeFileSync(path.join(folder, "stacks", "Pulumi.kind.yaml"), stringify({ config }));
}
