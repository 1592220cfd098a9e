import assert from "node:assert/strict";
import * as fc from "fast-check";
import { versionOf } from "../../../components/platform/versions";
import { exactVersion, isOlder, versionIn } from "../../../components/versions";

describe("versions", () => {
  const texts: [string | undefined, string | undefined][] = [
    ["v1.15.0", "1.15.0"],
    ["0.37.0", "0.37.0"],
    ["v3.6.0-rc2", "3.6.0"],
    ["openshift-gitops-operator.v1.18.2", "1.18.2"],
    ["devel", undefined],
    ["v1.15", undefined],
    [undefined, undefined],
  ];
  for (const [text, version] of texts) {
    it(`reads ${String(version)} in ${String(text)}`, () => assert.equal(versionIn(text), version));
  }

  const images: [string, string | undefined][] = [
    ["quay.io/argoproj/argocd:v3.5.7", "3.5.7"],
    ["localhost:5001/argocd/argocd:v3.2.11", "3.2.11"],
    ["10.0.0.1:5000/argocd:v3.5.7", "3.5.7"],
    ["10.0.0.1/argocd", undefined],
    ["quay.io/argoproj/argocd@sha256:1.2.3", undefined],
  ];
  for (const [image, version] of images) {
    it(`reads ${String(version)} in the image ${image}`, () => {
      const deployment = { spec: { template: { spec: { containers: [{ image }] } } } };
      assert.equal(versionOf(deployment, { field: "image" }), version);
    });
  }

  const spellings: [string, string][] = [
    ["v1.14.0", "1.14.0"],
    ["1.14.0", "1.14.0"],
    ["3.6.0-rc2", "3.6.0-rc2"],
    ["v3.6.0-rc2", "3.6.0-rc2"],
    ["3.5", "3.5.0"],
    ["v3.5-rc1", "3.5.0-rc1"],
  ];
  for (const [written, version] of spellings) {
    it(`names a release by ${version} for ${written}`, () => assert.equal(exactVersion(written), version));
  }

  it("orders versions by their numbers", () => {
    assert.equal(isOlder("0.9.0", "0.32.0"), true);
    assert.equal(isOlder("1.0.0", "0.32.0"), false);
    assert.equal(isOlder("1.0.0", "1.0.0"), false);
    assert.equal(isOlder("v1.0.0-rc1", "1.0.1"), true);
    assert.equal(isOlder("4.9", "4.10"), true);
    assert.equal(isOlder("1.30", "1.30"), false);
    assert.equal(isOlder("5.0", "4.22"), false);
    const version = fc.tuple(fc.nat(20), fc.nat(20), fc.nat(20));
    fc.assert(
      fc.property(version, version, (left, right) => {
        const difference = left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
        assert.equal(isOlder(left.join("."), right.join(".")), difference < 0);
      }),
    );
  });
});
