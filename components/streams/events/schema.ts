import { z } from "zod";
import { architecture, name, url } from "../../formats";

const address = url.describe("URL of its EventListener builds, as seen from here");

/** A public key of records, as a stack puts it out. */
export const spokeRecordKey = z.string().regex(/^[A-Za-z0-9+/]{59}=$/, "the output recordKey of the spoke's stack");

const spoke = z.strictObject({
  architectures: z.array(architecture).min(1).describe("what it builds; the hub leaves that to it"),
  address,
  secret: name.describe("Secret with the keys that both share (keys, one per line, the first signs)"),
  recordKey: spokeRecordKey.describe(
    "public key that its runs sign their records with: the output recordKey of its stack",
  ),
});

const hub = z.strictObject({ address, secret: name.describe("Secret with the keys that both share") });

const git = z.strictObject({
  enabled: z.boolean().default(false).describe("pushes, tags and releases of the streams' repositories start builds"),
  pullRequests: z
    .boolean()
    .default(false)
    .describe("pull requests from the repositories' own branches are built, and pushed nowhere"),
});

/** What a stack says of builds that begin by events. */
export const eventSettings = z
  .strictObject({
    enabled: z.boolean().default(false).describe("install EventListener, gate and triggers"),
    expireAfterHours: z
      .int()
      .min(1)
      .default(48)
      .describe("a build that is not complete so long after its first architecture is given up"),
    reconcileSeconds: z
      .int()
      .min(5)
      .default(60)
      .describe("how often the gate looks for complete builds whose events were lost"),
    replicas: z.int().min(1).max(5).default(2).describe("pods of the gate, 1 to 5"),
    spokes: z
      .array(spoke)
      .default([])
      .describe("other clusters, which build for the gate of this one; the stack is their hub"),
    hub: hub
      .optional()
      .describe("the cluster whose events start builds here, and whose gate composes them; the stack is its spoke"),
    git: git
      .prefault({})
      .describe("events of GitHub and GitLab, verified by Secret git-webhooks; see pipelines/git/README.md"),
  })
  .describe(
    "Builds that begin by events: by a stream's schedule, or by a signed request; what all architectures of a version push is one build, whose images become manifest lists.",
  );

/** What a stack says of the events that start builds and tell of their ends. */
export type EventSettings = Pick<Settings, "expireAfterHours" | "reconcileSeconds" | "replicas"> &
  Partial<Pick<Settings, "spokes" | "hub" | "git">>;
type Settings = z.output<typeof eventSettings>;

/** Another cluster, which builds for this one's gate. */
export type Spoke = z.output<typeof spoke>;

/** What a stack says of the events of Git hosts. */
export type GitEventSettings = z.output<typeof git>;
