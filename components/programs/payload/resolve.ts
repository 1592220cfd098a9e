import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { entryFaults, imageFaults, nextName } from "./checks";
import {
  type Entry,
  type ImageConfig,
  imagesOf,
  type Plan,
  type PlannedComponent,
  type ReleaseInfo,
  type SourceRow,
} from "./entry";
import { Failure, readJson } from "./files";
import { type Build, type BuiltComponent, planBuilds } from "./plan";
import { reasonOf } from "./reason";
import { type BuildRecord, canonical } from "./record";
import { Registries, split } from "./registries";
import { cut, resultsLimit, sizeOf } from "./results";

/** Waves that the Pipeline has. */
const WAVES = 4;

/** The component of a wave that has none. */
const NOTHING = "none";
/** Steps of the Task. */
const STEPS = 4;
/** Bytes for the plan's image, which the last step adds. */
const PLAN_IMAGE = 300;

/** Says what a payload is made of: records for the registry, and results for the Pipeline. */
export async function resolve(env: NodeJS.ProcessEnv): Promise<void> {
  const { BASE = "", ARCHITECTURE = "", SCRATCH = "", TARGET = "", FORCE } = env;
  const base = readJson<ReleaseInfo>(join(SCRATCH, "base.json"));
  const { entry, lacking } = fitted(readJson<Entry>(join(env.ENTRY ?? "", "entry.json")), base);
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
  if (missing.length > 0 && entry.release) await requireFreeName(entry.release, registries);
  mkdirSync(join(SCRATCH, "records"), { recursive: true });
  for (const { name, record } of missing) writeFileSync(join(SCRATCH, "records", `${name}.json`), canonical(record));

  const plan: Plan = {
    components: [
      ...all.map(({ name, key }): PlannedComponent => {
        const image = `${target}/${name}:key-${key}`;
        return {
          name,
          key,
          image,
          ...(isParent(entry.components[name]!) && { parent: true }),
          ...addedTo(entry, name),
        };
      }),
      ...images.map((image) => ({ ...image, ...addedTo(entry, image.name) })),
    ],
    ...(!entry.release && { base: imagesOf(base) }),
  };
  writeFileSync(join(SCRATCH, "plan.json"), canonical(plan));
  const lines = [
    ...all.map(({ line }) => line),
    ...images.map(({ name, image }) => `${name} is ${image}`),
    ...Object.entries(entry.all?.left ?? {}).map(([name, reason]) => `${name} is the base's: ${reason}`),
    ...lacking.map((name) => `${name} is left out: the base release has no such component`),
  ];
  const results: Record<string, string> = {};
  for (let wave = 0; wave < WAVES; wave++) {
    const builds = (looked[wave] ?? []).filter((build) => "builds" in build);
    // By numbers, short ones: the names of a whole table are more than results of a Task hold.
    const numbers = builds.map(({ name }) =>
      plan.components.findIndex((component) => component.name === name).toString(36),
    );
    // Tekton skips a matrix of nothing, and with it all that comes after.
    results[`RESULT_WAVE_${wave + 1}`] = JSON.stringify(numbers.length > 0 ? numbers : [NOTHING]);
  }
  const taken = Object.entries(results).reduce((sum, [name, text]) => sum + sizeOf(name, text), PLAN_IMAGE);
  results.RESULT_PLAN = cut("plan", lines, resultsLimit(STEPS) - taken);
  for (const [variable, text] of Object.entries(results)) writeFileSync(env[variable]!, text);
  console.log(lines.join("\n"));
}

/** An entry of the whole table without what its base lacks: rows are a version's, and a base may be older or newer. */
function fitted(entry: Entry, base: ReleaseInfo): { entry: Entry; lacking: string[] } {
  if (!entry.all) return { entry, lacking: [] };
  const names = imagesOf(base);
  const there = Object.entries(entry.components).filter(
    ([name, component]) => name in names || isParent(component) || entry.added?.includes(name),
  );
  const components = Object.fromEntries(there);
  return {
    entry: { ...entry, components },
    lacking: Object.keys(entry.components).filter((name) => !(name in components)),
  };
}

function addedTo({ added = [] }: Entry, name: string): { added?: true } {
  return added.includes(name) ? { added: true } : {};
}

function isParent(component: Entry["components"][string]): boolean {
  return "parent" in component;
}

function builtComponents({ components }: Entry, sources: string): Record<string, BuiltComponent> {
  const built = Object.entries(components).filter((pair): pair is [string, SourceRow] => !("image" in pair[1]));
  return Object.fromEntries(
    built.map(([name, { ref: _, parent: __, ...row }]) => {
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
async function requireFreeName(
  { version, repository }: NonNullable<Entry["release"]>,
  registries: Registries,
): Promise<void> {
  const taken = async (name: string) => (await registries.digest(`${repository}:${name}`)) !== undefined;
  if (!(await taken(version))) return;
  let next = nextName(version, () => false);
  while (await taken(next)) next = nextName(next, () => false);
  throw new Failure([
    `${repository}:${version} is there already, with other content, and a release is never overwritten: the next free version is ${next}`,
  ]);
}
