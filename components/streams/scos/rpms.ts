import { z } from "zod";
import { isOlder } from "../../versions";
import { type Stream } from "./stream";

// What the columns mean stands in the table itself, pipelines/rpms/data/rpms.yaml.
const row = z.strictObject({
  name: z.string(),
  repository: z.string(),
  branch: z.string(),
  commit: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .optional(),
  spec: z.string(),
  version: z.string().optional(),
  provides: z.string().optional(),
  tools: z.record(z.string(), z.string()).optional(),
  defines: z.array(z.string()).optional(),
  since: z
    .string()
    .regex(/^\d+\.\d+$/)
    .optional(),
});

/** An RPM of the node image that is built of its public source. */
export type RpmRow = z.output<typeof row>;

/** What streams build RPMs of. */
export interface RpmTable {
  rows: RpmRow[];
  /** What the images are that the steps run in: a part of every RPM's key. */
  images: string;
}

/** Host and organisation that the table's sources are of. */
const ORIGIN = "https://github.com/openshift";

/** The table of RPMs. */
export const rpmTable = z.array(row).min(1);

/**
 * A stream's rows as its runs get them, each as JSON: those that its version has, of the branches of its version.
 * @param sources what takes the place of https://github.com/openshift
 */
export function rpmRows({ version }: Pick<Stream, "version">, rows: RpmRow[], sources: string = ORIGIN): string[] {
  return rows
    .filter(({ since }) => since === undefined || !isOlder(version, since))
    .map((entry) =>
      JSON.stringify({
        ...entry,
        repository: entry.repository.replace(ORIGIN, sources.replace(/\/+$/, "")),
        branch: entry.branch.replace("{version}", version),
      }),
    );
}
