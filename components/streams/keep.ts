import { z } from "zod";
import type { KeptRuns } from "../programs/clean-up/surplus";
import type { Makes } from "../programs/status/run";

const count = z.int().min(1);
const RUNS = "ended runs that stay, beside the newest that succeeded";
const BUILDS = "builds whose images and records stay in the registry";
const BOOT_IMAGES = "builds whose boot images stay in the registry";

/** What a stack says of what stays of its runs and of what they pushed. */
export const keepSettings = z
  .strictObject({
    runs: count.default(10).describe(`${RUNS}, of each thing that is made, Pipeline, architecture and trigger`),
    pullRequests: count.default(10).describe(`${RUNS}, of the pull requests of each source`),
    builds: count.default(5).describe(`${BUILDS}, of each stream and layer and architecture`),
    bootImages: count.default(2).describe(`${BOOT_IMAGES}, of each stream and architecture`),
    external: z
      .boolean()
      .default(false)
      .describe("delete also in a registry that is not the stack's own (platform.registry external, push.repository)"),
  })
  .describe(
    "What stays of what runs leave. Beside it stays what a moving tag, a list, a record, a running run or these settings name.",
  );

export type KeepSettings = z.output<typeof keepSettings>;

const ofRuns = z.strictObject({ runs: count.optional().describe(RUNS) });
const ofBuilds = ofRuns.extend({ builds: count.optional().describe(BUILDS) });
const ofStream = ofBuilds.extend({ bootImages: count.optional().describe(BOOT_IMAGES) });

const OWN = "what stays of it instead of the stack's keep";

/** What one entry says of its runs. */
export const keptRunsSettings = ofRuns.optional().describe(OWN);

/** What a layer says of its runs and images. */
export const keptBuildsSettings = ofBuilds.optional().describe(OWN);

/** And a stream, of its boot images too. */
export const keptStreamSettings = ofStream.optional().describe(OWN);

/** What stays where a stack says nothing. */
export const KEEP: KeepSettings = keepSettings.parse({});

interface Entry {
  name: string;
  keep?: { runs?: number };
}

/** How many runs of a namespace stay. @param entries of the stack, by the kind of label that their runs bear */
export function keptRuns({ runs, pullRequests }: KeepSettings, entries: Partial<Record<Makes, Entry[]>>): KeptRuns {
  const own = Object.entries(entries).flatMap(([makes, list]) =>
    list.flatMap(({ name, keep }) => (keep?.runs === undefined ? [] : [[`${makes}=${name}`, keep.runs] as const])),
  );
  return { runs, pullRequests, of: Object.fromEntries(own) };
}
