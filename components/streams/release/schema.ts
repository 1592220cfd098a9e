import { z } from "zod";
import { cron, host, name, quantity, text, url } from "../../formats";
import { signatureSettings } from "../signatures";

const publication = z.strictObject({
  pushSecret: name.describe("Secret to push with"),
  signing: z
    .strictObject({ secret: name.describe("Secret with the private key, RSA"), key: text.describe("the key's id") })
    .describe("what signs the release, for clusters that verify it, and the checksums of client tools"),
  github: z
    .strictObject({
      repository: z
        .string()
        .regex(/^[\w.-]+\/[\w.-]+$/, "organisation/repository")
        .describe("organisation/repository"),
      app: z.string().regex(/^\d+$/, "a number in quotes").describe("id of the GitHub App"),
      installation: z.string().regex(/^\d+$/, "a number in quotes").describe("id of its installation"),
      secret: name.describe("Secret with the App's private key"),
      latest: z.boolean().default(false).describe("make it the latest release instead of a pre-release"),
      api: url.optional().describe("URL of the API of another GitHub than github.com"),
    })
    .optional()
    .describe("the release on GitHub; none without it"),
  channel: z
    .strictObject({
      cluster: url.describe("URL of its cluster's API"),
      project: name.default("origin").describe("its namespace"),
      imageStream: name.describe("its name"),
      secret: name.describe("Secret with a token of that cluster"),
    })
    .optional()
    .describe("the ImageStream that offers releases to clusters; none without it"),
});

/** Where payloads come from: a release controller's stream; an image, by digest or of a signed payload by tag. */
export type PayloadSource = { stream: string } | { image: string };

const payloadSource = z
  .strictObject({
    stream: z
      .string()
      .regex(/^[a-z0-9][-.a-z0-9]*$/, "a release controller's stream")
      .optional()
      .describe("a release controller's stream, whose newest accepted payload is taken"),
    image: z
      .string()
      .regex(/^[\w.-]+(:\d+)?\/[\w./-]+(@sha256:[0-9a-f]{64}|:[\w.-]+)$/, "a release image by digest or tag")
      .optional()
      .describe("a release image by digest; by tag where signatures are named"),
    payload: name
      .optional()
      .describe(
        "a payload of this stack, whose newest release is taken; signatures or a verdict say that it is trusted",
      ),
  })
  .refine(
    (source) => Object.values(source).filter((value) => value !== undefined).length === 1,
    "exactly one of stream, image and payload",
  )
  .transform((source) => source as PayloadSource | { payload: string });

// cron knows no "every three weeks": weeks are counted from a day.
const schedule = z.strictObject({
  cron: cron.describe("cron expression, UTC"),
  weeks: z.int().min(1).max(52).default(1).describe("in every how many weeks"),
  since: z.iso
    .date()
    .optional()
    .describe("the day from which these are counted, 2026-01-05; needed with more than one"),
});

const WEEK_MINUTES = 7 * 24 * 60;

/** What a stack says of a kind of release of OKD. */
export const releaseSettings = z
  .strictObject({
    // A part of names of runs, which are labels too: with an id no longer than 63 characters.
    name: name.max(26).describe("its name in the stack, as next; once only"),
    from: payloadSource.describe("where payloads come from, one of these"),
    controller: url.optional().describe("URL of the release controller; OKD's with from.stream, else none"),
    target: z
      .string()
      .regex(/^[a-z0-9][-.a-z0-9]*$/, "a stream to release into, such as 4-scos-next")
      .describe("stream to release into, 4-scos-stable; one that ends in next gets early candidates"),
    upgradesFrom: z
      .array(z.string().regex(/^[a-z0-9][-.a-z0-9]*$/, "a release controller's stream, such as 4-scos-next"))
      .optional()
      .describe(
        "further streams of the controller whose releases updates may start from, as 4-scos-next across the major version",
      ),
    repositories: z
      .strictObject({
        content: host.describe("repository of the payloads' images"),
        release: host.describe("repository of release images"),
      })
      .describe("where images go, host, port and path; public to read"),
    signatures: signatureSettings
      .optional()
      .describe("signatures of payloads; OKD's with from.stream, else the digest of from.image is trusted"),
    verdict: z
      .strictObject({
        key: z
          .string()
          .regex(/^-----BEGIN PUBLIC KEY-----\n[\s\S]+-----END PUBLIC KEY-----\n?$/, "a public key in PEM")
          .describe("the tester's public key, PEM"),
        repository: host.optional().describe("repository of verdicts instead of the payload's own"),
        tests: z
          .array(z.string().regex(/^[a-z0-9][-a-z0-9/]*$/, "a test, such as certification/metal"))
          .optional()
          .describe("tests that have to have a verdict; those that have one have to have passed in any case"),
      })
      .optional()
      .describe("a test verdict that a payload needs, as cosign attest makes it; none without it"),
    schedule: schedule.optional().describe("when it begins by itself"),
    after: z
      .strictObject({
        release: name.describe("its name; it has a schedule"),
        minutes: z.int().min(0).max(WEEK_MINUTES).default(30).describe("minutes to wait once its run has succeeded"),
      })
      .optional()
      .describe("begins by itself after another release"),
    publish: publication.optional().describe("how it is published"),
    storage: z
      .strictObject({
        size: quantity.default("4Gi").describe("its size"),
        storageClass: text.optional().describe("its StorageClass instead of the cluster's default"),
      })
      .prefault({})
      .describe("volume for notes and client tools"),
  })
  .describe(
    "The releases of OKD that are made, one entry each; without publish a dry run that needs no Secret. Keys of Secrets: pipelines/release/README.md.",
  );

/** What a stack says of one kind of release that it makes. */
export type ReleaseSettings = z.output<typeof releaseSettings>;

/** One kind of release that a stack makes: of payloads from one place, into one stream. */
export type Release = Omit<ReleaseSettings, "from"> & { from: PayloadSource };

export type Schedule = z.output<typeof schedule>;
