import { join } from "node:path";
import { buildSync } from "esbuild";

/** Programs of `server/`: the gate, and what asks for a build. */
export type Program = "main" | "request";

/** A program as one file that a plain Node image runs; the same sources give the same bytes. */
export function bundle(program: Program): string {
  const folder = join(__dirname, "server");
  const { outputFiles } = buildSync({
    entryPoints: [join(folder, `${program}.ts`)],
    absWorkingDir: folder,
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
