import { dirname, join } from "node:path";
import { buildSync } from "esbuild";

/** The programs of this folder that run in the cluster, by their entries. */
const ENTRIES = {
  gate: "gate/main.ts",
  request: "requests/request.ts",
  startRun: "requests/start-run.ts",
  cleanUp: "clean-up/main.ts",
  operators: "operators/main.ts",
  payload: "payload/main.ts",
  collect: "collection/main.ts",
  volumes: "volumes/main.ts",
  status: "status/main.ts",
  updates: "updates/main.ts",
};

type Program = keyof typeof ENTRIES;

/** Each namespace of a stack has some, and `preview --all` every stack. */
const bundled = new Map<Program, string>();

/** A program as one file that a plain Node image runs; the same sources give the same bytes. */
export function bundle(program: Program): string {
  const text = bundled.get(program) ?? make(program);
  bundled.set(program, text);
  return text;
}

function make(program: Program): string {
  const entry = join(__dirname, ENTRIES[program]);
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    absWorkingDir: dirname(entry),
    bundle: true,
    minify: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    legalComments: "eof",
    // A file's name in a message is worth more than its bytes.
    keepNames: true,
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}
