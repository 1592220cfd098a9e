import assert from "node:assert/strict";
import { parseImages, resolveImages, unusedImages } from "../../../components/pipelines/images";
import { tasksOf } from "../../../components/pipelines/source";
import { smallSet } from "./small-set";

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("parseImages", () => {
  it("reads names and references", () => {
    const text = `# comment\nbuilder: quay.io/okd/builder:v1.2-3\npinned: localhost:5001/a/b@${DIGEST}\nboth: a.b/c:1@${DIGEST}\n`;
    assert.deepEqual(parseImages(text, "images.yaml"), {
      builder: "quay.io/okd/builder:v1.2-3",
      pinned: `localhost:5001/a/b@${DIGEST}`,
      both: `a.b/c:1@${DIGEST}`,
    });
  });

  const faults: [what: string, text: string, message: string | RegExp][] = [
    [
      "`latest`",
      "\na: quay.io/b/c:latest",
      "images.yaml:2: image a is quay.io/b/c:latest; `latest` is another image every day: write a tag or a digest.",
    ],
    [
      "a missing tag",
      "a: quay.io:443/b/c",
      "images.yaml:1: image a is quay.io:443/b/c, which has neither tag nor digest; add one.",
    ],
    [
      "a missing registry",
      "a: busybox:1",
      "images.yaml:1: image a is busybox:1, which names no registry; write registry/repository:tag.",
    ],
    [
      "a repository without registry",
      "a: library/busybox:1",
      "images.yaml:1: image a is library/busybox:1, which names no registry; write registry/repository:tag.",
    ],
    [
      "a short digest",
      "a: quay.io/b/c@sha256:12",
      "images.yaml:1: image a is quay.io/b/c@sha256:12, which has neither tag nor digest; add one.",
    ],
    [
      "a name in capitals",
      "Builder: quay.io/b/c:1",
      "images.yaml:1: image Builder has a name that is not lower-case words and dashes.",
    ],
    ["a nested map", "a:\n  b: c", "images.yaml:1: a has to be `name: registry/repository:tag`."],
    ["a list", "- a", "images.yaml:1: this file has to be `name: registry/repository:tag`."],
    ["broken YAML", "a: {", /^images\.yaml:1: this is no valid YAML: .+\.$/],
  ];
  for (const [what, text, message] of faults) {
    it(`refuses ${what}, and says where`, () => {
      assert.throws(() => parseImages(text, "images.yaml"), { name: "UserError", message });
    });
  }
});

describe("resolveImages", () => {
  const images = { builder: "quay.io/okd/builder:1", registry: "docker.io/library/registry:2" };

  it("leaves them as they are by default", () => {
    assert.deepEqual(resolveImages(images), images);
  });

  it("puts the mirror before all but the overridden ones", () => {
    assert.deepEqual(resolveImages(images, { builder: "localhost:5001/lab/tools:1" }, "mirror.example/proxy/"), {
      builder: "localhost:5001/lab/tools:1",
      registry: "mirror.example/proxy/docker.io/library/registry:2",
    });
  });

  it("leaves one of a registry with a port, which no mirror's path can hold", () => {
    const own = { builder: "registry.example:5000/okd/builder:1", other: "quay.io/okd/other:2" };
    assert.deepEqual(resolveImages(own, {}, "mirror.example"), {
      builder: "registry.example:5000/okd/builder:1",
      other: "mirror.example/quay.io/okd/other:2",
    });
  });

  it("takes an override that only this machine's container engine knows", () => {
    assert.equal(resolveImages(images, { builder: "lab/registry:1" }).builder, "lab/registry:1");
  });

  it("refuses to override an image that is not there", () => {
    assert.throws(() => resolveImages(images, { bilder: "a.b/c:1" }), {
      name: "UserError",
      message: "images.bilder: there is no such image; pipelines/images.yaml has builder, registry.",
    });
  });

  it("refuses to override with `latest`", () => {
    assert.throws(() => resolveImages(images, { builder: "a.b/c:latest" }), {
      name: "UserError",
      message: "images.builder is a.b/c:latest; `latest` is another image every day: write a tag or a digest.",
    });
  });
});

describe("unusedImages", () => {
  it("names those that neither a step, a sidecar nor anything else uses", () => {
    const images = { builder: "", registry: "", platform: "", old: "" };
    assert.deepEqual(unusedImages(images, tasksOf(smallSet()), ["platform"]), ["old"]);
  });
});
