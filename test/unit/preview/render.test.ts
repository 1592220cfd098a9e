import assert from "node:assert/strict";
import { parse } from "yaml";
import { UNKNOWN } from "../../../stacks/preview/recorded";
import { renderObject, renderObjects } from "../../../stacks/preview/render";

type Resource = Parameters<typeof renderObjects>[0][number];

function object(apiVersion: string, kind: string, name: string, namespace?: string, more: object = {}): Resource {
  const module = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
  return {
    type: `kubernetes:${module}:${kind}`,
    name,
    inputs: { apiVersion, kind, metadata: { name, ...(namespace && { namespace }) }, ...more },
  };
}

describe("rendered files", () => {
  it("are named by namespace, kind and name, sorted", () => {
    const files = renderObjects([
      object("tekton.dev/v1", "Task", "Build", "okd-coreos"),
      object("rbac.authorization.k8s.io/v1", "ClusterRole", "system:viewer"),
      object("v1", "ConfigMap", "settings", "okd-coreos"),
      { type: "pulumi:providers:kubernetes", name: "kubernetes", inputs: {} },
      { type: "okd-streams:platform:Platform", name: "platform", inputs: {} },
    ]);
    assert.deepEqual(
      [...files.keys()],
      ["_cluster/clusterrole-system_viewer.yaml", "okd-coreos/configmap-settings.yaml", "okd-coreos/task-build.yaml"],
    );
  });

  it("have the API group in their names where two would be alike", () => {
    const files = renderObjects([
      object("serving.knative.dev/v1", "Service", "web", "okd"),
      object("v1", "Service", "web", "okd"),
      object("v1", "Service", "other", "okd"),
    ]);
    assert.deepEqual(
      [...files.keys()],
      ["okd/service-other.yaml", "okd/service.core-web.yaml", "okd/service.serving.knative.dev-web.yaml"],
    );
  });

  it("cannot be two for one object", () => {
    const twice = [object("v1", "ConfigMap", "a", "okd"), object("v1", "ConfigMap", "a", "okd")];
    assert.throws(() => renderObjects(twice), {
      name: "UserError",
      message: "Two resources make the same Kubernetes object, ConfigMap a: remove one.",
    });
  });
});

describe("rendered YAML", () => {
  it("has an order of its keys that does not depend on the program's", () => {
    const expected = [
      "apiVersion: tekton.dev/v1",
      "kind: Task",
      "metadata:",
      "  name: build",
      "  namespace: okd",
      "  annotations:",
      '    a: "1"',
      "  labels:",
      "    b: x",
      "spec:",
      "  steps:",
      "    - name: build",
      "      image: quay.io/a/cosa:v1",
      "      script: |",
      "        #!/bin/sh",
      "        cosa build",
      "",
    ].join("\n");
    const step = { script: "#!/bin/sh\ncosa build\n", image: "quay.io/a/cosa:v1", name: "build" };
    const metadata = { labels: { b: "x" }, namespace: "okd", annotations: { a: "1" }, name: "build" };
    assert.equal(
      renderObject({ spec: { steps: [step] }, metadata, kind: "Task", apiVersion: "tekton.dev/v1" }),
      expected,
    );
    const [again, swapped] = [
      Object.fromEntries(Object.entries(step).reverse()),
      Object.fromEntries(Object.entries(metadata).reverse()),
    ];
    assert.equal(
      renderObject({ apiVersion: "tekton.dev/v1", kind: "Task", metadata: swapped, spec: { steps: [again] } }),
      expected,
    );
  });

  it("is the object again when it is read", () => {
    const inputs = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a" },
      data: { on: "yes", version: "4.20", long: "word ".repeat(60), empty: "", tabbed: "\tx\n", number: "0123" },
    };
    assert.deepEqual(parse(renderObject(inputs)), inputs);
  });

  it("keeps strings that are other values in YAML 1.1, which kubectl reads", () => {
    const args = ["--appendonly", "no", "on", "0o10", "1:30"];
    const yaml = renderObject({ apiVersion: "v1", kind: "Pod", spec: { args } });
    assert.deepEqual(parse(yaml, { version: "1.1" }), { apiVersion: "v1", kind: "Pod", spec: { args } });
  });

  it("leaves out what is secret, and says so", () => {
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "token" }, data: "[secret]", type: "Opaque" };
    assert.equal(
      renderObject(secret),
      "# data: [secret], not written here\napiVersion: v1\nkind: Secret\nmetadata:\n  name: token\ntype: Opaque\n",
    );
  });

  it("says what is not known yet", () => {
    const object = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a" },
      data: { url: UNKNOWN, secret: "[secret]" },
    };
    assert.deepEqual((parse(renderObject(object)) as typeof object).data, {
      url: "[known after up]",
      secret: "[secret]",
    });
  });
});
