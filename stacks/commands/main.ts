import "./home";
import { Command } from "commander";
import { UserError } from "../../components/errors";
import { report } from "./failure";

interface Module {
  register: (program: Command) => void;
}

/** Only the verb that was asked for is loaded: the engine's library alone takes a second. */
const verbs: Record<string, () => Promise<Module>> = {
  start: () => import("./start"),
  up: () => import("./up"),
  destroy: () => import("./destroy"),
  ephemeral: () => import("./ephemeral"),
  preview: () => import("./preview"),
  render: () => import("./render"),
  policy: () => import("./policy"),
  drift: () => import("./drift"),
  bundle: () => import("./bundle"),
  build: () => import("./build"),
  builds: () => import("./builds"),
  status: () => import("./status"),
  release: () => import("./release"),
  payload: () => import("./payload"),
  operators: () => import("./operators"),
  "payload:table": () => import("./payload-table"),
  plan: () => import("./plan"),
  certify: () => import("./certify"),
  "upgrade-test": () => import("./upgrade-test"),
  capacity: () => import("./capacity"),
  sweep: () => import("./sweep"),
  access: () => import("./access"),
  "give-back": () => import("./give-back"),
  doctor: () => import("./doctor"),
  env: () => import("./env"),
  "images:lock": () => import("./images-lock"),
  pins: () => import("./pins"),
  graph: () => import("./graph"),
};

async function main(args: string[]): Promise<number> {
  const program = new Command("okd-streams")
    .description("OKD Streams: build, test and release any configuration of OKD on Tekton")
    .usage("VERB … (npm run VERB -- …)")
    .helpCommand(false)
    .exitOverride();
  const [verb = ""] = args;
  try {
    const wanted = Object.hasOwn(verbs, verb) ? [verbs[verb]!] : Object.values(verbs);
    for (const load of wanted) (await load()).register(program);
    if (args.length === 0) throw new UserError(`No verb is given, there are ${Object.keys(verbs).join(", ")}.`, 2);
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
