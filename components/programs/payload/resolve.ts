import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { entryFaults, imageFaults, nextName } from "./checks";
import { type Entry, type ImageConfig, imagesOf, type ReleaseInfo, type SourceRow } from "./entry";
import { Failure, readJson } from "./files";
import { type Build, type BuiltComponent, planBuilds } from "./plan";
import { reasonOf } from "./reason";
import { type BuildRecord, canonical } from "./record";
import { Registries, split } from "./registries";

/** Waves that the Pipeline has. */
const WAVES = 4;

/** The component of a wave that has none. */
const NOTHING = "none";
/** Bytes of all results of a Task that Tekton takes, less what it adds. */
const RESULTS_LIMIT = 3500;

/** Says what a payload is made of: records for the registry, and results for the Pipeline. */
export async function resolve(env: NodeJS.ProcessEnv): Promise<void> {
  const { BASE = "", ARCHITECTURE = "", SCRATCH = "", TARGET = "", FORCE } = env;
  const entry = readJson<Entry>(join(env.ENTRY ?? "", "entry.json"));
  const base = readJson<ReleaseInfo>(join(SCRATCH, "base.json"));
  const target = TARGET.replace(/\/$/, "");
  const registries = new Registries(env.INSECURE_REGISTRIES ?? "", env.REGISTRY_SECRET ?? "");

  const sources = join(SCRATCH, "sources");
  const images = Object.entries(entry.components).flatMap(([name, component]) =>
    "image" in component ? [{ name, image: component.image }] : [],
  );
  const faults = [
    ...entryFaults(entry, base, { image: BASE, architecture: ARCHITECTURE }),
    ...images.flatMap(({ name, image }) => {
      const config = (which: string) => join(sources, name, `${which}.json`);
      const before = existsSync(config("before")) ? readJson<ImageConfig>(config("before")) : undefined;
      return imageFaults(name, image, { before, after: readJson(config("after")), architecture: ARCHITECTURE });
    }),
  ];
  if (faults.length > 0) throw new Failure(faults);

  const waves = await planBuilds(builtComponents(entry, sources), knownOf(entry, base), {
    architecture: ARCHITECTURE,
    recipe: entry.recipe,
    digestOf: async (image) => `${split(image).repository}@${await digestOf(image, registries)}`,
  });
  if (waves.length > WAVES)
    throw new Failure([`components stand on each other in ${waves.length} waves, and the Pipeline has ${WAVES}`]);

  const looked = await Promise.all(waves.map((wave) => Promise.all(wave.map(look))));
  async function look(build: Build) {
    const { name, key, record } = build;
    const there = FORCE !== "true" && (await registries.digest(`${target}/${name}:key-${key}`)) !== undefined;
    if (there) return { ...build, line: `${name} is kept` };
    const previous = await registries.record(`${target}/${name}:record-${entry.minor}-${record.architecture}`);
    return {
      ...build,
      line: `${name} is built: ${reasonOf(record, previous as BuildRecord | undefined)}`,
      builds: true,
    };
  }

  const all = looked.flat();
  const missing = all.filter((build) => "builds" in build);
  if (missing.length > 0) await requireFreeName(entry, registries);
  mkdirSync(join(SCRATCH, "records"), { recursive: true });
  for (const { name, record } of missing) writeFileSync(join(SCRATCH, "records", `${name}.json`), canonical(record));

  const lines = [...all.map(({ line }) => line), ...images.map(({ name, image }) => `${name} is ${image}`)];
  const results: Record<string, string> = {
    RESULT_COMPONENTS: [
      ...all.map(({ name, key }) => `${name}=${target}/${name}:key-${key}`),
      ...images.map(({ name, image }) => `${name}=${image}`),
    ].join(" "),
    RESULT_PLAN: lines.join("\n"),
  };
  for (let wave = 0; wave < WAVES; wave++) {
    const builds = (looked[wave] ?? []).filter((build) => "builds" in build);
    const components = builds.map(({ name, key }) => `${name}=${key}`);
    // Tekton skips a matrix of nothing, and with it all that comes after.
    results[`RESULT_WAVE_${wave + 1}`] = JSON.stringify(components.length > 0 ? components : [NOTHING]);
  }
  const size = Object.values(results).reduce((sum, text) => sum + text.length, 0) - results.RESULT_PLAN!.length;
  if (size > RESULTS_LIMIT)
    throw new Failure([
      `${all.length + images.length} components are more than results of a Task hold: replace fewer at a time`,
    ]);
  // The reasons are in the log in any case.
  results.RESULT_PLAN = results.RESULT_PLAN!.slice(0, RESULTS_LIMIT - size);
  for (const [variable, text] of Object.entries(results)) writeFileSync(env[variable]!, text);
  console.log(lines.join("\n"));
}

function builtComponents({ components }: Entry, sources: string): Record<string, BuiltComponent> {
  const built = Object.entries(components).filter((pair): pair is [string, SourceRow] => !("image" in pair[1]));
  return Object.fromEntries(
    built.map(([name, { ref: _, ...row }]) => {
      const read = (file: string) => readFileSync(join(sources, name, file), "utf8");
      return [name, { ...row, commit: read("commit"), text: read("Dockerfile") }];
    }),
  );
}

function knownOf({ components, substitutions, builders, parents }: Entry, base: ReleaseInfo) {
  const replaced = Object.entries(components).map(([name, component]) => [
    name,
    "image" in component ? component : "built",
  ]);
  return {
    ...{ substitutions, builders, parents, base: imagesOf(base) },
    replaced: Object.fromEntries(replaced) as Record<string, "built" | { image: string }>,
  };
}

async function digestOf(image: string, registries: Registries): Promise<string> {
  const { reference } = split(image);
  if (reference.startsWith("sha256:")) return reference;
  const digest = await registries.digest(image);
  if (digest === undefined) throw new Failure([`image ${image} is not there: its registry has none of this name`]);
  return digest;
}

/** Something has to be built, so what is there under the release's name is another one. */
async function requireFreeName({ version, release }: Entry, registries: Registries): Promise<void> {
  const taken = async (name: string) => (await registries.digest(`${release}:${name}`)) !== undefined;
  if (!(await taken(version))) return;
  let next = nextName(version, () => false);
  while (await taken(next)) next = nextName(next, () => false);
  throw new Failure([
    `${release}:${version} is there already, with other content, and a release is never overwritten: the next free version is ${next}`,
  ]);
}
