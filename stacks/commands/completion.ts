import { Argument, Command } from "commander";
import { renderCompletion, type Words } from "./completion-text";

/** `completion bash` */
export function register(program: Command): void {
  program
    .command("completion")
    .summary("print what completes these commands in Bash")
    .description(
      "Prints what completes `npm run VERB -- STACK --option` in this folder; elsewhere npm's own completion goes on.",
    )
    .addArgument(new Argument("<shell>", "the shell").choices(["bash"]))
    .action(completion);
}

async function completion(): Promise<void> {
  const { registerVerbs, verbs } = await import("./verbs");
  const program = await registerVerbs(new Command(), verbs);
  register(program);
  process.stdout.write(renderCompletion(program.commands.map(wordsOf)));
}

function wordsOf(command: Command): Words {
  const [argument] = command.registeredArguments;
  const options = command.options.map(({ long, short }) => long ?? short!);
  return {
    verb: command.name(),
    options: [...options, "--help"].sort(),
    argument: argument?.name() === "stack" ? "stack" : (argument?.argChoices ?? []),
  };
}
