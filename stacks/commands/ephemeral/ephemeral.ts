import * as fs from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { findContainerEngine, runKind } from "../../../components/clusters/kind/container-engine";
import { UserError } from "../../../components/errors";
import { connect } from "../../../components/kubernetes/connection";
import { folders, OFFLINE_FILE, PROJECT_FOLDER, workspaceFolder } from "../../environment";
import { run as runTool } from "../../tools/run";
import { deploy } from "../deploy";
import { makePrivateFolder, writePrivate } from "../engine/files";
import { View } from "../engine/view";
import { logFile } from "../engine/workspace";
import { createRuns, followRuns, type Run } from "../follow/build";
import { Interrupted } from "../failure";
import type { EngineOptions } from "../options";
import type { Outputs } from "../outcome";
import { preflight } from "../preflight";
import { readStack } from "../stack";
import { collectCluster, collectRun } from "./collect";
import { Interruption } from "./interruption";
import { live, type End } from "./life";
import { choose, type Order, orderText } from "./order";
import { begin, keep, readRecord } from "./record";
import { removeStack, sweepEphemeral } from "./remove";
import { renderReport, type Report } from "./report";

interface Options extends EngineOptions {
  /** Milliseconds. */
  ttl: number;
  keepOnFailure?: boolean;
  /** @default a folder of the state */
  out?: string;
}

/**
 * Deploys a stack under a name of its own, runs something in it, and removes it whatever happens.
 *
 * @param of the stack whose settings it has
 * @throws UserError and others for what failed first
 */
export async function ephemeral(of: string, order: Order, { ttl, keepOnFailure, out, ...options }: Options) {
  const { configuration, environment } = readStack(of);
  if (environment.ephemeral || configuration.cluster.type !== "kind") {
    throw new UserError(`Stack ${of} cannot be ephemeral: only those with a file and a cluster of type kind can.`, 2);
  }
  await sweepEphemeral(new Date(), tell).catch((error: unknown) => tell((error as Error).message));

  const until = new Date(Date.now() + ttl);
  const stack = await begin(of, until);
  const late = new UserError(`Stack ${stack} has outlived its time: give it more with --ttl.`);
  const interruption = new Interruption(until, late);
  try {
    // A folder that the first stack was deployed from is this one's, too.
    writePrivate(path.join(workspaceFolder(stack), OFFLINE_FILE), environment.offlineFolder ?? "");
    await preflight(readStack(stack)).catch((error: unknown) => {
      fs.rmSync(workspaceFolder(stack), { recursive: true, force: true });
      throw error;
    });
    const folder = path.resolve(out ?? path.join(folders().state, "reports", stack));
    makePrivateFolder(folder);
    tell(`Stack ${stack}, by the settings of ${of}, until ${until.toISOString()} at the latest.`);
    const story = new Story(stack, { of, order: orderText(order) }, folder);
    await live(
      {
        up: () =>
          deployUnless(interruption.signal, stack, { ...options, deadline: Math.min(options.deadline, ttl / 60_000) }),
        run: (outputs) => story.run(outputs, order, interruption.signal),
        collect: (outputs) => story.collect(outputs),
        destroy: () => removeStack(stack, options, tell),
        keep: () => keep(stack),
        report: (end) => story.report(end),
      },
      { keepOnFailure, tell },
    );
  } catch (error) {
    // The same command again does not go on from here.
    throw error instanceof Interrupted ? new UserError("Interrupted.") : error;
  } finally {
    interruption.end();
  }
}

function deployUnless(signal: AbortSignal, ...args: Parameters<typeof deploy>): Promise<Outputs> {
  signal.throwIfAborted();
  return deploy(...args);
}

/** What is known of an ephemeral stack in the end. */
class Story {
  private readonly begun = new Date().toISOString();
  private readonly revision = revision();
  private runs: Run[] = [];
  private readonly told: Pick<Report, "plan" | "runs" | "troubles"> = { plan: [], runs: [], troubles: [] };

  /** @param folder where logs and the report go */
  constructor(
    private readonly stack: string,
    private readonly about: Pick<Report, "of" | "order">,
    private readonly folder: string,
  ) {}

  async run(outputs: Outputs, order: Order, signal: AbortSignal): Promise<void> {
    const { kubeconfig } = outputs;
    const buildable = choose(this.stack, outputs, order);
    this.told.plan = buildable.plan;
    const cluster = await connect(kubeconfig);
    const view = new View(logFile(this.stack, "build"), () => undefined);
    try {
      signal.throwIfAborted();
      this.runs = await createRuns(this.stack, cluster, buildable, view);
      await followRuns(buildable, this.runs, { cluster, kubeconfig, view, signal });
    } finally {
      view.close();
    }
  }

  async collect(outputs?: Outputs): Promise<void> {
    const kubeconfig = outputs?.kubeconfig ?? (await kubeconfigOf(readRecord(this.stack).cluster.name));
    // There is no cluster yet.
    if (kubeconfig === undefined) return;
    const cluster = await connect(kubeconfig);
    const place = { cluster, kubeconfig, folder: this.folder };
    this.told.runs = await Promise.all(this.runs.map((run) => collectRun(run, place)));
    this.told.troubles = await collectCluster(place);
  }

  async report(end: End): Promise<void> {
    const files = ["up", "build", "destroy"].flatMap((verb) => {
      const log = logFile(this.stack, verb);
      if (!fs.existsSync(log)) return [];
      fs.copyFileSync(log, path.join(this.folder, `${verb}.log`));
      // The sentence of what failed names it.
      if (end.outcome === "succeeded") fs.rmSync(log);
      return [`${verb}.log`];
    });
    const { stack, about, begun, told, folder } = this;
    const found = await this.revision;
    const report: Report = { ...end, stack, ...about, ...(found && { revision: found }), begun, ...told, files };
    writePrivate(path.join(folder, "report.json"), `${JSON.stringify(report, undefined, 2)}\n`);
    const page = path.join(folder, "report.html");
    writePrivate(page, renderReport({ ...report, files: [...files, "report.json"] }));
    process.stdout.write(`${report.order} ${end.outcome}; the stack is ${end.left}: ${pathToFileURL(page).href}\n`);
  }
}

/** Of a cluster that an `up` began and did not end. */
async function kubeconfigOf(cluster: string): Promise<string | undefined> {
  return runKind(await findContainerEngine(), ["get", "kubeconfig", "--name", cluster]).catch(() => undefined);
}

async function revision(): Promise<string | undefined> {
  const { stdout, code } = await runTool("git", [
    "-C",
    PROJECT_FOLDER,
    "describe",
    "--always",
    "--dirty",
    "--abbrev=12",
  ]);
  return code === 0 ? stdout.trim() : undefined;
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
