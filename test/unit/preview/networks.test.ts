import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Manifest } from "../../../components/kubernetes/object";
import { recordedOf } from "./everything";

const WITHOUT_EVENTS = `
config:
  okd-streams:cluster: { type: existing }
  okd-streams:platform:
    registry: { mode: install }
    kvmDevicePlugin: install
  okd-streams:streams:
    - version: "5.0"
      base: { repository: "https://github.com/coreos/rhel-coreos-config", branch: main }
      node: { repository: "https://github.com/openshift/os", branch: release-5.0 }
`;

/** Namespaces whose Pods are ours: those of Tekton, Triggers and Argo CD are their projects' own. */
const OURS = /^(okd-|kvm-device-plugin$)/;
/** What is there to be connected to. */
const OPEN: Record<string, object[]> = { "okd-registry": [{ ports: [{ port: 5000 }] }] };

describe("networks of a stack's namespaces", () => {
  const folder = mkdtempSync(join(tmpdir(), "okd-streams-networks-"));
  after(() => rmSync(folder, { recursive: true }));
  const small = join(folder, "stack.yaml");
  writeFileSync(small, WITHOUT_EVENTS);

  for (const [name, file, expected] of [
    [
      "with everything",
      join(__dirname, "privileges/stack.yaml"),
      ["kvm-device-plugin", "okd-certification", "okd-coreos", "okd-payload", "okd-release"],
    ],
    ["without events", small, ["kvm-device-plugin", "okd-coreos", "okd-registry"]],
  ] as const) {
    it(`let nobody in or out but whom a policy names: ${name}`, async () => {
      const { resources } = await recordedOf(file);
      const objects = resources.map(({ inputs }) => inputs as unknown as Manifest);
      const namespaces = objects
        .filter(({ kind, metadata }) => kind === "Namespace" && OURS.test(metadata.name))
        .map(({ metadata }) => metadata.name);
      assert.deepEqual(namespaces.sort(), expected);
      for (const namespace of namespaces) {
        const denying = objects
          .filter(({ kind, metadata }) => kind === "NetworkPolicy" && metadata.namespace === namespace)
          .map(({ spec }) => spec as { podSelector: object; policyTypes: string[]; ingress?: object[] })
          .filter(({ podSelector, policyTypes }) => Object.keys(podSelector).length === 0 && policyTypes.length === 2);
        assert.equal(denying.length, 1, namespace);
        assert.deepEqual(denying[0]!.ingress, OPEN[namespace], namespace);
      }
    });
  }
});
