import "./home";
import "./unread";
import { Command } from "commander";
import { UserError } from "../../components/errors";
import { report } from "./failure";
import { registerVerbs, verbs } from "./verbs";

// What completes verbs knows all others.
const known = { ...verbs, completion: () => import("./completion") };

async function main(args: string[]): Promise<number> {
  const program = new Command("okd-streams")
    .description("OKD Streams: build, test and release any configuration of OKD on Tekton")
    .usage("VERB … (npm run VERB -- …)")
    .helpCommand(false)
    .exitOverride();
  try {
    await registerVerbs(program, known, args[0]);
    if (args.length === 0) throw new UserError(`No verb is given, there are ${Object.keys(known).join(", ")}.`, 2);
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    return report(error);
  }
}

/** What is left open (connections, timers) is nobody's business any more; what was printed has to get out. */
function end(exitCode: number): void {
  process.stdout.write("", () => process.exit(exitCode));
}

process.on("uncaughtException", (error) => end(report(error)));
void main(process.argv.slice(2)).then(end);
