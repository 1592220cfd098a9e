import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import * as fc from "fast-check";
import { BODY_LIMIT, refusalOf, signEvent } from "../../../components/programs/events/envelope";
import { KEY, NOW } from "./samples";

const seconds = (count: number): Date => new Date(NOW.getTime() + count * 1000);
const lists = (headers: Record<string, string>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
const signed = (body: string, key = KEY, now = NOW) => lists(signEvent(body, key, now));

describe("signatures of events", () => {
  it("are HMAC-SHA256 over time and body, as any other program can make them", () => {
    const timestamp = String(NOW.getTime() / 1000);
    const hex = createHmac("sha256", KEY).update(`${timestamp}.{"a":1}`).digest("hex");
    assert.deepEqual(signEvent('{"a":1}', KEY, NOW), {
      "Okd-Streams-Timestamp": timestamp,
      "Okd-Streams-Signature": `sha256=${hex}`,
    });
  });

  it("hold for five minutes to both sides, and for a repetition as for the first", () => {
    const headers = signed("{}");
    for (const distance of [-300, -1, 0, 0, 300]) {
      assert.equal(refusalOf("{}", headers, [KEY], seconds(distance)), undefined);
    }
    for (const distance of [-301, 301, 86_400]) {
      assert.equal(refusalOf("{}", headers, [KEY], seconds(distance)), "outside-window");
    }
  });

  it("hold by any of the keys, so that a key can be changed", () => {
    assert.equal(refusalOf("{}", signed("{}", "old"), ["new", "old"], NOW), undefined);
    assert.equal(refusalOf("{}", signed("{}", "old"), ["new"], NOW), "wrongly-signed");
    assert.equal(refusalOf("{}", signed("{}", "old"), [], NOW), "wrongly-signed");
  });

  it("are found whatever case their headers have, but not twice", () => {
    const lower = Object.fromEntries(Object.entries(signed("{}")).map(([name, value]) => [name.toLowerCase(), value]));
    assert.equal(refusalOf("{}", lower, [KEY], NOW), undefined);
    assert.equal(refusalOf("{}", { ...signed("{}"), ...lower }, [KEY], NOW), "unsigned");
  });

  it("are missing, broken or of another time", () => {
    const good = signed("{}");
    const timestamp = good["Okd-Streams-Timestamp"]![0]!;
    const signature = good["Okd-Streams-Signature"]![0]!;
    assert.equal(refusalOf("{}", {}, [KEY], NOW), "unsigned");
    assert.equal(refusalOf("{}", { "Okd-Streams-Signature": [signature] }, [KEY], NOW), "unsigned");
    assert.equal(refusalOf("{}", { "Okd-Streams-Timestamp": [timestamp] }, [KEY], NOW), "unsigned");
    for (const broken of ["", "sha256=", signature.slice(7), signature.slice(0, -1), signature.toUpperCase()]) {
      assert.equal(refusalOf("{}", { ...good, "Okd-Streams-Signature": [broken] }, [KEY], NOW), "wrongly-signed");
    }
    for (const time of ["", "now", "1e9", String(Number(timestamp) + 1)]) {
      assert.equal(refusalOf("{}", { ...good, "Okd-Streams-Timestamp": [time] }, [KEY], NOW), "wrongly-signed");
    }
  });

  it("are not looked at for a body that is too large", () => {
    const body = "x".repeat(BODY_LIMIT);
    assert.equal(refusalOf(body, signed(body), [KEY], NOW), undefined);
    assert.equal(refusalOf(`${body}x`, signed(`${body}x`), [KEY], NOW), "oversized");
  });

  it("fit no other body, key or time", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string({ minLength: 1 }), fc.nat(300), (body, other, key, age) => {
        const headers = signed(body, KEY, seconds(-age));
        assert.equal(refusalOf(body, headers, [KEY], NOW), undefined);
        if (other !== body) assert.equal(refusalOf(other, headers, [KEY], NOW), "wrongly-signed");
        if (key !== KEY) assert.equal(refusalOf(body, headers, [key], NOW), "wrongly-signed");
        const later = { ...headers, ...lists({ "Okd-Streams-Timestamp": String(NOW.getTime() / 1000 + 1) }) };
        assert.equal(refusalOf(body, later, [KEY], NOW), "wrongly-signed");
      }),
    );
  });
});
