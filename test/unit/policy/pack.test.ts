import assert from "node:assert/strict";
import type { PolicyResource, StackValidationArgs } from "@pulumi/policy";
import { RULES } from "../../../components/policy/rules";
import { policies } from "../../../stacks/policy-pack/policies";

const resource = (type: string, props: object) => ({ type, props, urn: `urn-${type}`, name: "it" }) as PolicyResource;

describe("the rules as a pack of Pulumi's policies", () => {
  it("are all of them, each mandatory and with its fix", () => {
    assert.deepEqual(
      policies().map(({ name, description, enforcementLevel }) => [name, description, enforcementLevel]),
      RULES.map(({ name, wants, fix }) => [name, `${wants} ${fix}`, "mandatory"]),
    );
  });

  it("report what is wrong at the resource, and nothing of what is no object", async () => {
    const metadata = { name: "it", labels: { "app.kubernetes.io/part-of": "x" } };
    const spec = { steps: [{ name: "a", image: "it:latest", computeResources: { requests: { cpu: 1, memory: 1 } } }] };
    const resources = [
      resource("kubernetes:tekton.dev/v1:Task", { apiVersion: "tekton.dev/v1", kind: "Task", metadata, spec }),
      resource("kubernetes:core/v1:ConfigMapPatch", { apiVersion: "v1", kind: "ConfigMap", metadata: {} }),
      resource("random:index:RandomId", { byteLength: 4 }),
    ];
    const said: [string, string, string | undefined][] = [];
    for (const { name, validateStack } of policies()) {
      await validateStack({ resources } as StackValidationArgs, (message, urn) => said.push([name, message, urn]));
    }
    assert.deepEqual(said, [
      [
        "pinned-images",
        "Task it spec.steps[a]: it:latest is another image every day.",
        "urn-kubernetes:tekton.dev/v1:Task",
      ],
    ]);
  });
});
