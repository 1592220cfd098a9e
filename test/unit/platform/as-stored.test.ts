import assert from "node:assert/strict";
import { asStored } from "../../../components/platform/as-stored";

describe("asStored", () => {
  it("says of containers what the API server keeps", () => {
    const deployment = (container: object) => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "a" },
      spec: { replicas: 0, template: { spec: { containers: [container] } } },
    });
    const before = deployment({
      name: "a",
      args: [],
      command: [],
      env: [
        { name: "A", value: "" },
        { name: "B", value: "b" },
        { name: "C", valueFrom: { fieldRef: {} } },
      ],
      resources: { limits: { cpu: "1000m", memory: "1000Mi" }, requests: { cpu: "100m" }, claims: {} },
    });
    assert.deepEqual(
      asStored(before),
      deployment({
        name: "a",
        env: [{ name: "A" }, { name: "B", value: "b" }, { name: "C", valueFrom: { fieldRef: {} } }],
        resources: { limits: { cpu: "1", memory: "1000Mi" }, requests: { cpu: "100m" }, claims: {} },
      }),
    );
    const settled = deployment({ name: "a", args: ["-v"], resources: { limits: { cpu: 2 } } });
    assert.deepEqual(asStored(settled), settled);
  });

  it("leaves out a default of definitions, and nothing else", () => {
    const definition = (spec: object) => ({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "a" },
      spec,
    });
    assert.deepEqual(asStored(definition({ preserveUnknownFields: false, group: "a" })), definition({ group: "a" }));
    assert.deepEqual(
      asStored(definition({ preserveUnknownFields: true })),
      definition({ preserveUnknownFields: true }),
    );
  });
});
