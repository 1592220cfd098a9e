import { referencesIn } from "./dockerfile";
import { type Known, type Resolved, resolveReference } from "./inputs";
import { type BuildRecord, type Input, keyOf } from "./record";
import { wavesOf } from "./waves";

/** A component that is built, as its entry and its repository say. */
export interface BuiltComponent extends Pick<
  BuildRecord,
  "repository" | "commit" | "dockerfile" | "context" | "patches" | "arguments" | "network"
> {
  /** What it stands on where its Dockerfile names itself. */
  from?: string;
  /** The Dockerfile's text at the commit. */
  text: string;
}

/** What a component is built from, and the key of what comes of it. */
export interface Build {
  name: string;
  key: string;
  record: BuildRecord;
}

/**
 * Records and keys of components, wave by wave.
 * @param digestOf an image by digest, of one that may be named by tag; asked once for each
 * @throws Unresolved, Disorder
 */
export async function planBuilds(
  components: Record<string, BuiltComponent>,
  known: Omit<Known, "from">,
  {
    architecture,
    recipe,
    digestOf,
  }: Pick<BuildRecord, "architecture" | "recipe"> & { digestOf(image: string): Promise<string> },
): Promise<Build[][]> {
  const resolved = new Map(
    Object.entries(components).map(([name, component]) => [name, inputsOf(name, component, known)] as const),
  );
  const waves = wavesOf(
    new Map([...resolved].map(([name, inputs]) => [name, [...inputs.values()].flatMap(componentOf)] as const)),
  );
  const digests = new Map<string, Promise<string>>();
  const byDigest = (image: string) => {
    if (!digests.has(image)) digests.set(image, digestOf(image));
    return digests.get(image)!;
  };
  const keys = new Map<string, string>();
  const builds: Build[][] = [];
  for (const wave of waves) {
    const built = wave.map(async (name): Promise<Build> => {
      const inputs: Record<string, Input> = {};
      for (const [image, input] of resolved.get(name)!) {
        inputs[image] =
          "image" in input
            ? { ...input, image: await byDigest(input.image) }
            : { ...input, key: keys.get(input.component)! };
      }
      const { text: _, from: __, ...row } = components[name]!;
      const record: BuildRecord = { kind: "payload-component", name, ...row, architecture, inputs, recipe };
      return { name, key: keyOf(record), record };
    });
    builds.push(await Promise.all(built));
    for (const { name, key } of builds.at(-1)!) keys.set(name, key);
  }
  return builds;
}

function inputsOf(name: string, component: BuiltComponent, known: Omit<Known, "from">): Map<string, Resolved> {
  const { dockerfile, context, from, text, arguments: values } = component;
  const file = context === "." ? dockerfile : `${context}/${dockerfile}`;
  return new Map(
    referencesIn(text, values).map((reference) => [
      reference.image,
      resolveReference(name, reference, file, { ...known, from }),
    ]),
  );
}

function componentOf(input: Resolved): string[] {
  return "component" in input ? [input.component] : [];
}
