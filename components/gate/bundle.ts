import { dirname, join } from "node:path";
import { buildSync } from "esbuild";

/** Programs of `server/`: the gate, and what asks for a build or for a release. */
export type Program = "main" | "request" | "promote";

export function bundle(program: Program): string {
  return bundleFile(join(__dirname, "server", `${program}.ts`));
}

/** A program as one file that a plain Node image runs; the same sources give the same bytes. */
export function bundleFile(program: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [program],
    absWorkingDir: dirname(program),
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
