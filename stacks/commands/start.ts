import type { Command } from "commander";
import { UserError } from "../../components/errors";
import { withEngineOptions, type EngineOptions } from "./options";

interface Options extends EngineOptions {
  yes?: boolean;
}

/** The stack that a newcomer gets. */
const STACK = "kind";

/** Seconds that its steps usually take on two cores. */
const USUAL = { deploy: 240, rehearsal: 160 };

/** `start [--yes]` */
export function register(program: Command): void {
  const command = program
    .command("start")
    .summary("from nothing to a running local factory")
    .description("Checks this machine, gets what is missing, deploys stack kind and says what to open and run next.")
    .option("--yes", "grant whatever would be asked");
  withEngineOptions(command).action(start);
}

async function start({ yes = false, ...options }: Options): Promise<void> {
  const [{ folders }, { readStack }, { collectFor, findingsFor }, { prepare }, { planLines }, tools] =
    await Promise.all([
      import("../environment"),
      import("./stack"),
      import("./preflight"),
      import("./begin/prepare"),
      import("./begin/plan"),
      import("../tools"),
    ]);
  // What an earlier start found is asked again.
  process.env.OKD_STREAMS_OFFLINE ??= "";
  const context = readStack(STACK);
  const { configuration, environment } = context;
  const { offlineFolder: offline } = environment;
  const facts = await collectFor(context);
  if (!offline) {
    const { askBuildHosts, askOfficialHosts } = await import("./begin/official");
    facts.hosts = await askOfficialHosts(configuration, environment, facts);
    if (facts.hosts.every(({ reachable }) => reachable)) {
      facts.buildHosts = await askBuildHosts(configuration, environment);
    }
  }
  const terminal = process.stdin.isTTY && process.stderr.isTTY;
  const decision = tools.decide(facts, tools.labFolder(), { terminal, yes });
  say(...tools.findingLines(findingsFor(facts, configuration)), "", ...planLines(decision, facts, folders().cache));

  if (decision.way === "stop") return stop("This machine cannot deploy yet; what is missing stands above.");
  if (decision.ask && !(await granted())) return stop("Nothing was added, as you wished.");
  try {
    await prepare(decision, facts);
  } catch (error) {
    // The folder that was to be made is not whole: the preview does not read it.
    process.env.OKD_STREAMS_OFFLINE = offline ?? "";
    if (error instanceof UserError && error.exitCode === 3) return stop(error.message);
    throw error;
  }
  const { deploy } = await import("./deploy");
  const outputs = await deploy(STACK, { ...options, usual: USUAL.deploy });
  const { streams, kubeconfig } = outputs;
  const rehearsal = streams.find(({ runs }) => runs.some(isRehearsal));
  if (!rehearsal) return;
  const [{ runBuild }, { chooseBuild }, { renderFirstSteps }, { kubeconfigFile }] = await Promise.all([
    import("./follow/build"),
    import("./follow/choose"),
    import("./outcome"),
    import("./engine/workspace"),
  ]);
  say("", `The sample build of stream ${rehearsal.version} is rehearsed now.`);
  await runBuild(STACK, chooseBuild(STACK, { streams: [rehearsal] }), kubeconfig, true, USUAL.rehearsal);
  // What up said of them is far above by now.
  say("", ...renderFirstSteps(STACK, kubeconfigFile(STACK), outputs));
}

function isRehearsal({ metadata }: { metadata: { labels?: Record<string, string> } }): boolean {
  return metadata.labels?.["okd-streams.io/rehearsal"] === "true";
}

async function granted(): Promise<boolean> {
  const { confirm } = await import("@clack/prompts");
  // A cancelled question answers with a symbol.
  return (await confirm({ message: "Shall I?", initialValue: true })) === true;
}

/** Where nothing can be deployed, at least what would be is shown. */
async function stop(sentence: string): Promise<never> {
  const [{ previewStack }, { renderTree }] = await Promise.all([
    import("../preview/preview"),
    import("../preview/tree"),
  ]);
  process.stdout.write(`\n${renderTree(await previewStack(STACK))}\n`);
  throw new UserError(sentence, 3);
}

function say(...lines: string[]): void {
  process.stderr.write(`${lines.join("\n")}\n`);
}
