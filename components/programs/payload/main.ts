import { fail } from "./files";
import { compare, compose } from "./release";
import { resolve } from "./resolve";
import { updateKeys } from "./update-keys";

const COMMANDS: Record<string, (env: NodeJS.ProcessEnv) => void | Promise<void>> = {
  resolve,
  compose,
  compare,
  updateKeys,
};

async function main(): Promise<void> {
  await COMMANDS[process.argv[2]!]!(process.env);
}

main().catch(fail);
