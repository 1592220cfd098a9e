import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { PAUSE_MS, retry } from "../events/retry";
import { type BuildRequested, buildText, requestedSchema } from "../events/build";
import { readKeys } from "../events/keys";
import { logJson } from "../events/log";
import { canBeAsked, type GitSource, headOf } from "./pin";
import { postEvent } from "../events/post";
import { stateOf } from "./runs";
import { periodicId } from "./scheduled";

// Asks for a build, for CronJobs and for Task request-build: `node request.js settings.json`, with VERSION, BUILD_ID or
// JOB_NAME, COMMITS, RESULT_COMMITS (a file), what runs.ts asks Kubernetes by and, for impatient tests, PAUSE_MS in the environment.

/** What there is to ask for, as the component writes it into `settings.json`. */
export interface RequestSettings {
  /** Name of the pipeline set, `okd-coreos`. */
  stream: string;
  /** By OKD's version. */
  versions: Record<string, RequestedVersion>;
}

export interface RequestedVersion {
  /** By their names in records: `base`, `node`. */
  sources: Record<string, GitSource>;
  /** EventListeners of the clusters that build an architecture of it. */
  listeners: RequestedListener[];
}

export interface RequestedListener {
  address: string;
  /** The file with the keys that it verifies. */
  keys: string;
  /** PipelineRuns that it starts, by their names without the build's id, where they can be seen from here. */
  runs?: string[];
}

/** With pauses from two seconds on, each twice as long: a cluster may be away for eight minutes. */
const ATTEMPTS = 9;
/** Looks for runs after each request, with a pause before each. */
const LOOKS = 5;

/** `base=COMMIT node=COMMIT` as a map. */
export function parseCommits(text: string): Record<string, string> {
  const pairs = text.split(/\s+/).filter((pair) => pair !== "");
  return Object.fromEntries(pairs.map((pair) => [pair.split("=")[0]!, pair.slice(pair.indexOf("=") + 1)]));
}

async function main(): Promise<void> {
  const settings = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as RequestSettings;
  const { VERSION = "", BUILD_ID, JOB_NAME = "", COMMITS = "", RESULT_COMMITS } = process.env;
  const wanted = settings.versions[VERSION];
  if (!wanted) throw new Error(`no cluster builds ${settings.stream} ${VERSION}`);
  const given = parseCommits(COMMITS);
  const commits = { ...given, ...(await pin(wanted.sources, given)) };
  const buildId = buildIdOf(BUILD_ID ?? periodicId(JOB_NAME), Object.keys(given), commits);
  const event = requested({ stream: settings.stream, version: VERSION, buildId, commits });
  const pins = Object.entries(event.commits).map((pair) => pair.join("="));
  if (RESULT_COMMITS !== undefined) writeFileSync(RESULT_COMMITS, pins.join(" "));
  logJson("info", { event: "request", message: `${buildText(event)}: of ${pins.join(", ") || "the branches' heads"}` });

  // One event for all, so that nobody builds anything else; whoever had it before creates nothing.
  const told = await Promise.allSettled(wanted.listeners.map((listener) => tell(listener, event)));
  const failures = told.flatMap((result) => (result.status === "rejected" ? [(result.reason as Error).message] : []));
  if (failures.length > 0) {
    const others = `${told.length - failures.length} of ${told.length} EventListeners were told`;
    const again = `ask again by the same id for the rest, with commits "${pins.join(" ")}"`;
    throw new Error(`${buildText(event)}: ${failures.join("; ")}; ${others}: ${again}`);
  }
}

/** A release is the build of its tag, whose push the host tells of too: both ask for it by one id. */
export function buildIdOf(id: string, given: string[], commits: Record<string, string>): string {
  const [source, ...others] = given;
  const commit = source === undefined || others.length > 0 ? undefined : commits[source];
  return /^release-\d+$/.test(id) && commit !== undefined ? `tag-${commit.slice(0, 12)}` : id;
}

/** @throws Error that names the field that no EventListener would take */
function requested(build: Omit<BuildRequested, "schema" | "type">): BuildRequested {
  const parsed = requestedSchema.safeParse({ schema: 1, type: "build-requested", ...build });
  if (parsed.success) return parsed.data;
  const { path } = parsed.error.issues[0]!;
  throw new Error(`this is no request: its ${path.join(".")} is not what one has`);
}

/** Commits of the sources that have none yet, or a tag instead; what cannot be asked for is left to each run. */
async function pin(sources: Record<string, GitSource>, given: Record<string, string>): Promise<Record<string, string>> {
  const missing = Object.entries(sources).flatMap(([name, source]): [string, GitSource][] => {
    const tag = given[name]?.startsWith("refs/tags/") ? given[name] : undefined;
    return tag !== undefined ? [[name, { ...source, branch: tag }]] : name in given ? [] : [[name, source]];
  });
  for (const [name, { repository, branch }] of missing.filter(([, source]) => !canBeAsked(source))) {
    if (name in given) {
      throw new Error(
        `${name}: ${repository} is not behind http, so nobody here knows the commit of ${branch}: give that`,
      );
    }
    const message = `${name}: ${repository} is not behind http: each run takes the head of ${branch}`;
    logJson("warn", { event: "pin", message });
  }
  const pins = missing
    .filter(([, source]) => canBeAsked(source))
    .map(async ([name, source]) => [name, await retry("pin", ATTEMPTS, () => headOf(source))]);
  return Object.fromEntries(await Promise.all(pins)) as Record<string, string>;
}

async function tell({ address, keys, runs = [] }: RequestedListener, event: BuildRequested): Promise<void> {
  const [key] = readKeys(keys);
  if (key === undefined) throw new Error(`${keys} holds no key for ${address}`);
  const started = runs.map((run) => `${run}-${event.buildId}`);
  await Promise.all(started.map(stateOf)); // who may not look is told so before it asks
  await retry("request", ATTEMPTS, async () => {
    await postEvent(address, event, key, new Date()).catch((error: unknown) => {
      throw new Error(`${address} cannot be asked: ${(error as Error).message}`, { cause: error });
    });
    await begun(started, address);
  });
  logJson("info", { event: "request", message: `${buildText(event)}: asked ${address}` });
}

/** An EventListener says that it takes every event, also one that it loses, or that it refuses. @throws Error where runs do not begin */
async function begun(runs: string[], address: string): Promise<void> {
  for (let look = 1; runs.length > 0; look++) {
    await sleep(PAUSE_MS);
    const states = await Promise.all(runs.map(stateOf));
    runs = runs.filter((_, index) => states[index]!.is === "missing");
    if (runs.length > 0 && look === LOOKS) {
      throw new Error(`${address} takes the request and starts no ${runs.join(", ")}: its log and the gate's say why`);
    }
  }
}

if (require.main === module) {
  main().catch((error: unknown) => {
    logJson("error", { event: "failure", message: (error as Error).message });
    process.exitCode = 1;
  });
}
