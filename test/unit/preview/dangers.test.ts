import assert from "node:assert/strict";
import { PROVIDER_TYPES, replacingInputs } from "../../../components/providers";
import { compare } from "../../../stacks/preview/compare";
import { dangersOf } from "../../../stacks/preview/dangers";
import type { ComparableResource, PreviewResource } from "../../../stacks/preview/json";

type Inputs = Record<string, unknown>;

const STACK = { urn: "stack", type: "pulumi:pulumi:Stack", name: "okd-streams-moc", inputs: {} };
const PROVIDER = {
  urn: "provider",
  type: "pulumi:providers:kubernetes",
  name: "kubernetes",
  parent: "stack",
  inputs: { clusterIdentifier: "one", enableConfigMapMutable: "true" },
};

function one(type: string, inputs: Inputs, more: Partial<ComparableResource> = {}): ComparableResource {
  return { urn: type, type, name: "it", parent: "stack", inputs, ...more };
}

function object(apiVersion: string, kind: string, fields: Inputs): ComparableResource {
  const group = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
  return one(`kubernetes:${group}:${kind}`, { apiVersion, kind, metadata: { name: "it" }, ...fields });
}

const dynamic = (type: string, inputs: Inputs) => one(`pulumi-nodejs:dynamic/okd-streams:${type}`, inputs);

function dangers(before: PreviewResource[], after: ComparableResource[]): [string, string[]][] {
  const preview = <T>(resources: T[]) => ({ stack: "moc", resources: [STACK, PROVIDER, ...resources], outputs: {} });
  return dangersOf(compare(preview(before), preview(after))).map(({ act, because }) => [act, because]);
}

/** Of one resource whose inputs change. */
function changes(of: (inputs: Inputs) => ComparableResource, before: Inputs, after: Inputs): [string, string[]][] {
  return dangers([of(before)], [of(after)]);
}

const spec = (apiVersion: string, kind: string) => (inputs: Inputs) => object(apiVersion, kind, { spec: inputs });
const openstack = (kind: string) => (inputs: Inputs) =>
  one(`openstack:networking/${kind}:${kind[0]!.toUpperCase()}${kind.slice(1)}`, inputs);

describe("what destroys data, leases or running builds", () => {
  const removed: [what: string, resource: ComparableResource][] = [
    ["a namespace", object("v1", "Namespace", {})],
    ["a definition", object("apiextensions.k8s.io/v1", "CustomResourceDefinition", {})],
    ["a Task", object("tekton.dev/v1", "Task", {})],
    ["a volume", object("v1", "PersistentVolumeClaim", {})],
    ["a lease", dynamic("Lease", {})],
    ["a deployment of a machine", dynamic("NodeDeployment", {})],
  ];
  for (const [what, resource] of removed) {
    it(`${what} that is removed`, () => assert.deepEqual(dangers([resource], []), [["removed", []]]));
    it(`${what} that is added is nothing to warn of`, () => assert.deepEqual(dangers([], [resource]), []));
  }

  const replaced: [what: string, found: [string, string[]][], because: string][] = [
    [
      "a volume of another class",
      changes(spec("v1", "PersistentVolumeClaim"), { storageClassName: "a" }, { storageClassName: "b" }),
      "spec.storageClassName",
    ],
    [
      "a cluster with another worker",
      changes((it) => dynamic("KindNodes", it), { workers: 1 }, { workers: 2 }),
      "workers",
    ],
    ["a registry of another name", changes((it) => dynamic("KindRegistry", it), { name: "a" }, { name: "b" }), "name"],
    [
      "a lease of another node",
      changes((it) => dynamic("Lease", it), { source: { node: "a", hours: 1 } }, { source: { node: "b", hours: 1 } }),
      "source.node",
    ],
    [
      "a machine that boots something else",
      changes((it) => dynamic("NodeDeployment", it), { source: { iso: "a" } }, { source: { iso: "b" } }),
      "source.iso",
    ],
    [
      "an installation of another image",
      changes((it) => dynamic("AgentInstallation", it), { image: "a" }, { image: "b" }),
      "image",
    ],
    [
      "a subnet of other addresses",
      changes(openstack("subnet"), { cidr: "10.0.0.0/24" }, { cidr: "10.0.1.0/24" }),
      "cidr",
    ],
    ["an address of another pool", changes(openstack("floatingIp"), { pool: "a" }, { pool: "b" }), "pool"],
    [
      "an account's Task under another name",
      changes(
        ({ name }) =>
          one("kubernetes:tekton.dev/v1:Task", { apiVersion: "tekton.dev/v1", kind: "Task", metadata: { name } }),
        { name: "a" },
        { name: "b" },
      ),
      "metadata.name",
    ],
    [
      "another cluster behind the provider",
      changes((it) => one("pulumi:providers:kubernetes", it), { clusterIdentifier: "a" }, { clusterIdentifier: "b" }),
      "clusterIdentifier",
    ],
  ];
  for (const [what, found, because] of replaced) {
    it(`${what} is made anew`, () => assert.deepEqual(found, [["replaced", [because]]]));
  }

  it("nodes that are told something else are drained, also when it is new", () => {
    const told = spec("machineconfiguration.openshift.io/v1", "MachineConfig");
    assert.deepEqual(changes(told, { a: 1 }, { a: 2 }), [["changed", ["spec.a"]]]);
    assert.deepEqual(dangers([], [told({ a: 1 })]), [["added", []]]);
  });

  it("what Kubernetes refuses is said, and destroys nothing", () => {
    const claim = spec("v1", "PersistentVolumeClaim");
    const before = { volumeMode: "Filesystem", storageClassName: "a" };
    const after = { volumeMode: "Block", storageClassName: "b" };
    assert.deepEqual(changes(claim, before, after), [["refused", ["spec.volumeMode"]]]);
  });

  const harmless: [what: string, found: [string, string[]][]][] = [
    [
      "a larger volume",
      changes(
        spec("v1", "PersistentVolumeClaim"),
        { resources: { requests: { storage: "1Gi" } } },
        { resources: { requests: { storage: "2Gi" } } },
      ),
    ],
    [
      "a lease's other hours",
      changes((it) => dynamic("Lease", it), { source: { node: "a", hours: 1 } }, { source: { node: "a", hours: 2 } }),
    ],
    ["a new step", changes(spec("tekton.dev/v1", "Task"), { steps: [] }, { steps: [{ name: "a" }] })],
  ];
  for (const [what, found] of harmless) it(`not ${what}`, () => assert.deepEqual(found, []));

  it("a ConfigMap's data change in place where the provider says so, a Secret's do not", () => {
    const of = (kind: string) => {
      const [before, after] = ["a", "b"].map((value) => object("v1", kind, { data: { key: value } }));
      const preview = (it: ComparableResource) => ({ stack: "moc", resources: [STACK, PROVIDER, it], outputs: {} });
      return compare(preview(before!), preview(after!)).components[0]!.changed[0]!.replacedBy;
    };
    assert.deepEqual([of("ConfigMap"), of("Secret")], [[], ["data.key"]]);
  });
});

describe("what is the same", () => {
  const same = (before: ComparableResource, after: ComparableResource) => {
    const preview = (it: ComparableResource) => ({ stack: "moc", resources: [STACK, it], outputs: {} });
    const { components, unchanged } = compare(preview(before), preview(after));
    return [components, unchanged];
  };

  it("keys in another order", () => {
    const [a, b] = [
      { a: 1, b: { c: 1, d: 2 } },
      { b: { d: 2, c: 1 }, a: 1 },
    ];
    assert.deepEqual(same(object("v1", "ConfigMap", a), object("v1", "ConfigMap", b)), [[], 2]);
  });

  it("a resource that says what it was called", () => {
    const before = one("okd-streams:platform:Release", {}, { urn: "former" });
    const after = one("okd-streams:platform:InstalledPart", {}, { urn: "now", aliases: ["other", "former"] });
    assert.deepEqual(same(before, after), [[], 2]);
    assert.equal((same(before, { ...after, aliases: ["other"] })[0] as unknown[]).length, 1);
  });

  it("what others fill in", () => {
    const hook = (caBundle: string) =>
      object("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", {
        webhooks: [{ name: "a", clientConfig: { caBundle } }],
      });
    const ignored = ["webhooks[*].rules", "webhooks[*].clientConfig.caBundle"];
    assert.deepEqual(same(hook("old"), { ...hook("new"), ignored }), [[], 2]);
    assert.equal((same(hook("old"), hook("new"))[0] as unknown[]).length, 1);
  });
});

describe("the inputs that make another resource", () => {
  it("are said by the module of every dynamic resource, or there are none", () => {
    const known = Object.fromEntries(PROVIDER_TYPES.map((type) => [type, [...replacingInputs(type)]]));
    const none = Object.keys(known).filter((type) => known[type]!.length === 0);
    assert.deepEqual(none, ["ClaimsReleased", "DnsRecords", "Guard", "RecordKey", "VolumesReleased", "WebhooksAnswer"]);
  });
});
