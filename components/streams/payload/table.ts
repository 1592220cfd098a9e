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
  /** Why it cannot be built of what is public: the base release's stays. */
  unbuildable?: string;
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

/** Build arguments. */
export const values = z.record(z.string().regex(/^\w+$/), z.string());
/** What a row may say. */
export const rowColumns = z.strictObject({
  repository: z.url().optional(),
  branch: z.string().optional(),
  dockerfile: z.string().optional(),
  context: z.string().optional(),
  self: z.string().optional(),
  from: z.string().optional(),
  stages: z.array(z.string()).optional(),
  arguments: values.optional(),
  parent: z.boolean().optional(),
  rpms: z.boolean().optional(),
  network: z.boolean().optional(),
  unbuildable: z.string().optional(),
  unread: z.boolean().optional(),
});
export type RowColumns = z.output<typeof rowColumns>;

/** What a row says that says nothing. */
export function defaultRow(name: string) {
  return {
    repository: `https://github.com/openshift/${name}`,
    ...{ branch: "release-VERSION", dockerfile: "Dockerfile", context: "." },
    ...{ from: "base-stream9", stages: ["golang"] },
    ...{ parent: false, rpms: false, network: false },
  };
}
const pattern = z.string().refine(isPattern, { error: ({ input }) => `${String(input)} is no regular expression` });

/** An image that Dockerfiles name, by pattern → what takes its place. */
export const substitution = z.strictObject({ pattern, becomes: z.string() });

/** The file of a table: common values, and by component what differs. */
export const tableFile = z
  .strictObject({
    version: z.string().regex(/^\d+\.\d+$/),
    arguments: values,
    published: z.string(),
    builders: z.record(z.string(), z.string()),
    substitutions: z.array(substitution),
    components: z.record(z.string().regex(/^[a-z0-9][-a-z0-9]*$/), rowColumns),
  })
  .transform(({ components, arguments: common, ...rest }): Table => {
    const rows = Object.entries(components).map(([name, { unread: _, ...columns }]) => ({
      ...defaultRow(name),
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

/** Rows that each row stands on. */
export function inputsOf({ rows }: Pick<Table, "rows">): Map<string, string[]> {
  const names = new Set(rows.map(({ name }) => name));
  return new Map(
    rows.map(({ name, stages, from }) => [
      name,
      [...new Set([...stages, from])].filter((input) => names.has(input) && input !== name).sort(),
    ]),
  );
}

/** Images from elsewhere that rows stand on, which their Dockerfiles name by tag. */
export function imagesIn({ rows }: Pick<Table, "rows">): string[] {
  const inputs = rows.flatMap(({ stages, from }) => [...stages, from]);
  return [...new Set(inputs.filter((input) => input.includes("/")))].sort();
}

/** The image that is published of a parent. */
export function publishedImage(name: string, version: string, { published }: Pick<Table, "published">): string {
  return published.replace("{name}", name).replace("{version}", version);
}
