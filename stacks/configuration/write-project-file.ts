import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_FOLDER } from "../environment";
import { renderProjectFile } from "./project-file";

// `npm run settings`
const file = join(PROJECT_FOLDER, "Pulumi.yaml");
writeFileSync(file, renderProjectFile(readFileSync(file, "utf8")));
