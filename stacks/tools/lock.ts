import { readFile, writeFile } from "node:fs/promises";
import { parseImages } from "../../components/pipelines/images";
import { UserError } from "../../components/errors";
import { componentOf, resolveTag } from "./registry";

/** Architectures of machines that a factory may have. */
const WANTED = ["amd64", "arm64"];

/** What came of one image of the list. */
export interface Locked {
  name: string;
  /** `registry/repository:tag`; of a component of a release, which has no tag, without it. */
  tagged: string;
  /** Absent where it has none: see `fault`. */
  digest?: string;
  /** The list had another one before. */
  changed?: boolean;
  /** What is wrong with it, in words that follow its name. */
  fault?: string;
}

/** A comment above an image: it is a component of a release, which is there for all architectures that the release is. */
const COMPONENT = /^# component: (\S+) of (\S+)\n(?:#.*\n)*([a-z0-9-]+): /gm;

/**
 * Writes, into an image list, the digest that each tag has now behind it; and where a comment names a component of a release, that one in
 * the place of what stands there. What has none stays as it is.
 */
export async function lockFile(file: string): Promise<Locked[]> {
  const text = await readFile(file, "utf8");
  const components = new Map(
    [...text.matchAll(COMPONENT)].map(([, component, release, name]) => [
      name!,
      { component: component!, release: release! },
    ]),
  );
  const images = await Promise.all(
    Object.entries(parseImages(text, file)).map(async ([name, reference]): Promise<Locked> => {
      const [tagged, before] = reference.split("@") as [string, string | undefined];
      const named = components.get(name);
      if (named) return lockComponent({ name, tagged, before, ...named });
      if (!/:[^/]+$/.test(tagged)) return { name, tagged, fault: "has no tag that could be asked for" };
      try {
        const { digest, architectures } = await resolveTag(tagged);
        const lacks = WANTED.filter((it) => !architectures.includes(it));
        const fault = lacks.length > 0 ? `is not there for ${lacks.join(", ")}` : undefined;
        return { name, tagged, digest, changed: before !== digest, ...(fault && { fault }) };
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return { name, tagged, fault: error.message };
      }
    }),
  );
  const locked = images.reduce(
    (all, { name, tagged, digest }) =>
      digest === undefined ? all : all.replace(new RegExp(`^${name}: .*$`, "m"), `${name}: ${tagged}@${digest}`),
    text,
  );
  await writeFile(file, locked);
  return images;
}

interface NamedComponent {
  name: string;
  tagged: string;
  before: string | undefined;
  component: string;
  release: string;
}

/** A component that is there for fewer architectures than it has to be takes no place. */
async function lockComponent({ name, tagged, before, component, release }: NamedComponent): Promise<Locked> {
  try {
    const [repository, digest] = (await componentOf(release, component)).split("@") as [string, string];
    const { architectures } = await resolveTag(`${repository}@${digest}`);
    const lacks = WANTED.filter((it) => !architectures.includes(it));
    if (lacks.length === 0) return { name, tagged: repository, digest, changed: before !== digest };
    return { name, tagged, fault: `${component} of ${release} is not there for ${lacks.join(", ")}` };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { name, tagged, fault: error.message };
  }
}
