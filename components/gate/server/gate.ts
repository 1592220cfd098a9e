import { type Build, listTag, RECORD_ANNOTATION, recordSchema, recordTag } from "./build";
import { decide, type Hint, incomplete, type Reading, type Verdict } from "./decide";
import type { Registry, StoredManifest } from "./registry";
import type { Settings, StreamSettings } from "./settings";

/** Milliseconds for which "not complete" may be said again without a look; "complete" never is. */
export const CACHE_MS = 5_000;
const CACHE_SIZE = 10_000;

/** The gate: reads what the registry holds of a build and decides. It keeps nothing that it could not read again. */
export class Gate {
  private readonly remembered = new Map<string, Remembered>();

  constructor(
    private readonly settings: Pick<Settings, "registry" | "streams" | "deadlineMs">,
    private readonly registry: Pick<Registry, "digest" | "manifest">,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** What the stack wants of a version; nothing where it does not build it. */
  streamOf({ stream, version }: Pick<Build, "stream" | "version">): StreamSettings | undefined {
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
    const known = hint && this.recall(build, hint);
    if (known) return known;
    const signal = AbortSignal.timeout(this.settings.deadlineMs);
    const verdict =
      (hint && (await this.glance(build, stream, hint, signal))) ?? (await this.look(build, stream, signal, hint));
    this.remember(build, verdict);
    return verdict;
  }

  /** What is mostly so at an event: another architecture is missing, which two answers of the registry say. */
  private async glance(
    build: Build,
    stream: StreamSettings,
    hint: Hint,
    signal: AbortSignal,
  ): Promise<Verdict | undefined> {
    const other = stream.architectures.find((architecture) => architecture !== hint.architecture);
    if (other === undefined) return undefined;
    const [record, list] = await Promise.all([
      this.registry.digest(this.repository(stream.records), recordTag(build, other), signal),
      this.registry.digest(this.repository(stream.images[0]!), listTag(build, stream.rehearsal), signal),
    ]);
    return record === undefined && list === undefined ? incomplete(build, other) : undefined;
  }

  /** Everything that the registry holds of a build. */
  private async look(build: Build, stream: StreamSettings, signal: AbortSignal, hint?: Hint): Promise<Verdict> {
    const [records, lists] = await Promise.all([
      this.readRecords(build, stream, signal),
      this.readLists(build, stream, signal),
    ]);
    return decide(build, { stream, records, lists, now: this.now() }, hint);
  }

  private async readRecords(
    build: Build,
    stream: StreamSettings,
    signal: AbortSignal,
  ): Promise<Record<string, Reading>> {
    const repository = this.repository(stream.records);
    const readings = stream.architectures.map(async (architecture) => [
      architecture,
      readingOf(await this.registry.manifest(repository, recordTag(build, architecture), signal)),
    ]);
    return Object.fromEntries(await Promise.all(readings)) as Record<string, Reading>;
  }

  /** The lists up to the first that is missing, which is the first as a rule: the others decide nothing any more. */
  private async readLists(build: Build, stream: StreamSettings, signal: AbortSignal): Promise<string[]> {
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
  private recall(build: Build, { architecture }: Hint): Verdict | undefined {
    const entry = this.remembered.get(keyOf(build));
    if (!entry || entry.until < this.now().getTime()) return undefined;
    return entry.verdict.missing.includes(architecture) ? undefined : entry.verdict;
  }

  private remember(build: Build, verdict: Verdict): void {
    const key = keyOf(build);
    this.remembered.delete(key);
    if (verdict.outcome !== "incomplete" && verdict.outcome !== "composed") return;
    if (this.remembered.size >= CACHE_SIZE) this.remembered.delete(this.remembered.keys().next().value!);
    this.remembered.set(key, { verdict, until: this.now().getTime() + CACHE_MS });
  }
}

interface Remembered {
  verdict: Verdict;
  /** Milliseconds since the epoch. */
  until: number;
}

function keyOf({ stream, version, buildId }: Build): string {
  return `${stream} ${version} ${buildId}`;
}

/** What a manifest under a record's tag says. */
export function readingOf(manifest: StoredManifest | undefined): Reading {
  if (!manifest) return { state: "absent" };
  const annotation = (manifest.body.annotations as Record<string, unknown> | undefined)?.[RECORD_ANNOTATION];
  if (typeof annotation !== "string") return { state: "unreadable", reason: `has no annotation ${RECORD_ANNOTATION}` };
  try {
    const parsed = recordSchema.safeParse(JSON.parse(annotation));
    if (parsed.success) return { state: "present", digest: manifest.digest, record: parsed.data };
    return { state: "unreadable", reason: `has a wrong field ${parsed.error.issues[0]!.path.join(".")}` };
  } catch {
    return { state: "unreadable", reason: "is no JSON" };
  }
}
