import assert from "node:assert/strict";
import fc from "fast-check";
import {
  contains,
  formatAddress,
  gatewayOf,
  overlap,
  parseAddress,
  parseNetwork,
  parseRange,
} from "../../../../components/clusters/moc/ipv4";

const address = fc.nat(2 ** 32 - 1);

describe("IPv4 addresses", () => {
  it("are read as they are written", () => {
    fc.assert(fc.property(address, (number) => assert.equal(parseAddress(formatAddress(number)), number)));
  });

  for (const text of ["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.x", " 1.2.3.4", "::1"]) {
    it(`are not ${JSON.stringify(text)}`, () => assert.equal(parseAddress(text), undefined));
  }

  it("make a network of a power of two", () => {
    assert.deepEqual(parseNetwork("192.168.20.0/24"), { first: 3232240640, last: 3232240895, prefixLength: 24 });
    assert.deepEqual(parseNetwork("0.0.0.0/0"), { first: 0, last: 4294967295, prefixLength: 0 });
    for (const text of ["192.168.20.1/24", "192.168.20.0", "192.168.20.0/33", "192.168.20.0/", "x/24"]) {
      assert.equal(parseNetwork(text), undefined, text);
    }
  });

  it("make a range from the lower to the higher", () => {
    assert.deepEqual(parseRange("10.0.0.1-10.0.0.3"), { first: 167772161, last: 167772163 });
    for (const text of ["10.0.0.3-10.0.0.1", "10.0.0.1", "10.0.0.1-10.0.0.2-10.0.0.3", "a-b"]) {
      assert.equal(parseRange(text), undefined, text);
    }
  });

  it("overlap where one is in both, and contain what overlaps with nothing else", () => {
    const range = fc.tuple(fc.nat(40), fc.nat(40)).map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));
    const list = ({ first, last }: { first: number; last: number }) =>
      Array.from({ length: last - first + 1 }, (_, index) => first + index);
    fc.assert(
      fc.property(range, range, (a, b) => {
        assert.equal(
          overlap(a, b),
          list(a).some((it) => list(b).includes(it)),
        );
        assert.equal(
          contains(a, b),
          list(b).every((it) => list(a).includes(it)),
        );
      }),
    );
  });

  it("have the router first", () => {
    assert.equal(gatewayOf({ cidr: "192.168.20.0/24" }), "192.168.20.1");
    assert.equal(gatewayOf({ cidr: "192.168.20.0/24", gateway: "192.168.20.254" }), "192.168.20.254");
  });
});
