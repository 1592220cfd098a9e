import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { requireTools } from "../scripts/machine";
import { sharedScripts } from "../scripts/task";

/**
 * Release names that OKD has used, in order. Sources: tags of github.com/okd-project/okd (up to 4.20.0-okd-scos.ec.5), and
 * `previous` in the metadata of the release images 4.22.0-okd-scos.7 and 5.0.0-okd-scos.ec.3 at quay.io/okd/scos-release.
 */
const GIVEN: Record<string, string[][]> = {
  "4-scos-stable": [
    [
      ...["4.18.0-okd-scos.9", "4.18.0-okd-scos.10"],
      ...["4.19.0-okd-scos.0", "4.19.0-okd-scos.1", "4.19.0-okd-scos.2", "4.19.0-okd-scos.3"],
      ...["4.19.0-okd-scos.4", "4.19.0-okd-scos.5", "4.19.0-okd-scos.6"],
    ],
    [
      ...["4.21.0-okd-scos.11", "4.22.0-okd-scos.0", "4.22.0-okd-scos.1", "4.22.0-okd-scos.2", "4.22.0-okd-scos.3"],
      ...["4.22.0-okd-scos.4", "4.22.0-okd-scos.5", "4.22.0-okd-scos.6", "4.22.0-okd-scos.7"],
    ],
  ],
  "4-scos-next": [
    [
      ...["4.19.0-okd-scos.ec.9", "4.19.0-okd-scos.ec.10", "4.20.0-okd-scos.ec.0", "4.20.0-okd-scos.ec.1"],
      ...["4.20.0-okd-scos.ec.2", "4.20.0-okd-scos.ec.3", "4.20.0-okd-scos.ec.4", "4.20.0-okd-scos.ec.5"],
    ],
    [
      ...["4.22.0-okd-scos.ec.16", "5.0.0-okd-scos.ec.0", "5.0.0-okd-scos.ec.1", "5.0.0-okd-scos.ec.2"],
      "5.0.0-okd-scos.ec.3",
    ],
  ],
};

describe("names of releases", () => {
  let folder: string;
  before(function () {
    requireTools(this, "jq");
    folder = mkdtempSync(join(tmpdir(), "okd-streams-names-"));
    writeFileSync(join(folder, "names.jq"), sharedScripts["names.jq"]!);
  });
  after(() => {
    if (folder) rmSync(folder, { recursive: true });
  });

  /** Values of a jq expression for many inputs at once. @throws with jq's message */
  const ask = (expression: string, inputs: unknown[]): unknown[] => {
    const { status, stdout, stderr } = spawnSync("jq", ["-c", "-L", folder, `include "names"; ${expression}`], {
      input: inputs.map((input) => JSON.stringify(input)).join("\n"),
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(stderr.trim());
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line): unknown => JSON.parse(line));
  };
  const nextNames = (cases: { payload: string; stream: string; names: string[] }[]) =>
    ask(". as $in | next_name($in.payload; $in.stream; $in.names)", cases) as string[];
  const previousNames = (cases: { name: string; names: string[] }[]) =>
    ask(". as $in | previous_names($in.name; $in.names)", cases) as string[][];
  const nightly = (name: string) => `${name.split("-")[0]}-0.okd-scos-nightly-2026-02-19-063212`;

  describe("next_name", () => {
    const successions = Object.entries(GIVEN).flatMap(([stream, runs]) =>
      runs.flatMap((run) => run.slice(1).map((name, index) => ({ stream, last: run[index]!, name, run }))),
    );

    it(`gives the ${successions.length} successors that OKD gave, from the one before and the nightly's version`, () => {
      assert.ok(successions.length >= 20);
      const given = nextNames(
        successions.map(({ stream, last, name }) => ({ stream, payload: nightly(name), names: [last] })),
      );
      assert.deepEqual(
        given,
        successions.map(({ name }) => name),
      );
    });

    it("gives them too when it sees every name that was there, in any order", () => {
      const given = nextNames(
        successions.map(({ stream, name, run }) => ({
          stream,
          payload: nightly(name),
          names: run.slice(0, run.indexOf(name)).reverse(),
        })),
      );
      assert.deepEqual(
        given,
        successions.map(({ name }) => name),
      );
    });

    // Deviations from OKD's lists, with their reasons.
    it("begins with 0 after names with a date, which OKD gave until 2024", () => {
      const names = ["4.16.0-0.okd-scos-2024-06-26-093335", "4.15.0-0.okd-scos-2024-01-18-223523"];
      assert.deepEqual(nextNames([{ stream: "4-scos-stable", payload: names[0]!, names }]), ["4.16.0-okd-scos.0"]);
    });
    it("does not give what was never on the list of tags: 4.17.0-okd-scos.0 to 4.18.0-okd-scos.9", () => {
      // Releases 0 to 8 of 4.18 were made elsewhere (okd-scos) and are no tags of okd: seen from 4.17 the next one is 0.
      const names = ["4.16.0-okd-scos.1", "4.17.0-okd-scos.0"];
      assert.deepEqual(nextNames([{ stream: "4-scos-stable", payload: nightly("4.18.0-"), names }]), [
        "4.18.0-okd-scos.0",
      ]);
    });

    it("never gives a name twice, and none of the other stream or version counts", () => {
      fc.assert(
        fc.property(fc.array(situation, { minLength: 50, maxLength: 50 }), (situations) => {
          const given = nextNames(situations);
          for (const [index, { payload, stream, names }] of situations.entries()) {
            const name = given[index]!;
            const [version, number] = [payload.split("-")[0]!, Number(name.split(".").at(-1))];
            const prefix = `${version}-okd-scos.${stream.endsWith("next") ? "ec." : ""}`;
            assert.equal(name, `${prefix}${number}`);
            assert.ok(!names.includes(name));
            const numbers = names
              .filter((other) => other.startsWith(prefix))
              .map((other) => other.slice(prefix.length));
            const own = numbers.filter((text) => /^\d+$/.test(text)).map(Number);
            assert.equal(number, own.length === 0 ? 0 : Math.max(...own) + 1);
          }
        }),
        { numRuns: 20, endOnFailure: true },
      );
    });

    it("says which payload has no version", () => {
      assert.throws(
        () => nextNames([{ stream: "4-scos-next", payload: "nightly-1", names: [] }]),
        /nightly-1 does not begin with a version such as 4\.21\.0/,
      );
      assert.throws(
        () => nextNames([{ stream: "4-scos-next", payload: "", names: [] }]),
        /does not begin with a version/,
      );
    });
  });

  describe("reserved names", () => {
    const [mine, theirs] = ["a".repeat(64), "b".repeat(64)];
    const claim = (name: string, payload: string) => `reserved-${name}-${payload.slice(0, 12)}`;
    const stream = "4-scos-next";
    const names = ["4.22.0-okd-scos.ec.3"];
    const named = (tags: string[]) =>
      ask(
        ". as $in | own_name($in.payload; $in.stream; $in.digest; $in.names; $in.tags) // next_name($in.payload; $in.stream; $in.names + others($in.digest; $in.tags))",
        [{ payload: nightly("4.22.0-"), stream, digest: `sha256:${mine}`, names: [...names, ...tags], tags }],
      )[0];

    it("are passed over where they are another payload's", () => {
      assert.equal(named([]), "4.22.0-okd-scos.ec.4");
      assert.equal(named([claim("4.22.0-okd-scos.ec.4", theirs)]), "4.22.0-okd-scos.ec.5");
    });
    it("are taken again by their payload, though another one has the next", () => {
      const tags = [claim("4.22.0-okd-scos.ec.4", mine), claim("4.22.0-okd-scos.ec.5", theirs)];
      assert.equal(named(tags), "4.22.0-okd-scos.ec.4");
    });
    it("are nobody's where two payloads have reserved them at one time", () => {
      const tags = [mine, theirs].map((payload) => claim("4.22.0-okd-scos.ec.4", payload));
      assert.equal(named(tags), "4.22.0-okd-scos.ec.5");
    });
    it("count no more once they are filled, and only in their stream and version", () => {
      const other = ["4.22.0-okd-scos.7", "4.21.0-okd-scos.ec.9"].map((name) => claim(name, mine));
      const tags = [claim("4.22.0-okd-scos.ec.4", mine), "4.22.0-okd-scos.ec.4", ...other];
      assert.equal(named(tags), "4.22.0-okd-scos.ec.5");
    });
  });

  describe("previous_names", () => {
    it("gives the edges that OKD published with 4.22.0-okd-scos.7 and 5.0.0-okd-scos.ec.3", () => {
      const all = Object.values(GIVEN).flat(2);
      assert.deepEqual(
        previousNames([
          { name: "4.22.0-okd-scos.7", names: all },
          { name: "5.0.0-okd-scos.ec.3", names: all },
          { name: "4.16.0-okd-scos.0", names: ["4.15.0-0.okd-scos-2024-01-18-223523"] },
        ]),
        [
          GIVEN["4-scos-stable"]![1]!.slice(0, -1),
          GIVEN["4-scos-next"]![1]!.slice(0, -1),
          [], // as 4.16.0-okd-scos.0 was
        ],
      );
    });

    it("gives one release of the minor version before, the newest, and every earlier one of its own", () => {
      fc.assert(
        fc.property(fc.array(situation, { minLength: 50, maxLength: 50 }), (situations) => {
          const cases = situations.map(({ names, name }) => ({ name, names: [...names, name] }));
          for (const [index, previous] of previousNames(cases).entries()) {
            const { name, names } = cases[index]!;
            const [major, minor] = minorOf(name);
            const own = previous.filter((other) => minorOf(other).join() === [major, minor].join());
            const before = previous.filter((other) => !own.includes(other));
            const isRelease = (other: string) =>
              /^\d+\.\d+\.\d+-okd-scos\.(ec\.)?(0|[1-9]\d*)$/.test(other) && isEc(other) === isEc(name);
            assert.deepEqual(new Set(previous).size, previous.length);
            assert.ok(previous.every((other) => names.includes(other) && isRelease(other) && other !== name));
            assert.ok(own.every((other) => compare(other, name) < 0));
            assert.deepEqual(
              new Set(own),
              new Set(
                names.filter(
                  (other) =>
                    isRelease(other) && minorOf(other).join() === [major, minor].join() && compare(other, name) < 0,
                ),
              ),
            );
            const lower = names.filter((other) => isRelease(other) && isBefore(minorOf(other), [major!, minor!]));
            const highest = lower.sort(compare).at(-1);
            assert.deepEqual(before, highest ? [highest] : []);
            assert.deepEqual(previous, [...previous].sort(compare));
          }
        }),
        { numRuns: 20, endOnFailure: true },
      );
    });

    it("refuses a name that is none", () => {
      assert.throws(() => previousNames([{ name: "4.22", names: [] }]), /4\.22 is no name of a release/);
    });
  });
});

const numbers = (max: number) => fc.integer({ min: 0, max });
const version = fc.tuple(fc.constantFrom(4, 5), numbers(3), numbers(1)).map((parts) => parts.join("."));
const name = fc
  .tuple(version, fc.constantFrom("okd-scos.", "okd-scos.ec."), numbers(12))
  .map(([text, kind, number]) => `${text}-${kind}${number}`);
const other = fc.oneof(
  version.map((text) => `${text}-0.okd-scos-2024-06-26-093335`),
  fc.constantFrom(
    "",
    "latest",
    "4.21.0-okd-scos.x",
    "4.21.0-okd-scos.01",
    "x4.21.0-okd-scos.1",
    "4.21.0-okd-scos.1-multi",
  ),
);

/** What a naming may find: a payload, a stream, released names in any order, twins among them, and a name to look back from. */
const situation = fc.record({
  payload: version.map((text) => `${text}-0.okd-scos-nightly-2026-02-19-063212`),
  stream: fc.constantFrom("4-scos-next", "4-scos-stable", "mine"),
  names: fc.array(fc.oneof({ weight: 5, arbitrary: name }, other), { maxLength: 30 }),
  name,
});

const isEc = (text: string) => text.includes("-okd-scos.ec.");
const minorOf = (text: string) => text.split(".").slice(0, 2).map(Number);
const partsOf = (text: string) => [...text.split("-")[0]!.split("."), text.split(".").at(-1)!].map(Number);
function compare(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at < 0 ? 0 : left[at]! - right[at]!;
}
/** 4.20 is before 4.21, and the last of 4 before 5.0: any of 4 will do here, as the highest is asked for. */
function isBefore([major, minor]: number[], [ownMajor, ownMinor]: [number, number]): boolean {
  return ownMinor > 0 ? major === ownMajor && minor === ownMinor - 1 : major === ownMajor - 1;
}
