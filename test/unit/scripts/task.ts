import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parse } from "yaml";

const ROOT = resolve(__dirname, "../../..");

/** The rehearsal's stand-in for coreos-assembler and what it builds from. */
export const REHEARSAL = join(ROOT, "test/lab/rehearsal");

export interface TaskFile {
  file: string;
  metadata: { name: string };
  spec: {
    params?: { name: string; default?: string | string[] }[];
    results?: { name: string }[];
    workspaces?: { name: string; optional?: boolean }[];
    stepTemplate?: { env?: Variable[] };
    steps: {
      name: string;
      image: string;
      script?: string;
      command?: string[];
      args?: string[];
      env?: Variable[];
      computeResources?: { requests?: Record<string, string> };
    }[];
  };
}

interface Variable {
  name: string;
  value?: string;
}

/** Every Task in `pipelines/`. */
export const tasks: TaskFile[] = readdirSync(join(ROOT, "pipelines"), { recursive: true, encoding: "utf8" })
  .filter((name) => /(^|\/)tasks\/.*\.yaml$/.test(name))
  .sort()
  .map((name) => {
    const file = join("pipelines", name);
    return { file, ...(parse(readFileSync(join(ROOT, file), "utf8")) as Omit<TaskFile, "file">) };
  });

/** What Tasks share, by file: the keys of the ConfigMaps that pipeline sets have. */
export const sharedScripts: Record<string, string> = Object.assign(
  {},
  ...readdirSync(join(ROOT, "pipelines"), { recursive: true, encoding: "utf8" })
    .filter((name) => /^[^/]+\/[^/]+-scripts\.yaml$/.test(name))
    .map(
      (name) => (parse(readFileSync(join(ROOT, "pipelines", name), "utf8")) as { data: Record<string, string> }).data,
    ),
) as Record<string, string>;

/** What a TaskRun is given, and what is different on this machine. */
export interface Inputs {
  params?: Record<string, string | string[]>;
  /** Folders by workspace; one that is not here is not bound. */
  workspaces?: Record<string, string>;
  /** Values that take the place of the Task's, as for files that a volume would bring. */
  env?: Record<string, string>;
  /** Folders by the path that a volume has in a Pod, for steps that are a command of such files. */
  mounts?: Record<string, string>;
}

export interface Outcome {
  /** Exit code of the last step that ran. */
  code: number;
  /** Standard output and error, as a log shows them. */
  log: string;
  results: Record<string, string>;
  /** Every value that a step was given, for tests that look for secrets. */
  environment: Record<string, string>;
}

/** Runs the scripts and commands of a Task, step after step, as Tekton would: values come by environment, the interpreter by the first line. */
export async function runTask(
  name: string,
  { params = {}, workspaces = {}, env = {}, mounts = {} }: Inputs,
): Promise<Outcome> {
  const task = tasks.find(({ metadata }) => metadata.name === name);
  if (!task) {
    throw new Error(`there is no Task ${name}`);
  }
  const work = mkdtempSync(join(tmpdir(), "okd-streams-task-"));
  chmodSync(work, 0o755); // a step may go on as another user
  for (const folder of ["home", "results", "storage", "scripts", "shared", "work"]) {
    mkdirSync(join(work, folder));
  }
  for (const [file, text] of Object.entries(sharedScripts)) {
    writeFileSync(join(work, "shared", file), text);
  }
  for (const { name: step, script, command } of task.spec.steps) {
    if (script === undefined) {
      if (!command) throw new Error(`${name}: step ${step} is neither script nor command`);
      continue;
    }
    writeFileSync(join(work, "scripts", step), script, { mode: 0o755 });
  }
  const storage = join(work, "storage");
  writeFileSync(
    join(work, "storage.conf"),
    `[storage]\ndriver = "vfs"\ngraphroot = "${storage}/graph"\nrunroot = "${storage}/run"\n`,
  );
  const param = (key: string, reference: string) =>
    params[key] ?? declared(task.spec.params, key, reference).default ?? missing(reference);
  const value = (reference: string): string => {
    const [kind, key = "", field] = reference.split(".");
    switch (kind) {
      case "params":
        return String(param(key, reference));
      case "workspaces":
        return workspaces[key] ?? (declared(task.spec.workspaces, key, reference).optional ? "" : missing(reference));
      case "results":
        declared(task.spec.results, key, reference);
        return join(work, "results", key);
      case "context":
        if (field === "name") return `${name}-run`;
        return field === "uid" ? `${name}-uid` : missing(reference);
      default:
        return missing(reference);
    }
  };
  const outcome: Outcome = { code: 0, log: "", results: {}, environment: {} };
  for (const step of task.spec.steps) {
    const given = Object.fromEntries(
      [...(task.spec.stepTemplate?.env ?? []), ...(step.env ?? [])].map((variable) => [
        variable.name,
        (variable.value ?? "").replace(/\$\(([^)]+)\)/g, (_, reference: string) => value(reference)),
      ]),
    );
    const environment = {
      ...given,
      HOME: join(work, "home"),
      PATH: `${REHEARSAL}/cosa:${process.env.PATH}`,
      COSA_COMMANDS: `${REHEARSAL}/cosa/${step.image.endsWith("one-stage") ? "one-stage" : "current"}.json`,
      CONTAINERS_STORAGE_CONF: join(work, "storage.conf"),
      SCRIPTS: join(work, "shared"),
      WORK: join(work, "work"),
      // Sources name hosts of this world: nobody is asked but this machine.
      https_proxy: "http://127.0.0.1:1",
      no_proxy: "localhost,127.0.0.1,::1",
      ...env,
    };
    const args = (step.args ?? []).flatMap((arg) => {
      const list = /^\$\(params\.(.+)\[\*\]\)$/.exec(arg)?.[1];
      return list ? param(list, arg) : arg;
    });
    const [program, ...words] = (step.command ?? [join(work, "scripts", step.name)]).map((word) =>
      Object.entries(mounts).reduce((path, [mount, folder]) => path.replace(`${mount}/`, `${folder}/`), word),
    );
    const { code, log } = await run(program!, [...words, ...args], environment);
    Object.assign(outcome, { code, log: outcome.log + log, environment: { ...outcome.environment, ...environment } });
    if (code !== 0) {
      break;
    }
  }
  for (const { name: result } of task.spec.results ?? []) {
    const file = join(work, "results", result);
    if (existsSync(file)) {
      outcome.results[result] = readFileSync(file, "utf8");
    }
  }
  await run("rm", ["-rf", work], {});
  return outcome;
}

/** Runs a program to its end. */
export function run(
  program: string,
  args: string[],
  env: Record<string, string | undefined> = process.env,
): Promise<{ code: number; log: string }> {
  return new Promise((done, failed) => {
    const child = spawn(program, args, { env: { PATH: process.env.PATH, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let log = "";
    const collect = (data: Buffer) => (log += data.toString());
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", failed);
    child.on("close", (code) => {
      done({ code: code ?? 1, log });
    });
  });
}

function declared<T extends { name: string }>(list: T[] | undefined, key: string, reference: string): T {
  return list?.find(({ name }) => name === key) ?? missing(reference);
}

function missing(reference: string): never {
  throw new Error(`$(${reference}) has no value`);
}

/** What a log ends with. */
export function lastLine(log: string): string {
  return log.trim().split("\n").at(-1)!;
}
