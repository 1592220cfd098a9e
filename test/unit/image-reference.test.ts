import assert from "node:assert/strict";
import { isReference, mirrored, normalized } from "../../components/image-reference";

const DIGEST = `sha256:${"0".repeat(64)}`;

describe("a reference of an image", () => {
  // As `docker pull` and containerd read it: distribution/reference 0.6.0's ParseNormalizedNamed.
  const cases: [short: string, full: string][] = [
    ["busybox", "docker.io/library/busybox"],
    ["busybox:1", "docker.io/library/busybox:1"],
    [`busybox@${DIGEST}`, `docker.io/library/busybox@${DIGEST}`],
    ["bitnami/kubectl:1", "docker.io/bitnami/kubectl:1"],
    ["docker.io/busybox:1", "docker.io/library/busybox:1"],
    ["docker.io/bitnami/kubectl:1", "docker.io/bitnami/kubectl:1"],
    ["index.docker.io/library/busybox:1", "docker.io/library/busybox:1"],
    ["index.docker.io/busybox", "docker.io/library/busybox"],
    ["quay.io/okd/x:1", "quay.io/okd/x:1"],
    [`quay.io/okd/x:1@${DIGEST}`, `quay.io/okd/x:1@${DIGEST}`],
    ["localhost/x:1", "localhost/x:1"],
    ["localhost:5001/x:1", "localhost:5001/x:1"],
    ["registry:5000/x:1", "registry:5000/x:1"],
    ["registry/x:1", "docker.io/registry/x:1"],
  ];
  for (const [short, full] of cases) it(`${short} is ${full}`, () => assert.equal(normalized(short), full));

  it("is told from what can be none", () => {
    for (const [short] of cases) assert.ok(isReference(short), short);
    for (const text of ["Catalog", "quay.io/OKD/x:1", "$(params.image)", "a sentence", "", "x:", "x@sha256"]) {
      assert.ok(!isReference(text), text);
    }
  });

  it("is behind the mirror under its full name", () => {
    for (const [short, full] of cases.slice(0, 10)) {
      assert.equal(mirrored(short, "mirror.example:443/proxy/"), `mirror.example:443/proxy/${full}`);
    }
  });

  it("stays as it is without a mirror, of a registry with a port, and behind the mirror already", () => {
    assert.equal(mirrored("busybox:1", undefined), "busybox:1");
    assert.equal(mirrored("busybox:1", ""), "busybox:1");
    for (const own of ["localhost:5001/x:1", "kind-registry:5000/x:1", "localhost/x:1", "mirror.example/quay.io/x:1"]) {
      assert.equal(mirrored(own, "mirror.example"), own);
    }
  });
});
