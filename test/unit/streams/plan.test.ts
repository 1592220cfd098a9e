import assert from "node:assert/strict";
import fc from "fast-check";
import { planLines, planStream } from "../../../components/streams/scos/plan";
import { type BuildSettings } from "../../../components/streams/settings";
import type { Stream } from "../../../components/streams/scos/stream";
import { BASE_NODE, KIND, NEWEST, ONE_STAGE, SETTINGS } from "./samples";

const lines = (
  stream: Stream,
  capabilities: Partial<typeof KIND> = {},
  settings: Partial<BuildSettings> = {},
): string[] => planLines(planStream(stream, { ...KIND, ...capabilities }, { ...SETTINGS, ...settings }));

const RPMS = { rpmsFrom: { image: "quay.io/okd/artifacts:4.20" } };

describe("planStream", () => {
  it("says as data what is built and what is left out", () => {
    assert.deepEqual(planStream(BASE_NODE, KIND, SETTINGS), {
      version: "4.20",
      recipe: "base-node",
      kvm: "none",
      architectures: ["amd64"],
      elsewhere: [],
      missingArchitectures: [],
      rehearsal: false,
      stages: [
        { name: "base image", runs: true },
        { name: "node image", runs: false, note: "OpenShift's RPMs are not built on c9s: name rpmsFrom" },
        { name: "extensions image", runs: false, note: "OpenShift's RPMs are not built on c9s: name rpmsFrom" },
        { name: "tests", runs: false, note: "no node offers KVM; kvm: emulate does without, slowly" },
        { name: "boot images", runs: false, note: "no node offers KVM; kvm: emulate does without, slowly" },
        { name: "push of images", runs: true, note: "to kind-registry:5000/okd" },
        { name: "upload of boot images", runs: false, note: "there are none" },
        { name: "notification", runs: false, note: "the stack names no matrix" },
      ],
    });
  });

  it("uses the node's device only where a stage needs it", () => {
    const kvm = (stream: Stream) => planStream(stream, { ...KIND, kvm: true }, SETTINGS).kvm;
    assert.equal(kvm(BASE_NODE), "device");
    assert.equal(kvm({ ...BASE_NODE, tests: false }), "device");
    assert.equal(kvm({ ...BASE_NODE, tests: false, bootImages: false }), "none");
    assert.equal(kvm({ ...ONE_STAGE, tests: false, bootImages: false }), "device");
  });

  it("takes the recipe that a stream names over that of its version", () => {
    assert.equal(planStream({ ...BASE_NODE, recipe: "one-stage" }, KIND, SETTINGS).recipe, "one-stage");
  });

  describe("whatever it is given", () => {
    const stream = fc.record({
      sample: fc.constantFrom(BASE_NODE, ONE_STAGE),
      rpms: fc.boolean(),
      tests: fc.boolean(),
      bootImages: fc.boolean(),
      architectures: fc.option(fc.subarray(["amd64", "arm64", "s390x"], { minLength: 1 }), { nil: undefined }),
    });
    const settings = fc.record({
      kvm: fc.constantFrom("auto" as const, "emulate" as const, "none" as const),
      push: fc.record({ enabled: fc.boolean() }),
      registry: fc.constantFrom(undefined, SETTINGS.registry),
      s3: fc.constantFrom(undefined, { bucket: "b", endpoint: "https://s3.example", secret: "s3" }),
      matrix: fc.constantFrom(undefined, { room: "!r:example", endpoint: "https://m.example", secret: "m" }),
      rehearsal: fc.boolean(),
      elsewhere: fc.option(fc.subarray(["arm64", "s390x"]), { nil: undefined }),
    });
    const capabilities = fc.record({
      architectures: fc.subarray(["amd64", "arm64", "ppc64le"], { minLength: 1 }),
      kvm: fc.boolean(),
    });
    const plans = fc.tuple(stream, capabilities, settings).map(([{ sample, rpms, ...rest }, has, wants]) => ({
      has,
      wants,
      plan: planStream({ ...sample, ...rest, ...(rpms && RPMS) }, has, wants),
    }));

    it("gives a reason for every stage that is left out", () => {
      fc.assert(
        fc.property(plans, ({ plan }) => {
          for (const { runs, note } of plan.stages) {
            assert.ok(runs || note);
          }
        }),
      );
    });

    it("builds on architectures alone that the cluster has, and none is lost", () => {
      fc.assert(
        fc.property(plans, ({ has, plan }) => {
          assert.ok(plan.architectures.every((architecture) => has.architectures.includes(architecture)));
          assert.ok(plan.missingArchitectures.every((architecture) => !has.architectures.includes(architecture)));
        }),
      );
    });

    it("has each architecture built by one cluster", () => {
      fc.assert(
        fc.property(plans, ({ wants, plan }) => {
          const all = [...plan.architectures, ...plan.elsewhere, ...plan.missingArchitectures];
          assert.equal(new Set(all).size, all.length);
          assert.ok(plan.elsewhere.every((architecture) => wants.elsewhere!.includes(architecture)));
          assert.ok(!plan.architectures.some((architecture) => wants.elsewhere?.includes(architecture)));
        }),
      );
    });

    it("asks for the device only where it is, and never in a rehearsal", () => {
      fc.assert(
        fc.property(plans, ({ has, wants, plan }) => {
          assert.ok(plan.kvm !== "device" || (has.kvm && !wants.rehearsal && wants.kvm !== "none"));
          assert.ok(plan.kvm !== "emulated" || wants.rehearsal || wants.kvm === "emulate");
        }),
      );
    });

    it("uploads and notifies only where the stack names a Secret", () => {
      fc.assert(
        fc.property(plans, ({ wants, plan }) => {
          const runs = (name: string): boolean => plan.stages.some((stage) => stage.name === name && stage.runs);
          const taken = wants.s3 !== undefined || runs("push of images");
          assert.equal(runs("upload of boot images"), taken && runs("boot images") && plan.stages[0]!.runs);
          assert.equal(runs("notification"), wants.matrix !== undefined && plan.stages[0]!.runs);
          assert.ok(!runs("push of images") || (wants.push.enabled && wants.registry));
        }),
      );
    });
  });
});

describe("planLines", () => {
  const cases: [what: string, actual: () => string[], expected: string[]][] = [
    [
      "a first run on KinD",
      () => lines(BASE_NODE),
      [
        "SCOS 4.20: built on amd64: base image, push of images (to kind-registry:5000/okd)",
        "SCOS 4.20: left out: node image, extensions image (OpenShift's RPMs are not built on c9s: name rpmsFrom)",
        "SCOS 4.20: left out: tests, boot images (no node offers KVM; kvm: emulate does without, slowly)",
        "SCOS 4.20: left out: upload of boot images (there are none)",
        "SCOS 4.20: left out: notification (the stack names no matrix)",
      ],
    ],
    [
      "an architecture of another cluster",
      () => lines(BASE_NODE, {}, { elsewhere: ["arm64"] }).slice(0, 2),
      [
        "SCOS 4.20: built on amd64: base image, push of images (to kind-registry:5000/okd)",
        "SCOS 4.20: built by other clusters: arm64",
      ],
    ],
    [
      "other clusters' architectures alone",
      () => lines({ ...BASE_NODE, architectures: ["arm64"] }, {}, { elsewhere: ["arm64"] }).slice(0, 2),
      ["SCOS 4.20: nothing is built here", "SCOS 4.20: built by other clusters: arm64"],
    ],
    [
      "everything that can be had",
      () =>
        lines(
          { ...BASE_NODE, ...RPMS, architectures: ["amd64", "arm64"] },
          { kvm: true, architectures: ["amd64", "arm64"] },
          {
            push: { enabled: true, repository: "quay.io/okd" },
            s3: { bucket: "okd-scos", endpoint: "https://s3.amazonaws.com", secret: "okd-s3-config" },
            matrix: { room: "!okd:example", endpoint: "https://matrix.org", secret: "bot" },
          },
        ),
      [
        "SCOS 4.20: built on amd64, arm64: base image, node image, extensions image, tests, boot images, push of images (to quay.io/okd), upload of boot images (to bucket okd-scos), notification (to !okd:example)",
      ],
    ],
    [
      "one-stage without KVM",
      () => lines(ONE_STAGE),
      [
        "SCOS 4.18: nothing is built",
        "SCOS 4.18: left out: operating system, extensions image, tests, boot images (coreos-assembler builds in a virtual machine, and no node offers KVM; kvm: emulate does without, slowly)",
      ],
    ],
    [
      "a rehearsal of one-stage",
      () => lines(ONE_STAGE, {}, { rehearsal: true }),
      [
        "SCOS 4.18: rehearsal: no operating system was built",
        "SCOS 4.18: built on amd64: operating system (by stand-ins; RPMs need a token of Red Hat's mirror or an image of yours, and the builder image may be gone), extensions image (by stand-ins), tests (by stand-ins), boot images (by stand-ins), push of images (to kind-registry:5000/okd), upload of boot images (to kind-registry:5000/okd, each as an image)",
        "SCOS 4.18: left out: notification (the stack names no matrix)",
      ],
    ],
    [
      "boot images that are uploaded nowhere",
      () => lines(BASE_NODE, { kvm: true }, { push: { enabled: false } }).slice(-2, -1),
      [
        "SCOS 4.20: left out: upload of boot images (the stack names no s3 and pushes nothing: they go with the run's volume)",
      ],
    ],
    [
      "what a stream and a stack do not want",
      () =>
        lines(
          { ...BASE_NODE, ...RPMS, tests: false, bootImages: false, architectures: ["amd64", "s390x"] },
          { kvm: true },
          {
            push: { enabled: false },
            s3: { bucket: "okd-scos", endpoint: "https://s3.amazonaws.com", secret: "okd-s3-config" },
          },
        ),
      [
        "SCOS 4.20: built on amd64: base image, node image, extensions image",
        "SCOS 4.20: left out: s390x (no node has this architecture)",
        "SCOS 4.20: left out: tests (the stream's tests is false)",
        "SCOS 4.20: left out: boot images (the stream's bootImages is false)",
        "SCOS 4.20: left out: push of images (push.enabled is false)",
        "SCOS 4.20: left out: upload of boot images (there are none)",
        "SCOS 4.20: left out: notification (the stack names no matrix)",
      ],
    ],
    [
      "a cluster without the architecture",
      () => lines({ ...BASE_NODE, architectures: ["s390x"] }).slice(0, 2),
      ["SCOS 4.20: nothing is built", "SCOS 4.20: left out: s390x (no node has this architecture)"],
    ],
    [
      "what is emulated",
      () => lines(BASE_NODE, {}, { kvm: "emulate" }).slice(0, 1),
      [
        "SCOS 4.20: built on amd64: base image, tests (emulated without KVM: slow), boot images (emulated without KVM: slow), push of images (to kind-registry:5000/okd), upload of boot images (to kind-registry:5000/okd, each as an image)",
      ],
    ],
    [
      "kvm switched off",
      () => lines(BASE_NODE, { kvm: true }, { kvm: "none", rehearsal: true }).slice(3, 4),
      ["SCOS 4.20: left out: tests, boot images (the stack's kvm is none)"],
    ],
    [
      "a stack without registry",
      () => lines(BASE_NODE, {}, { registry: undefined }).slice(3, 4),
      ["SCOS 4.20: left out: push of images (the stack has no registry: name push.repository)"],
    ],
  ];
  const NEEDED = "amd64: base image, RPMs (of their public sources), node image, extensions image, push of images";
  cases.push(
    [
      "RPMs that are built without any Secret, where nothing else is said",
      () => lines(NEWEST).slice(0, 1),
      [`SCOS 5.0: built on ${NEEDED} (to kind-registry:5000/okd)`],
    ],
    [
      "RPMs that are built, but have no registry to go through",
      () => lines(NEWEST, {}, { registry: undefined }).slice(0, 2),
      [
        "SCOS 5.0: built on amd64: base image",
        "SCOS 5.0: left out: RPMs, node image, extensions image (RPMs are built into a registry, and the stack has none: name push.repository)",
      ],
    ],
    [
      "a stream that goes without RPMs",
      () => lines({ ...NEWEST, rpmsFrom: { build: false } }).slice(1, 2),
      ["SCOS 5.0: left out: node image, extensions image (the stream's rpmsFrom.build is false)"],
    ],
    [
      "a variant that upstream does not build a version on",
      () => lines({ ...NEWEST, variant: "c9s" }).slice(0, 1),
      [
        "SCOS 5.0: built on amd64: base image (on c9s, where upstream builds 5.0 on c10s), push of images (to kind-registry:5000/okd)",
      ],
    ],
  );
  for (const [what, actual, expected] of cases) {
    it(`tells of ${what}`, () => {
      assert.deepEqual(actual(), expected);
    });
  }
});
