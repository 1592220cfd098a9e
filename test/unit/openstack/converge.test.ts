import * as assert from "node:assert/strict";
import { findOrMake, keepOnFailure, UNKNOWN_ID } from "../../../components/openstack/converge";
import { OpenStackError } from "../../../components/openstack/failure";
import { digestOf } from "../../../components/openstack/marks";
import { unmatched } from "../../../components/openstack/preflight";

const unanswered = new OpenStackError("lease", "POST /v1/leases", 503, "no server is available");
const refused = new OpenStackError("lease", "POST /v1/leases", 403, "no");

describe("something that is made once", () => {
  it("is made where it is not there, and found where it is", async () => {
    const made: string[] = [];
    const make = () => Promise.resolve(made[made.push("it") - 1]!);
    const find = () => Promise.resolve(made[0]);
    assert.equal(await findOrMake(find, make), "it");
    assert.equal(await findOrMake(find, make), "it");
    assert.equal(made.length, 1);
  });

  it("is looked for when the answer is missing, and made again only where it is not there", async () => {
    let there: string | undefined;
    let asked = 0;
    const find = () => Promise.resolve(there);
    const done = () => {
      asked++;
      there = "it";
      return Promise.reject(unanswered);
    };
    assert.equal(await findOrMake(find, done), "it");
    assert.equal(asked, 1);
    there = undefined;
    const notDone = () => {
      if (++asked === 3) return Promise.resolve("it");
      return Promise.reject(unanswered);
    };
    assert.equal(await findOrMake(find, notDone), "it");
  });

  it("is looked for too where ESI-Leap failed in the middle of the call, by its own fault", async () => {
    const refusal = (words: string) => new OpenStackError("lease", "POST /v1/offers/x/claim", 500, words);
    const fault = refusal(
      "Must provide Keystone credentials or user-defined endpoint, error was: An auth plugin is required",
    );
    let there: string | undefined;
    const make = () => {
      there = "it";
      return Promise.reject(fault);
    };
    assert.equal(await findOrMake(() => Promise.resolve(there), make), "it");
    const conflict = refusal("Time conflict for x");
    await assert.rejects(
      findOrMake(
        () => Promise.resolve(undefined),
        () => Promise.reject(conflict),
      ),
      conflict,
    );
  });

  it("is given up after a refusal, and after three answers that are missing", async () => {
    let asked = 0;
    const find = () => Promise.resolve(undefined);
    const failing = (error: Error) => () => {
      asked++;
      return Promise.reject(error);
    };
    await assert.rejects(findOrMake(find, failing(refused)), refused);
    assert.equal(asked, 1);
    await assert.rejects(findOrMake(find, failing(unanswered)), unanswered);
    assert.equal(asked, 4);
  });

  it("is kept in the state when what follows fails, and where nobody knows whether it was made", async () => {
    const inputs = { name: "node-0" };
    const failing = (id: string | undefined, error: Error) =>
      keepOnFailure(id, inputs, () => Promise.reject(error)).catch(
        (it: unknown) => it as { id?: string; properties?: object },
      );
    const later = await failing("uuid", new Error("no"));
    assert.deepEqual([later.id, later.properties], ["uuid", inputs]);
    const lost = await failing(undefined, new OpenStackError("lease", "POST /v1/leases", 0, "nothing came"));
    assert.equal(lost.id, UNKNOWN_ID);
    const never = await failing(undefined, new OpenStackError("lease", "POST /v1/leases", 403, "no"));
    assert.equal(never.id, undefined);
  });
});

describe("a digest", () => {
  it("does not depend on the order of fields, and does on that of a list", () => {
    assert.equal(digestOf({ a: 1, b: { c: 2, d: 3 } }), digestOf({ b: { d: 3, c: 2 }, a: 1 }));
    assert.notEqual(digestOf({ a: [1, 2] }), digestOf({ a: [2, 1] }));
    assert.equal(digestOf({ a: 1, b: undefined }), digestOf({ a: 1 }));
  });
});

describe("nodes for claims", () => {
  const cases: [what: string, candidates: string[][], without: number[]][] = [
    ["each its own", [["a"], ["b"]], []],
    ["the picky one is given way to", [["a", "b"], ["a"]], []],
    ["a chain of giving way", [["a", "b"], ["b", "c"], ["a"]], []],
    ["one too many", [["a"], ["a"], ["b"]], [1]],
    ["none at all", [[], ["a"]], [0]],
  ];
  for (const [what, candidates, without] of cases) {
    it(what, () => assert.deepEqual(unmatched(candidates), without));
  }
});
