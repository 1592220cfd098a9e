import assert from "node:assert/strict";
import fc from "fast-check";
import { imageTag, recipeOf, requireSoundStreams, settled, streamName } from "../../../components/streams/scos/stream";
import { BASE_NODE, ONE_STAGE } from "./samples";

const VERSION = fc.tuple(fc.nat(20), fc.nat(99)).map((numbers) => numbers.join("."));
const ARCHITECTURE = fc.constantFrom("amd64", "arm64", "ppc64le", "s390x");

describe("recipeOf", () => {
  const cases: [version: string, recipe: string][] = [
    ["4.9", "one-stage"],
    ["4.18", "one-stage"],
    ["4.19", "base-node"],
    ["4.20", "base-node"],
    ["4.100", "base-node"],
    ["5.0", "base-node"],
    ["3.11", "one-stage"],
    ["3.99", "one-stage"],
  ];
  for (const [version, recipe] of cases) {
    it(`builds ${version} by ${recipe}`, () => {
      assert.equal(recipeOf(version), recipe);
    });
  }

  it("never goes back to one-stage in a later version", () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(99), fc.nat(99), (major, minor, more) => {
        fc.pre(recipeOf(`${major}.${minor}`) === "base-node");
        assert.equal(recipeOf(`${major}.${minor + more}`), "base-node");
        assert.equal(recipeOf(`${major + 1}.0`), "base-node");
      }),
    );
  });
});

describe("settled", () => {
  const cases: [version: string, variant: string, builds: boolean][] = [
    ["4.18", "okd-c9s", false],
    ["4.19", "c9s", false],
    ["4.20", "c9s", false],
    ["4.21", "c10s", true],
    ["5.0", "c10s", true],
  ];
  for (const [version, variant, builds] of cases) {
    it(`${builds ? "builds the RPMs of" : "has no RPMs for"} ${version} on ${variant}`, () => {
      const { base, node } = BASE_NODE;
      const stream = settled({ ...BASE_NODE, version, variant: undefined, base, node });
      assert.deepEqual([stream.variant, stream.rpmsFrom], [variant, builds ? { build: true } : undefined]);
    });
  }

  it("leaves what is named", () => {
    const named = { ...BASE_NODE, version: "5.0", variant: "c9s", rpmsFrom: { secret: "rpms" } };
    assert.deepEqual(settled(named), { ...named, recipe: "base-node" });
  });
});

describe("streamName", () => {
  it("names version and architecture", () => {
    assert.equal(streamName({ version: "4.20" }, "arm64"), "okd-coreos-4-20-arm64");
  });

  it("is a name that Kubernetes takes, and never the same for two", () => {
    fc.assert(
      fc.property(VERSION, ARCHITECTURE, VERSION, ARCHITECTURE, (version, architecture, other, otherArchitecture) => {
        const name = streamName({ version }, architecture);
        assert.match(name, /^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/);
        assert.equal(
          name === streamName({ version: other }, otherArchitecture),
          version === other && architecture === otherArchitecture,
        );
      }),
    );
  });
});

describe("imageTag", () => {
  it("has the kernel's name of the architecture, as the pipeline pushes it", () => {
    assert.equal(imageTag({ version: "4.20" }, "amd64", false), "4.20-x86_64");
    assert.equal(imageTag({ version: "4.20" }, "arm64", false), "4.20-aarch64");
    assert.equal(imageTag({ version: "4.20" }, "s390x", false), "4.20-s390x");
  });

  it("says what is a rehearsal", () => {
    assert.equal(imageTag({ version: "4.20" }, "amd64", true), "4.20-x86_64-rehearsal");
  });
});

describe("requireSoundStreams", () => {
  it("accepts different versions", () => {
    requireSoundStreams([BASE_NODE, ONE_STAGE]);
  });

  it("refuses a version that is there twice", () => {
    assert.throws(() => requireSoundStreams([BASE_NODE, ONE_STAGE, { ...BASE_NODE, variant: "c10s" }]), {
      name: "UserError",
      message: "streams[2].version: 4.20 is there already; a stack builds a version once.",
    });
  });

  it("refuses to build RPMs where they would not be for that base", () => {
    assert.throws(() => requireSoundStreams([{ ...BASE_NODE, rpmsFrom: { build: true } }]), {
      name: "UserError",
      message:
        "streams[0].rpmsFrom.build: RPMs are built on CentOS Stream 10 alone, and 4.20 is built on c9s; name an image or a Secret.",
    });
    requireSoundStreams([{ ...BASE_NODE, rpmsFrom: { build: false } }]);
  });

  it("refuses a base-node stream without a base", () => {
    assert.throws(() => requireSoundStreams([{ ...BASE_NODE, base: undefined }]), {
      name: "UserError",
      message: "streams[0].base: 4.20 is layered on a base image; name its repository and branch.",
    });
  });
});
