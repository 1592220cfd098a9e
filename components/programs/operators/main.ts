import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeYaml } from "../../kubernetes/yaml";
import type { Plan } from "../payload/entry";
import { fail, Failure, filesIn, readJson } from "../payload/files";
import { canonical } from "../payload/record";
import { cut, resultsLimit } from "../payload/results";
import { makeBundle } from "./bundle";
import { addBundles, packageOf } from "./catalog";
import type { Blob, Bundle, BundleImage, Operators } from "./entry";

/** Steps of the Task. */
const STEPS = 6;
/** Bytes for its other results. */
const OTHERS = 900;

/** Makes the folders of bundles' images, each with its `bundle.json` and `labels.json`. */
function bundles({ SCRATCH = "", ENTRY = "" }: NodeJS.ProcessEnv): void {
  const { images: patterns, operators } = readJson<Operators>(join(ENTRY, "operators.json"));
  const { base = {} } = readJson<Plan>(join(SCRATCH, "plan.json"));
  const built = readFileSync(join(SCRATCH, "images"), "utf8").split("\n").filter(Boolean);
  const images = { ...base, ...Object.fromEntries(built.map((line) => line.split(" "))) } as Record<string, string>;
  const faults = Object.entries(operators).flatMap(([operator, entry]) => {
    const folder = join(SCRATCH, "sources", operator);
    const read = (file: string) => readFileSync(join(folder, file), "utf8");
    const manifests = filesIn(join(folder, "manifests")).filter((file) => /\.ya?ml$/.test(file));
    const metadata = filesIn(join(folder, "metadata"));
    try {
      const made = makeBundle(
        operator,
        {
          manifests: Object.fromEntries(manifests.map((file) => [file, read(`manifests/${file}`)])),
          ...(metadata.includes("annotations.yaml") && { annotations: read("metadata/annotations.yaml") }),
        },
        { entry, images, patterns },
      );
      const to = join(SCRATCH, "bundles", operator);
      for (const [file, text] of Object.entries(made.manifests)) leave(join(to, "root/manifests", file), text);
      leave(join(to, "root/metadata/annotations.yaml"), writeYaml({ annotations: made.labels }));
      leave(join(to, "labels.json"), JSON.stringify(made.labels));
      leave(join(to, "bundle.json"), JSON.stringify(made.bundle));
    } catch (error) {
      if (error instanceof Failure) return error.faults;
      throw error;
    }
    return [];
  });
  if (faults.length > 0) throw new Failure(faults);
}

/** Adds bundles to the catalog that there is, or begins one: a file for each package, a line for each blob. */
function catalog(env: NodeJS.ProcessEnv): void {
  const { SCRATCH = "", CATALOG = "" } = env;
  const before = blobsIn(join(SCRATCH, "before"), CATALOG);
  const made = readdirSync(join(SCRATCH, "bundles"))
    .sort()
    .map((operator): BundleImage => {
      const folder = join(SCRATCH, "bundles", operator);
      return { ...readJson<Bundle>(join(folder, "bundle.json")), image: readFileSync(join(folder, "image"), "utf8") };
    });
  const { blobs, changes, faults } = addBundles(before, made);
  if (faults.length > 0) throw new Failure(faults);
  for (const name of new Set(blobs.map(packageOf))) {
    const lines = blobs.filter((blob) => packageOf(blob) === name).map(canonical);
    leave(join(SCRATCH, "catalog/root/configs", name, "catalog.json"), `${lines.join("\n")}\n`);
  }
  writeFileSync(env.RESULT_CHANGES!, cut("changes", changes, resultsLimit(STEPS) - OTHERS));
  console.log(changes.join("\n"));
}

/** Blobs of a catalog as this program writes them. @throws Failure for one that somebody else made */
function blobsIn(folder: string, image: string): Blob[] {
  if (!statSync(folder, { throwIfNoEntry: false })) return [];
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => statSync(join(folder, file)).isFile())
    .sort();
  try {
    return files.flatMap((file) =>
      readFileSync(join(folder, file), "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Blob),
    );
  } catch {
    throw new Failure([
      `catalog ${image} was not made here, and would not be what it was: name another repository, or another name of the entry`,
    ]);
  }
}

function leave(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

try {
  const commands: Record<string, (env: NodeJS.ProcessEnv) => void> = { bundles, catalog };
  commands[process.argv[2]!]!(process.env);
} catch (error) {
  fail(error);
}
