import assert from "node:assert/strict";
import { requireClusterName } from "../../../../components/clusters/moc/cluster-name";

describe("the name of a cluster on the MOC", () => {
  for (const stack of ["moc", "moc-test", "4-21", "a".repeat(54)]) {
    it(`may be ${stack}`, () => requireClusterName(stack, "okd.example.org"));
  }

  for (const stack of ["moc.test", "moc_test", "Moc", "-moc", "moc-", "a".repeat(55)]) {
    it(`is not ${stack}`, () => {
      assert.throws(() => requireClusterName(stack, undefined), {
        message: /^Stack \S+ cannot be a cluster on the MOC, /,
      });
    });
  }

  it("is not too long together with the domain, as OKD makes names below it", () => {
    const domain = `${"d".repeat(60)}.${"o".repeat(60)}.${"m".repeat(30)}.org`;
    requireClusterName("moc", domain);
    assert.throws(() => requireClusterName("moc".padEnd(54, "x"), domain), {
      message:
        /^cluster\.okd\.baseDomain is too long for stack mocx+: alertmanager-main\S+ has 25\d characters, and DNS takes 253\.$/,
    });
  });
});
