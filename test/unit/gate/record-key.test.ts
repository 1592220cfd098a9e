import assert from "node:assert/strict";
import { isSigned, signRecord } from "../../../components/programs/events/signature";
import { provider } from "../../../components/gate/record-key";
import { spokeRecordKey } from "../../../components/streams/events/schema";

describe("the key of a cluster's records", () => {
  it("is a pair that is another one each time: what it signs, its public part alone verifies", async () => {
    const [own, other] = await Promise.all([provider.create({}), provider.create({})]);
    const { privateKey, publicKey } = own.outs!;
    const signature = signRecord("a record", privateKey);
    assert.ok(isSigned("a record", signature, ["no key", other.outs!.publicKey, publicKey]));
    assert.ok(!isSigned("a record", signature, [other.outs!.publicKey]));
    assert.ok(!isSigned("another record", signature, [publicKey]));
    assert.ok(!isSigned("a record", "no signature", [publicKey]));
  });

  it("has a public part that a hub's settings take, in one line", async () => {
    const { outs } = await provider.create({});
    assert.equal(spokeRecordKey.parse(outs!.publicKey), outs!.publicKey);
    for (const wrong of ["", outs!.privateKey, "MCowBQYDK2VwAyEA"]) {
      assert.ok(!spokeRecordKey.safeParse(wrong).success, wrong);
    }
  });
});
