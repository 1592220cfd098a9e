import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import * as fc from "fast-check";
import { listTag, recordTag } from "../../../components/programs/events/build";
import { CACHE_MS, Gate } from "../../../components/programs/gate/gate";
import { type StoredManifest, Unavailable } from "../../../components/programs/gate/registry";
import { signedRecord } from "./fake-registry";
import { BUILD, digestOf, NOW, RECORD_KEY, recordOf, STREAM } from "./samples";

const ARCHITECTURES = ["amd64", "arm64", "ppc64le", "s390x"];

/** A gate of four architectures, a registry in memory, and a clock. */
class Bench {
  readonly asked: string[] = [];
  readonly tags = new Set<string>();
  /** Until when answers of the registry are under way. */
  delay: Promise<unknown> = Promise.resolve();
  private time = NOW.getTime();
  private readonly gate: Gate;

  constructor(deadlineMs = 60_000) {
    const settings = {
      registry: { address: "registry:5000", path: "okd", insecure: true },
      streams: [{ ...STREAM, architectures: ARCHITECTURES }],
      deadlineMs,
    };
    const manifest = async (_repository: string, tag: string): Promise<StoredManifest | undefined> => {
      this.asked.push(tag);
      const found = this.tags.has(tag) ? storedManifest(tag) : undefined;
      await this.delay;
      return found;
    };
    const digest = async (repository: string, tag: string) => (await manifest(repository, tag))?.digest;
    this.gate = new Gate(
      settings,
      { manifest, digest },
      () => [RECORD_KEY.publicKey],
      () => new Date(this.time),
    );
  }

  leave(architecture: string): void {
    this.tags.add(recordTag(BUILD, architecture));
  }

  async tell(architecture: string): Promise<string> {
    const { outcome } = await this.gate.decide(BUILD, {
      architecture,
      record: digestOf(recordTag(BUILD, architecture)),
    });
    return outcome;
  }

  pass(milliseconds: number): void {
    this.time += milliseconds;
  }
}

function storedManifest(tag: string): StoredManifest {
  const annotations = signedRecord(recordOf(tag.slice(tag.lastIndexOf("-") + 1)));
  return { digest: digestOf(tag), mediaType: "application/vnd.oci.image.manifest.v1+json", body: { annotations } };
}

describe("the gate", () => {
  it("asks two things of the registry at an event of a build that is not complete, and nothing at its repetition", async () => {
    const bench = new Bench();
    bench.leave("amd64");
    assert.equal(await bench.tell("amd64"), "incomplete");
    assert.deepEqual(bench.asked, [recordTag(BUILD, "arm64"), listTag(BUILD, false)]);
    bench.leave("s390x");
    assert.equal(await bench.tell("s390x"), "incomplete");
    assert.equal(await bench.tell("amd64"), "incomplete");
    assert.equal(bench.asked.length, 2, "what is missing is known");
  });

  it("looks again at the event of what was missing, and for everyone when five seconds have passed", async () => {
    const bench = new Bench();
    bench.leave("amd64");
    await bench.tell("amd64");
    for (const architecture of ["ppc64le", "s390x", "arm64"]) bench.leave(architecture);
    assert.equal(await bench.tell("s390x"), "incomplete", "arm64 was missing a moment ago, and its event is to come");
    assert.equal(await bench.tell("arm64"), "compose");
    assert.equal(await bench.tell("amd64"), "compose", "what was missing is forgotten");

    const other = new Bench();
    await other.tell("amd64");
    for (const architecture of ARCHITECTURES) other.leave(architecture);
    other.pass(CACHE_MS + 1);
    assert.equal(await other.tell("amd64"), "compose");
  });

  it("looks once for all events that come while a look is under way, and that look begins after they came", async () => {
    const bench = new Bench();
    const tellOften = () => Promise.all(Array.from({ length: 50 }, () => bench.tell("amd64")));
    assert.deepEqual(new Set(await tellOften()), new Set(["incomplete"]));
    assert.equal(bench.asked.splice(0).length, 2);
    for (const architecture of ARCHITECTURES) bench.leave(architecture);
    bench.pass(CACHE_MS + 1);
    assert.deepEqual(new Set(await tellOften()), new Set(["compose"]));
    assert.equal(bench.asked.length, 2 * 5, "the first event's look, and that of all others");
  });

  it("answers the event of what is missing by no look that began before it came", async () => {
    const bench = new Bench();
    for (const architecture of ["amd64", "ppc64le", "s390x"]) bench.leave(architecture);
    const answering = new EventEmitter();
    bench.delay = once(answering, "answer");
    const first = bench.tell("amd64"); // whose look finds arm64 missing
    bench.leave("arm64");
    const last = bench.tell("arm64");
    answering.emit("answer");
    assert.deepEqual([await first, await last], ["incomplete", "compose"]);
  });

  it("looks again for those who waited for a look that failed", async () => {
    const bench = new Bench();
    const answering = new EventEmitter();
    bench.delay = once(answering, "answer");
    const [first, second] = [bench.tell("amd64"), bench.tell("amd64")];
    bench.delay = Promise.resolve();
    answering.emit("error", new Unavailable("out of order"));
    await assert.rejects(first, new Unavailable("out of order"));
    assert.equal(await second, "incomplete");
  });

  it("keeps nobody waiting beyond the deadline, whose look it may ever be", async () => {
    const bench = new Bench(20);
    bench.delay = new Promise(() => undefined);
    for (const event of [bench.tell("amd64"), bench.tell("arm64")]) {
      await assert.rejects(event, new Unavailable("the registry does not answer in time"));
    }
  });

  it("lets an event of a complete build pass, whatever came before in whichever order, and none before", async () => {
    // Each architecture leaves its record, then tells of it once or more often; the clock goes on in between.
    const course = fc
      .array(fc.constantFrom(...ARCHITECTURES), { maxLength: 12 })
      .chain((more) => {
        const steps = [...ARCHITECTURES, ...ARCHITECTURES, ...more];
        return fc.shuffledSubarray(steps, { minLength: steps.length });
      })
      .chain((steps) =>
        fc.tuple(fc.constant(steps), fc.array(fc.constantFrom(0, 1_000, CACHE_MS + 1), { ...sized(steps.length) })),
      );
    await fc.assert(
      fc.asyncProperty(course, async ([steps, pauses]) => {
        const bench = new Bench();
        const said: string[] = [];
        for (const [index, architecture] of steps.entries()) {
          bench.pass(pauses[index]!);
          if (!bench.tags.has(recordTag(BUILD, architecture))) bench.leave(architecture);
          else if ((await bench.tell(architecture)) === "compose") {
            assert.equal(bench.tags.size, ARCHITECTURES.length, steps.join(" "));
            said.push(architecture);
          }
        }
        assert.ok(said.length > 0, steps.join(" "));
      }),
      { numRuns: 200 },
    );
  });

  it("says that a build is composed once its lists are there, though its records are gone", async () => {
    const bench = new Bench();
    bench.tags.add(listTag(BUILD, false));
    assert.equal(await bench.tell("amd64"), "composed");
  });
});

const sized = (length: number) => ({ minLength: length, maxLength: length });
