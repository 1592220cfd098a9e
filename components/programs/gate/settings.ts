import * as z from "zod/mini";

const text = z.string().check(z.minLength(1));

/** One version of a pipeline set, as its stack wants it. */
const streamSchema = z.strictObject({
  /** Name of the pipeline set, `okd-coreos`. */
  stream: text,
  version: text,
  /** Architectures that a build needs to be complete. */
  architectures: z.array(text).check(z.minLength(1)),
  /** Names of the images that a build makes, each of which becomes one manifest list. */
  images: z.array(text).check(z.minLength(1)),
  /** Label of its runs, which tells those of the operating system from those of layers on it. */
  label: text,
  /** Repository of the records. */
  records: text,
  /** A build that is not complete after this many hours never is. */
  expireAfterHours: z.number().check(z.positive()),
  /** Seconds that its schedule leaves between builds at most. @default it has none: nobody waits for a build */
  intervalSeconds: z.optional(z.number().check(z.positive())),
  /** The bucket of its boot images: a record that names another one is refused. @default there are none */
  bucket: z.optional(text),
  /** Stand-ins take the place of what is built: the lists' tags say so. */
  rehearsal: z._default(z.boolean(), false),
});

/** The gate's settings, as the component writes them into `settings.json`. */
export const settingsSchema = z.strictObject({
  registry: z.strictObject({
    /** `host:port`. */
    address: text,
    /** Path before the names of repositories, `okd`. */
    path: z.string(),
    /** Speaks plain HTTP. */
    insecure: z.boolean(),
    /** File with credentials, `.dockerconfigjson`. @default none asked */
    credentials: z.optional(text),
  }),
  streams: z.array(streamSchema),
  /** File with the keys of signatures, one per line: the first signs, all verify. */
  keys: text,
  /** Files with keys by which other clusters tell of finished builds, and nothing else. @default there are none */
  otherKeys: z._default(z.array(text), []),
  /** Files with the public keys of records, and the architectures that each may speak for. @default no record counts */
  recordKeys: z._default(z.array(z.strictObject({ file: text, architectures: z.array(text) })), []),
  /** Certificate and key of the interceptor. @default plain HTTP, as tests use it */
  tls: z.optional(z.strictObject({ certificate: text, key: text })),
  /** Where the interceptor listens. */
  port: z.int(),
  /** Where health, readiness, metrics and the table of builds are, in plain HTTP. */
  statusPort: z.int(),
  /** URL of the EventListener that complete builds are told to again. @default nothing is told again */
  eventListener: z.optional(z.url()),
  /** Seconds from one look through all records to the next. */
  reconcileSeconds: z.number().check(z.positive()),
  /** Milliseconds in which a decision is made, the registry answering or not. @default 2500 */
  deadlineMs: z._default(z.int().check(z.positive()), 2500),
});

export type Settings = z.output<typeof settingsSchema>;
export type SettingsInput = z.input<typeof settingsSchema>;
export type GateStream = z.output<typeof streamSchema>;
