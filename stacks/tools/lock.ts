import { readFile, writeFile } from "node:fs/promises";
import { parseImages } from "../../components/pipelines/images";
import { UserError } from "../../components/errors";
import { resolveTag } from "./registry";

/** Architectures of machines that a factory may have. */
const WANTED = ["amd64", "arm64"];

/** What came of one image of the list. */
export interface Locked {
  name: string;
  /** `registry/repository:tag` */
  tagged: string;
  /** Absent where it has none: see `fault`. */
  digest?: string;
  /** The list had another one before. */
  changed?: boolean;
  /** What is wrong with it, in words that follow its name. */
  fault?: string;
}

/** Writes, into an image list, the digest that each tag has now behind it. What has none stays as it is. */
export async function lockFile(file: string): Promise<Locked[]> {
  const text = await readFile(file, "utf8");
  const images = await Promise.all(
    Object.entries(parseImages(text, file)).map(async ([name, reference]): Promise<Locked> => {
      const [tagged, before] = reference.split("@") as [string, string | undefined];
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
