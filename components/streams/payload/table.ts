import { z } from "zod";
import type { Substitution } from "../../programs/payload/inputs";

/** A component of OKD: where its source is and how it is built. */
export interface Row {
  name: string;
  repository: string;
  /** Branch, `VERSION` in place of OKD's version. */
  branch: string;
  dockerfile: string;
  context: string;
  /** What the last stage stands on: a row, a builder or an image. */
  from: string;
  /** What earlier stages stand on. */
  stages: string[];
  arguments: Record<string, string>;
  /** What takes the component's own place in its Dockerfile. */
  self?: string;
  /** No release has it: other rows stand on it. */
  parent: boolean;
  /** The build installs RPMs. */
  rpms: boolean;
  /** The build asks the network for something else. */
  network: boolean;
}

export interface Table {
  /** OKD's version that the rows are of. */
  version: string;
  /** Where parents are published, with `{name}` and `{version}`. */
  published: string;
  /** Builders → names in `images.yaml`. */
  builders: Record<string, string>;
  substitutions: Substitution[];
  rows: Row[];
}

const values = z.record(z.string().regex(/^\w+$/), z.string());
const row = z.strictObject({
  repository: z.url().optional(),
  branch: z.string().default("release-VERSION"),
  dockerfile: z.string().default("Dockerfile"),
  context: z.string().default("."),
  from: z.string().default("base-stream9"),
  stages: z.array(z.string()).default(["golang"]),
  arguments: values.default({}),
  self: z.string().optional(),
  parent: z.boolean().default(false),
  rpms: z.boolean().default(false),
  network: z.boolean().default(false),
  unread: z.boolean().default(false),
});
const pattern = z.string().refine(isPattern, { error: ({ input }) => `${String(input)} is no regular expression` });

/** The file of a table: common values, and by component what differs. */
export const tableFile = z
  .strictObject({
    version: z.string().regex(/^\d+\.\d+$/),
    arguments: values,
    published: z.string(),
    builders: z.record(z.string(), z.string()),
    substitutions: z.array(z.strictObject({ pattern, becomes: z.string() })),
    components: z.record(z.string().regex(/^[a-z0-9][-a-z0-9]*$/), row),
  })
  .transform(({ components, arguments: common, ...rest }): Table => {
    const rows = Object.entries(components).map(([name, { unread: _, ...columns }]) => ({
      repository: `https://github.com/openshift/${name}`,
      ...columns,
      name,
      arguments: { ...common, ...columns.arguments },
    }));
    return { ...rest, rows: rows.sort((a, b) => (a.name < b.name ? -1 : 1)) };
  });

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

/** Rows that a row stands on. */
export function inputsOf({ from, stages, name }: Row, { rows }: Pick<Table, "rows">): string[] {
  const names = new Set(rows.map((row) => row.name));
  return [...new Set([...stages, from])].filter((input) => names.has(input) && input !== name).sort();
}

/** The image that is published of a parent. */
export function publishedImage(name: string, version: string, { published }: Pick<Table, "published">): string {
  return published.replace("{name}", name).replace("{version}", version);
}
