import { type Build, listTag, RECORD_ANNOTATION, recordSchema, recordTag, SIGNATURE_ANNOTATION } from "../events/build";
import { isSigned } from "../events/signature";
import { decide, type Facts, type Hint, incomplete, type Reading, type Verdict } from "./decide";
import { type RegistryClient, type StoredManifest, Unavailable } from "./registry";
import type { Settings, GateStream } from "./settings";

/** Milliseconds for which "not complete" may be said again without a look; "complete" never is. */
export const CACHE_MS = 5_000;
const CACHE_SIZE = 10_000;

/** The gate: reads what the registry holds of a build and decides. It keeps nothing that it could not read again. */
export class Gate {
  private readonly remembered = new Map<string, Remembered>();
  /** What is being looked at, by build. */
  private readonly looks = new Map<string, Promise<Found>>();

  constructor(
    private readonly settings: Pick<Settings, "registry" | "streams" | "deadlineMs">,
    private readonly registry: Pick<RegistryClient, "digest" | "manifest">,
    /** Public keys that may speak for an architecture. */
    private readonly recordKeys: (architecture: string) => readonly string[],
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** What the stack wants of a version; nothing where it does not build it. */
  streamOf({ stream, version }: Pick<Build, "stream" | "version">): GateStream | undefined {
    return this.settings.streams.find((one) => one.stream === stream && one.version === version);
  }

  /** Name of a repository in the registry. */
  repository(name: string): string {
    const { path } = this.settings.registry;
    return path === "" ? name : `${path}/${name}`;
  }

  /** @throws Unavailable where the registry does not answer within the deadline */
  async decide(build: Build, hint?: Hint): Promise<Verdict> {
    const stream = this.streamOf(build);
    if (!stream || (hint && !stream.architectures.includes(hint.architecture))) {
      return decide(build, { stream, records: {}, lists: [], now: this.now() }, hint); // the registry would add nothing
    }
    const known = hint && this.recall(keyOf(build), hint);
    if (known) return known;
    const signal = AbortSignal.timeout(this.settings.deadlineMs);
    return hint
      ? within(signal, this.answer(build, stream, hint))
      : decide(build, { stream, ...(await this.readAll(build, stream, signal)), now: this.now() });
  }

  /** What an event is told that is not answered from memory. */
  private async answer(build: Build, stream: GateStream, hint: Hint): Promise<Verdict> {
    const key = keyOf(build);
    const older = this.looks.get(key);
    if (older) {
      await older.catch(() => undefined); // the next look will say it
      const found = this.recall(key, hint);
      if (found) return found;
    }
    // Events that came at the same time share one look, which began after they came.
    const found = await (this.looks.get(key) ?? this.begin(key, this.look(build, stream, hint)));
    const verdict =
      "absent" in found ? incomplete(build, found.absent) : decide(build, { stream, ...found, now: this.now() }, hint);
    this.remember(key, verdict);
    return verdict;
  }

  private begin(key: string, look: Promise<Found>): Promise<Found> {
    const ending = look.finally(() => this.looks.delete(key));
    this.looks.set(key, ending);
    return ending;
  }

  /** First for what is mostly so at an event: another architecture is missing, which two answers of the registry say. */
  private async look(build: Build, stream: GateStream, { architecture }: Hint): Promise<Found> {
    const signal = AbortSignal.timeout(this.settings.deadlineMs);
    const other = stream.architectures.find((one) => one !== architecture);
    if (other === undefined) return this.readAll(build, stream, signal);
    const [record, lists] = await Promise.all([
      this.readRecord(build, stream, other, signal),
      this.readLists(build, stream, signal),
    ]);
    if (record.state === "absent" && lists.length === 0) return { absent: other };
    return { records: await this.readRecords(build, stream, signal, { [other]: record }), lists };
  }

  private async readAll(build: Build, stream: GateStream, signal: AbortSignal): Promise<Read> {
    const [records, lists] = await Promise.all([
      this.readRecords(build, stream, signal),
      this.readLists(build, stream, signal),
    ]);
    return { records, lists };
  }

  /** @param read what was read already */
  private async readRecords(
    build: Build,
    stream: GateStream,
    signal: AbortSignal,
    read: Record<string, Reading> = {},
  ): Promise<Record<string, Reading>> {
    const readings = stream.architectures.map(
      async (one) => [one, read[one] ?? (await this.readRecord(build, stream, one, signal))] as const,
    );
    return Object.fromEntries(await Promise.all(readings));
  }

  private async readRecord(
    build: Build,
    stream: GateStream,
    architecture: string,
    signal: AbortSignal,
  ): Promise<Reading> {
    const tag = recordTag(build, architecture);
    const manifest = await this.registry.manifest(this.repository(stream.records), tag, signal);
    return readingOf(manifest, this.recordKeys(architecture));
  }

  /** The lists up to the first that is missing, which is the first as a rule: the others decide nothing any more. */
  private async readLists(build: Build, stream: GateStream, signal: AbortSignal): Promise<string[]> {
    const found: string[] = [];
    for (const image of stream.images) {
      const digest = await this.registry.digest(this.repository(image), listTag(build, stream.rehearsal), signal);
      if (digest === undefined) break;
      found.push(image);
    }
    return found;
  }

  /**
   * Only what creates nothing is said again, and "not complete" only to events of architectures that were not missing: the
   * event of one that was is the news that is waited for.
   */
  private recall(key: string, { architecture }: Hint): Verdict | undefined {
    const entry = this.remembered.get(key);
    if (!entry || entry.until < this.now().getTime()) return undefined;
    return entry.verdict.missing.includes(architecture) ? undefined : entry.verdict;
  }

  private remember(key: string, verdict: Verdict): void {
    this.remembered.delete(key);
    if (verdict.outcome !== "incomplete" && verdict.outcome !== "composed") return;
    if (this.remembered.size >= CACHE_SIZE) this.remembered.delete(this.remembered.keys().next().value!);
    this.remembered.set(key, { verdict, until: this.now().getTime() + CACHE_MS });
  }
}

/** Everything that the registry holds of a build. */
type Read = Pick<Facts, "records" | "lists">;
/** What a look finds; an architecture that is absent says enough where there is no list. */
type Found = Read | { absent: string };

interface Remembered {
  verdict: Verdict;
  /** Milliseconds since the epoch. */
  until: number;
}

/** @throws Unavailable where time is up */
function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, fail) => {
    const giveUp = () => {
      fail(new Unavailable("the registry does not answer in time"));
    };
    signal.addEventListener("abort", giveUp, { once: true });
  });
  return Promise.race([work, late]);
}

function keyOf({ stream, version, buildId }: Build): string {
  return `${stream} ${version} ${buildId}`;
}

/**
 * What a manifest under a record's tag says.
 * @param keys public ones, by which it may be signed
 */
export function readingOf(manifest: StoredManifest | undefined, keys: readonly string[]): Reading {
  if (!manifest) return { state: "absent" };
  const annotations = (manifest.body.annotations ?? {}) as Record<string, unknown>;
  const { [RECORD_ANNOTATION]: annotation, [SIGNATURE_ANNOTATION]: signature } = annotations;
  if (typeof annotation !== "string") return { state: "unreadable", reason: `has no annotation ${RECORD_ANNOTATION}` };
  if (typeof signature !== "string") {
    return {
      state: "unsigned",
      reason: "is not signed: a stranger's, or of before records were; ask for the build again",
    };
  }
  if (!isSigned(annotation, signature, keys)) {
    return { state: "unsigned", reason: "is signed by no key that may speak for that architecture" };
  }
  try {
    const parsed = recordSchema.safeParse(JSON.parse(annotation));
    if (parsed.success) return { state: "present", digest: manifest.digest, record: parsed.data };
    return { state: "unreadable", reason: `has a wrong field ${parsed.error.issues[0]!.path.join(".")}` };
  } catch {
    return { state: "unreadable", reason: "is no JSON" };
  }
}
