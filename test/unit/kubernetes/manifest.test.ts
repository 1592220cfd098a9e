import assert from "node:assert/strict";
import * as fc from "fast-check";
import {
  isClusterScoped,
  parseManifests,
  phaseOf,
  PHASES,
  splitPhases,
  withoutRepetitions,
} from "../../../components/kubernetes/manifest";
import { UserError } from "../../../components/errors";
import type { Manifest } from "../../../components/kubernetes/object";

const object = (apiVersion: string, kind: string, name = "a"): Manifest => ({ apiVersion, kind, metadata: { name } });

const LAUGHS = ["a: &a0 [x, x, x, x, x, x, x, x, x, x]"]
  .concat(
    Array.from({ length: 6 }, (_, index) => `b${index}: &a${index + 1} [${Array(10).fill(`*a${index}`).join(", ")}]`),
  )
  .join("\n");

describe("parseManifests", () => {
  it("reads every document in its order, and leaves out what is empty, null or status", () => {
    const text = `# a comment alone
---
apiVersion: v1
kind: Namespace
metadata:
  name: a
  creationTimestamp: null
status:
  phase: Active
---

---
apiVersion: apps/v1
kind: Deployment
metadata: {name: b, namespace: a}
spec:
  template:
    metadata: {creationTimestamp: null}
    spec:
      volumes: [{name: tmp, configMap: {name: c, defaultMode: 0644}}]
`;
    assert.deepEqual(parseManifests(text, "a.yaml"), [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "a" } },
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "b", namespace: "a" },
        spec: {
          template: { metadata: {}, spec: { volumes: [{ name: "tmp", configMap: { name: "c", defaultMode: 420 } }] } },
        },
      },
    ]);
  });

  it("leaves out what the API server does not keep as it is written", () => {
    const definition = (unknown: boolean) => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: as.example.org, creationTimestamp: "2026-01-01T00:00:00Z"}
spec: {group: example.org, preserveUnknownFields: ${String(unknown)}}
status: {conditions: []}
`;
    const expected = object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "as.example.org");
    assert.deepEqual(parseManifests(definition(false), "a.yaml"), [{ ...expected, spec: { group: "example.org" } }]);
    assert.deepEqual(parseManifests(definition(true), "a.yaml"), [
      { ...expected, spec: { group: "example.org", preserveUnknownFields: true } },
    ]);
  });

  it("takes a text without a value for an empty one, where kubectl's reader does: a key of data, a label", () => {
    const text = `apiVersion: v1
kind: ConfigMap
metadata: {name: a, labels: {l: }, finalizers: }
data: {"key": ~}
---
apiVersion: example.org/v1
kind: Thing
metadata: {name: b, annotations: {a: ~}}
data: {key: ~}
`;
    assert.deepEqual(parseManifests(text, "a.yaml"), [
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", labels: { l: "" } }, data: { key: "" } },
      { apiVersion: "example.org/v1", kind: "Thing", metadata: { name: "b", annotations: { a: "" } }, data: {} },
    ]);
  });

  it("takes a List for its items", () => {
    const text = `apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
- apiVersion: v1
  kind: List
  items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}]
`;
    assert.deepEqual(parseManifests(text, "list.yaml"), [
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } },
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "b" } },
    ]);
  });

  it("takes each list for its items, which are of the list's kind where they do not say theirs", () => {
    const text = `apiVersion: v1
kind: ConfigMapList
items:
- metadata: {name: a}
- {apiVersion: v1, kind: Secret, metadata: {name: b}}
---
{apiVersion: v1, kind: List, items: []}
---
apiVersion: example.org/v1
kind: ThingList
items:
`;
    assert.deepEqual(parseManifests(text, "list.yaml"), [
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } },
      { apiVersion: "v1", kind: "Secret", metadata: { name: "b" } },
    ]);
  });

  it("hands a number on only as it is written", () => {
    const text = (kind: string) =>
      `{apiVersion: e.org/v1, kind: ${kind}, metadata: {name: a}, max: 9223372036854775807}`;
    assert.throws(() => parseManifests(text("Thing"), "a.yaml"), {
      name: "UserError",
      message:
        "a.yaml, document 1 (Thing a) has the number 9223372036854775807, which has too many digits to be deployed as it is: quote it",
    });
    const json = text("Thing")
      .replace(/(\w+):(?!\/)/g, '"$1":')
      .replace(/: ([a-zA-Z][\w./]*)/g, ': "$1"');
    assert.throws(
      () => parseManifests(json, "a.json"),
      /^UserError: a\.json, document 1 \(Thing a\) has the number 9223/,
    );
    // Its limits are floats to the API server.
    assert.equal(parseManifests(text("CustomResourceDefinition"), "a.yaml")[0]!.max, 2 ** 63);
  });

  it("keeps false, 0, empty texts, lists and maps", () => {
    const text = `{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, immutable: false, data: {}, x: [], t: "", z: 0}`;
    assert.deepEqual(parseManifests(text, "a.yaml"), [
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "a" },
        immutable: false,
        data: {},
        x: [],
        t: "",
        z: 0,
      },
    ]);
  });

  it("has no objects for an empty text", () => {
    assert.deepEqual(parseManifests("", "a.yaml"), []);
    assert.deepEqual(parseManifests("---\n# nothing\n---\n", "a.yaml"), []);
  });

  const faults: [string, string, RegExp][] = [
    ["no YAML", "a: [", /^a\.yaml, document 1 is not YAML: .*line 1, column 5$/],
    [
      "a billion laughs",
      LAUGHS,
      /^a\.yaml, document 1 is not YAML: its aliases repeat too much at line \d+, column \d+$/,
    ],
    ["an alias of nothing", "a: *b", /^a\.yaml, document 1 is not YAML: there is no anchor b at line 1, column 4$/],
    ["what holds itself", "a: &a [*a]", /^a\.yaml, document 1 is not YAML: what anchor a names contains itself at /],
    ["depth", "[".repeat(20_000), /^a\.yaml, document 1 is not YAML: it is nested too deeply at line 1, column /],
    [
      "items that are no list",
      "{apiVersion: v1, kind: List, items: a}",
      /^a\.yaml, document 1 \(List\) has items that are no list but a string$/,
    ],
    ["a text", "kind: x\n---\n<html>", /^a\.yaml, document 1 is not a Kubernetes object: it has no apiVersion$/],
    ["a page", "<html>", /^a\.yaml, document 1 is not a Kubernetes object but a string$/],
    ["a list", "- a", /^a\.yaml, document 1 is not a Kubernetes object but a list$/],
    ["no kind", "apiVersion: v1", /^a\.yaml, document 1 is not a Kubernetes object: it has no kind$/],
    [
      "no name",
      "---\napiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}",
      /^a\.yaml, document 1 \(Pod\) has no metadata\.name$/,
    ],
    [
      "a bad item of a list",
      "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod}]}",
      /^a\.yaml, document 1, item 1 \(Pod\) has no metadata\.name$/,
    ],
  ];
  for (const [what, text, message] of faults) {
    it(`says where there is ${what}`, () => {
      assert.throws(
        () => parseManifests(text, "a.yaml"),
        (error) => error instanceof UserError && message.test(error.message),
      );
    });
  }
});

describe("phases", () => {
  const table: [string, string, string][] = [
    ["v1", "Namespace", "namespaces"],
    ["apiextensions.k8s.io/v1", "CustomResourceDefinition", "definitions"],
    ["v1", "ServiceAccount", "configuration"],
    ["v1", "ConfigMap", "configuration"],
    ["v1", "Secret", "configuration"],
    ["v1", "Service", "configuration"],
    ["v1", "PersistentVolumeClaim", "configuration"],
    ["rbac.authorization.k8s.io/v1", "ClusterRole", "configuration"],
    ["rbac.authorization.k8s.io/v1", "RoleBinding", "configuration"],
    ["networking.k8s.io/v1", "NetworkPolicy", "configuration"],
    ["scheduling.k8s.io/v1", "PriorityClass", "configuration"],
    ["apps/v1", "Deployment", "workloads"],
    ["apps/v1", "StatefulSet", "workloads"],
    ["apps/v1", "DaemonSet", "workloads"],
    ["batch/v1", "Job", "workloads"],
    ["autoscaling/v2", "HorizontalPodAutoscaler", "workloads"],
    ["policy/v1", "PodDisruptionBudget", "workloads"],
    ["admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "webhooks"],
    ["admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "webhooks"],
    ["apiregistration.k8s.io/v1", "APIService", "webhooks"],
    ["triggers.tekton.dev/v1alpha1", "ClusterInterceptor", "customResources"],
    ["gateway.networking.k8s.io/v1", "Gateway", "customResources"],
    ["example.org/v1", "Deployment", "customResources"],
  ];
  for (const [apiVersion, kind, phase] of table) {
    it(`${apiVersion} ${kind}: ${phase}`, () => assert.equal(phaseOf({ apiVersion, kind }), phase));
  }

  it("holds every object once, in its order", () => {
    const anyObject = fc.constantFrom(...table.map(([apiVersion, kind]) => object(apiVersion, kind)));
    fc.assert(
      fc.property(fc.array(anyObject), (kinds) => {
        const objects = kinds.map((it, index) => ({ ...it, metadata: { name: `o${index}` } }));
        const phases = splitPhases(objects);
        for (const phase of PHASES) {
          assert.deepEqual(
            phases[phase],
            objects.filter((it) => phaseOf(it) === phase),
          );
        }
        assert.equal(PHASES.flatMap((phase) => phases[phase]).length, objects.length);
      }),
    );
  });

  it("knows which built-in kinds belong to no namespace", () => {
    assert.equal(isClusterScoped({ apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole" }), true);
    assert.equal(isClusterScoped({ apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role" }), false);
    assert.equal(isClusterScoped({ apiVersion: "example.org/v1", kind: "Node" }), false);
  });
});

describe("withoutRepetitions", () => {
  it("keeps the first of equal objects", () => {
    const [a, b] = [object("v1", "Namespace", "a"), object("v1", "Namespace", "b")];
    assert.deepEqual(withoutRepetitions([a, b, object("v1", "Namespace", "a")], "x"), [a, b]);
  });

  it("takes objects of one name in two namespaces for two", () => {
    const [a, b] = ["a", "b"].map((namespace) => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", namespace },
    }));
    assert.deepEqual(withoutRepetitions([a!, b!], "x"), [a, b]);
  });

  it("refuses two objects of one name that differ", () => {
    const other = { ...object("v1", "Namespace", "a"), spec: {} };
    assert.throws(
      () => withoutRepetitions([object("v1", "Namespace", "a"), other], "a.yaml and b.yaml"),
      new UserError("a.yaml and b.yaml has two different objects Namespace a"),
    );
  });
});
