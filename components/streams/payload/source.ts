import type { Entry, SourceRow } from "../../programs/payload/entry";
import { UserError } from "../../errors";
import type { Images } from "../../pipelines/images";
import { imagesIn, publishedImage, type Row, type Table } from "./table";

/** Where a component comes from: its row of the table, but for what is said here; or an image. */
export interface ComponentSource {
  /** URL that `git clone` takes. @default upstream's */
  repository?: string;
  /** Branch, tag or commit. @default upstream's branch of the version */
  ref?: string;
  dockerfile?: string;
  context?: string;
  /** Build arguments beside the row's. */
  arguments?: Record<string, string>;
  /** Whether the build may use the network. @default as the row says */
  network?: boolean;
  /** An image by digest, instead of all that. */
  image?: string;
}

/** What rows are rendered with. */
export interface Rendering {
  /** OKD's version, `4.22`. */
  minor: string;
  /** An image that no list names, as the stack pulls it. */
  mirrored(image: string): string;
}

/** What takes the place of images that Dockerfiles name: builders, and parents that no release has. */
export function inputsFor(
  table: Table,
  { images, minor, mirrored }: Rendering & { images: Images },
): Pick<Entry, "substitutions" | "builders" | "parents"> {
  const own = imagesIn(table);
  return {
    substitutions: [
      ...table.substitutions,
      ...own.map((image) => ({ pattern: `^${image.replace(/[.+]/g, "\\$&")}$`, becomes: image })),
    ],
    builders: Object.fromEntries(Object.entries(table.builders).map(([builder, image]) => [builder, images[image]!])),
    parents: Object.fromEntries([
      ...table.rows
        .filter(({ parent }) => parent)
        .map(({ name: row }) => [row, mirrored(publishedImage(row, minor, table))] as const),
      ...own.map((image) => [image, mirrored(image)] as const),
    ]),
  };
}

/**
 * A row with what an entry says otherwise; nothing where both together do not say which repository and ref.
 * @param at what sentences begin with
 * @throws UserError for a branch of another version
 */
export function mergedRow(
  row: Partial<Row>,
  source: ComponentSource,
  { at, minor, mirrored }: Rendering & { at: string },
): SourceRow | undefined {
  const { repository = row.repository, ref = row.branch?.replace("VERSION", minor) } = source;
  if (repository === undefined || ref === undefined) return undefined;
  const [, other] = /^(?:release|openshift)-(\d+\.\d+)$/.exec(ref) ?? [];
  if (other !== undefined && other !== minor) {
    throw new UserError(
      `${at}: branch ${ref} is of ${other}, and would go into ${minor}: name release-${minor}, or a commit if it is meant.`,
    );
  }
  return {
    ...{ repository, ref },
    dockerfile: source.dockerfile ?? row.dockerfile ?? "Dockerfile",
    context: source.context ?? row.context ?? ".",
    arguments: { ...(row.arguments ?? { TAGS: "scos" }), ...source.arguments },
    network: source.network ?? (row.rpms === true || row.network === true),
    ...(row.self !== undefined && { from: mirrored(row.self) }),
  };
}
