import assert from "node:assert/strict";
import { decide, decideKvm } from "../../../components/platform/decide";
import type { Found } from "../../../components/platform/found";
import type { Mode } from "../../../components/platform/part";

const THERE = { product: "Tekton Pipelines", namespace: "tekton-pipelines" };
const FOUND = {
  nothing: undefined,
  own: { ...THERE, version: "1.9.0", stack: "kind" },
  "another stack's": { ...THERE, version: "1.15.0", stack: "moc" },
  "foreign, new": { ...THERE, version: "1.12.0" },
  "foreign, just enough": { ...THERE, version: "1.0.0" },
  "foreign, old": { ...THERE, version: "0.68.1" },
  "foreign, unknown": THERE,
} satisfies Record<string, Found | undefined>;

const USE = (version?: string) => ({ action: "use", version, namespace: "tekton-pipelines" });
const NONE = { action: "none" };
const INSTALL = { action: "install" };
const refuse = (reason: string) => ({ action: "refuse", reason });

describe("decide", () => {
  const table: [Mode, keyof typeof FOUND, object][] = [
    ["none", "nothing", NONE],
    ["none", "own", NONE],
    ["none", "foreign, old", NONE],
    ["install", "nothing", INSTALL],
    ["install", "own", INSTALL],
    [
      "install",
      "another stack's",
      refuse(
        "platform.tektonPipelines.mode is install, but the cluster has Tekton Pipelines 1.15.0 already (of stack moc): set the mode to auto or use, or remove it there.",
      ),
    ],
    [
      "install",
      "foreign, new",
      refuse(
        "platform.tektonPipelines.mode is install, but the cluster has Tekton Pipelines 1.12.0 already: set the mode to auto or use, or remove it there.",
      ),
    ],
    [
      "install",
      "foreign, unknown",
      refuse(
        "platform.tektonPipelines.mode is install, but the cluster has Tekton Pipelines already: set the mode to auto or use, or remove it there.",
      ),
    ],
    [
      "use",
      "nothing",
      refuse(
        "platform.tektonPipelines.mode is use, but the cluster has no Tekton Pipelines: install it there, or set the mode to install.",
      ),
    ],
    [
      "use",
      "own",
      refuse(
        "platform.tektonPipelines.mode is use, but the cluster's Tekton Pipelines is this stack's own: set the mode to install or auto.",
      ),
    ],
    ["use", "another stack's", USE("1.15.0")],
    ["use", "foreign, new", USE("1.12.0")],
    [
      "use",
      "foreign, old",
      refuse(
        "platform.tektonPipelines: the cluster has Tekton Pipelines 0.68.1 already, but at least 1.0.0 is needed: update it there.",
      ),
    ],
    ["use", "foreign, unknown", USE(undefined)],
    ["auto", "nothing", INSTALL],
    ["auto", "own", INSTALL],
    ["auto", "another stack's", USE("1.15.0")],
    ["auto", "foreign, new", USE("1.12.0")],
    ["auto", "foreign, just enough", USE("1.0.0")],
    [
      "auto",
      "foreign, old",
      refuse(
        "platform.tektonPipelines: the cluster has Tekton Pipelines 0.68.1 already, but at least 1.0.0 is needed: update it there.",
      ),
    ],
    [
      "auto",
      "foreign, unknown",
      refuse(
        "platform.tektonPipelines: the cluster has Tekton Pipelines already, of a version that cannot be told: set the mode to use if it is 1.0.0 or newer.",
      ),
    ],
  ];
  for (const [mode, found, expected] of table) {
    it(`${mode}, ${found}`, () => {
      assert.deepEqual(decide("tektonPipelines", { mode }, FOUND[found], "kind"), expected);
    });
  }

  it("judges an operator by its own numbers", () => {
    const gitOps = { product: "OpenShift GitOps", minimum: "1.17.0", namespace: "openshift-gitops" };
    assert.deepEqual(decide("argoCd", { mode: "auto" }, { ...gitOps, version: "1.20.1" }, "kind"), {
      action: "use",
      version: "1.20.1",
      namespace: "openshift-gitops",
    });
    assert.deepEqual(
      decide("argoCd", { mode: "auto" }, { ...gitOps, version: "1.16.4" }, "kind"),
      refuse(
        "platform.argoCd: the cluster has OpenShift GitOps 1.16.4 already, but at least 1.17.0 is needed: update it there.",
      ),
    );
  });

  it("refuses to install what is too old for the pipelines", () => {
    assert.deepEqual(
      decide("tektonPipelines", { mode: "install", version: "0.70.0" }, undefined, "kind"),
      refuse("platform.tektonPipelines.version is 0.70.0, but at least 1.0.0 is needed."),
    );
  });
});

describe("decideKvm", () => {
  const foreign = { product: "devices.kubevirt.io/kvm", namespace: "kvm-device-plugin" };
  const own = { ...foreign, stack: "kind" };
  const table: [Mode, boolean, Found | undefined, object][] = [
    ["none", true, undefined, NONE],
    ["none", true, own, NONE],
    ["auto", false, undefined, NONE],
    ["auto", true, undefined, INSTALL],
    ["auto", true, own, INSTALL],
    ["auto", true, foreign, { action: "use" }],
    ["install", false, undefined, INSTALL],
    ["install", true, own, INSTALL],
    [
      "install",
      true,
      foreign,
      refuse(
        "platform.kvmDevicePlugin is install, but nodes offer devices.kubevirt.io/kvm already: set it to auto or use.",
      ),
    ],
    ["use", true, foreign, { action: "use" }],
    [
      "use",
      true,
      undefined,
      refuse("platform.kvmDevicePlugin is use, but no node offers devices.kubevirt.io/kvm: set it to auto or install."),
    ],
  ];
  for (const [mode, kvm, found, expected] of table) {
    const there = found === undefined ? "nothing" : found.stack === undefined ? "foreign" : "own";
    it(`${mode}, ${kvm ? "KVM" : "no KVM"}, ${there}`, () => {
      assert.deepEqual(decideKvm(mode, kvm, found, "kind"), expected);
    });
  }
});
