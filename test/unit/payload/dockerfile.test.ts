import assert from "node:assert/strict";
import { referencesIn } from "../../../components/programs/payload/dockerfile";
import { type Known, resolveReference, Unresolved } from "../../../components/programs/payload/inputs";

describe("images that a Dockerfile names", () => {
  it("are those of FROM, COPY and mounts, without its own stages, with the line", () => {
    const text = [
      "# FROM comment",
      "ARG BUILDER=registry.example/go:1",
      "ARG OTHER",
      "FROM --platform=$BUILDPLATFORM ${BUILDER} AS builder",
      "ARG BUILDER=not-this",
      "RUN make \\",
      "  # in between",
      "  build && echo FROM x",
      "COPY <<EOF /x",
      "FROM heredoc",
      "EOF",
      'from "registry.example/base:1" as last',
      "FROM builder",
      "FROM scratch",
      "FROM $OTHER",
      "COPY --chown=1 --from=builder /a /a",
      "COPY --from=0 /a /a",
      "COPY --from=registry.example/cli:1 /a /a",
      "RUN --mount=type=bind,from=registry.example/mounted:1,target=/x ls",
    ].join("\n");
    assert.deepEqual(
      referencesIn(text, { OTHER: "registry.example/other:1" }),
      [
        ["registry.example/go:1", 4, false],
        ["registry.example/base:1", 12, false],
        ["registry.example/other:1", 15, true],
        ["registry.example/cli:1", 18, false],
        ["registry.example/mounted:1", 19, false],
      ].map(([image, line, last]) => ({ image, line, last })),
    );
  });
});

describe("what takes the place of an image", () => {
  const digest = `@sha256:${"1".repeat(64)}`;
  const known: Known = {
    substitutions: [
      { pattern: "^registry\\.ci\\.openshift\\.org/ocp/builder:rhel-9-golang-.*$", becomes: "golang" },
      {
        pattern: "^registry\\.ci\\.openshift\\.org/(ocp|origin)/[0-9]+\\.[0-9]+:base(-rhel9(-minimal)?)?$",
        becomes: "base-stream9",
      },
      { pattern: "^registry\\.ci\\.openshift\\.org/ocp/[0-9]+\\.[0-9]+:(?<component>.+)$", becomes: "<component>" },
    ],
    builders: { golang: "registry.example/golang:1" },
    replaced: { cli: "built", tools: { image: `quay.io/me/tools${digest}` } },
    base: { cli: "quay.io/okd/cli@sha256:0", tools: "x", etcd: `quay.io/okd/etcd${digest}` },
    parents: { "base-stream9": "quay.io/openshift/origin-base-stream9:4.22" },
  };
  const resolve = (image: string, more: Partial<Known> = {}, component = "console") =>
    resolveReference(component, { image, line: 7, last: false }, "Dockerfile.ocp", { ...known, ...more });
  const ci = "registry.ci.openshift.org/ocp";

  it("is a builder as root, a component that is built, the one replaced by an image, the base's, or a published parent", () => {
    assert.deepEqual(resolve(`${ci}/builder:rhel-9-golang-1.25-openshift-4.22`), {
      image: "registry.example/golang:1",
      root: true,
    });
    assert.deepEqual(resolve(`${ci}/4.22:cli`), { component: "cli" });
    assert.deepEqual(resolve(`${ci}/4.22:tools`), { image: `quay.io/me/tools${digest}` });
    assert.deepEqual(resolve(`${ci}/4.22:etcd`), { image: `quay.io/okd/etcd${digest}` });
  });

  it("goes by pattern: what names an older version gets this one's", () => {
    for (const image of [
      `${ci}/4.19:base-rhel9`,
      `${ci}/4.22:base-rhel9-minimal`,
      "registry.ci.openshift.org/origin/4.21:base",
    ]) {
      assert.deepEqual(resolve(image), { image: "quay.io/openshift/origin-base-stream9:4.22" });
    }
  });

  it("is the image itself where it is named by digest", () => {
    assert.deepEqual(resolve(`quay.io/me/own${digest}`), { image: `quay.io/me/own${digest}` });
  });

  it("is for a Dockerfile that names its own component what the row says", () => {
    const from = "quay.io/centos/centos:stream9";
    assert.deepEqual(resolve(`${ci}/4.22:base-rhel9`, { from }, "base-stream9"), { image: from });
    assert.throws(
      () => resolve(`${ci}/4.22:cli`, {}, "cli"),
      new Unresolved(
        `cli: Dockerfile.ocp, line 7: ${ci}/4.22:cli is the component itself, which cannot stand on itself: say what it stands on (from)`,
      ),
    );
  });

  it("is named with file, line and reference where there is none", () => {
    const at = "console: Dockerfile.ocp, line 7:";
    for (const [image, end] of [
      [
        "docker.io/library/golang:1.25",
        " is covered by no pattern of pipelines/payload/data/components.yaml and names no digest: name the image by digest there",
      ],
      [`${ci}/4.22:nothing`, " means nothing, which neither the base release nor the table has"],
      ["registry.example/$NAME", " has no value: give the argument (arguments)"],
    ] as const) {
      assert.throws(() => resolve(image), new Unresolved(`${at} ${image}${end}`));
    }
  });
});
