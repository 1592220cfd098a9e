import assert from "node:assert/strict";
import pc from "picocolors";
import { type KubeObject, type Ref, Refused } from "../../../components/kubernetes/client";
import { declaredObjects, type StateResource } from "../../../stacks/drift/declared";
import { findDrift } from "../../../stacks/drift/drift";
import { renderDrift } from "../../../stacks/drift/drift-text";

type Fields = Record<string, unknown>;

const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:abc" };
const PULUMI = { "pulumi.com/patchFieldManager": "okd-streams" };

function resource(kind: string, fields: Fields, more: Partial<StateResource> = {}): StateResource {
  const inputs = { apiVersion: "v1", kind, metadata: { name: "it", namespace: "okd", annotations: PULUMI }, ...fields };
  return { type: `kubernetes:core/v1:${kind}`, custom: true, inputs, ...more };
}

/** As an API server keeps it: completed, with its books. */
function stored(fields: Fields, managedFields: object[] = [], resourceVersion = "7"): KubeObject {
  const metadata = { name: "it", namespace: "okd", uid: "u", resourceVersion, generation: 3, managedFields };
  return { apiVersion: "v1", kind: "ConfigMap", ...fields, metadata, status: { observed: resourceVersion } };
}

interface FakeCluster {
  applied: { object: Fields; options: object }[];
  get: () => Promise<KubeObject | undefined>;
  apply: (object: Ref & Fields, options: object) => Promise<KubeObject>;
}

/**
 * A cluster that has `live`, and answers to an apply with the declared fields over it and what it fills in, as recorded of a real one.
 */
function cluster(live: KubeObject | undefined, filledIn: Fields = {}): FakeCluster {
  const applied: FakeCluster["applied"] = [];
  return {
    applied,
    get: () => Promise.resolve(live),
    apply: (object: Ref & Fields, options: object) => {
      applied.push({ object, options });
      const { metadata: _, ...fields } = object;
      return Promise.resolve({
        ...live!,
        ...filledIn,
        ...fields,
        metadata: { ...live!.metadata, resourceVersion: "8" },
      });
    },
  };
}

async function drift(state: StateResource, server: FakeCluster): Promise<string[]> {
  const declared = declaredObjects([state]);
  return renderDrift(await findDrift(server, declared), declared.length, pc.createColors(false)).split("\n");
}

const SAME = ["all 1 objects are as declared"];
const edited = (fieldsV1: object, manager = "kubectl-edit") => ({ manager, operation: "Update", fieldsV1 });
const summary = ["", "1 of 1 objects are not as declared, 0 are"];

describe("drift", () => {
  it("is none in an object that was completed by the API server, and whose books went on", async () => {
    const spec = { replicas: 1, strategy: { type: "Recreate" } };
    const server = cluster(stored({ spec: { ...spec, progressDeadlineSeconds: 600 } }), {});
    const completing = {
      ...server,
      apply: async (object: Ref & Fields, options: object) => {
        const answer = await server.apply(object, options);
        return { ...answer, spec: { ...(answer.spec as Fields), progressDeadlineSeconds: 600 } };
      },
    };
    assert.deepEqual(await drift(resource("ConfigMap", { spec }), completing), SAME);
  });

  it("is asked for without changing anything, as the owner that stacks have, and without the engine's annotations", async () => {
    const server = cluster(stored({ data: { a: "1" } }));
    assert.deepEqual(await drift(resource("ConfigMap", { data: { a: "1" } }), server), SAME);
    assert.deepEqual(server.applied, [
      {
        object: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "it", namespace: "okd" }, data: { a: "1" } },
        options: { fieldManager: "okd-streams", force: true, dryRun: true },
      },
    ]);
  });

  it("shows a field that was edited as it is and as it is declared", async () => {
    const live = stored({ data: { a: "2" } }, [edited({ "f:data": { "f:a": {} } })]);
    assert.deepEqual(await drift(resource("ConfigMap", { data: { a: "1" } }), cluster(live)), [
      "ConfigMap okd/it",
      "  data.a: 2, declared 1",
      ...summary,
    ]);
  });

  it("shows what was added by hand, with what it was added, and not what controllers add", async () => {
    const declared = { a: "1" };
    const live = stored({ data: { ...declared, b: "2" } }, [
      edited({
        "f:data": { "f:b": {} },
        "f:metadata": { "f:annotations": { "f:kubectl.kubernetes.io/last-applied-configuration": {} } },
      }),
      edited({ "f:data": { "f:a": {} } }, "kubectl-patch"),
      { ...edited({ "f:status": { "f:c": {} } }), subresource: "status" },
      edited({ "f:data": { "f:z": {} } }, "kube-controller-manager"),
    ]);
    const server = { ...cluster(live), apply: () => Promise.resolve(live) };
    assert.deepEqual(await drift(resource("ConfigMap", { data: declared }), server), [
      "ConfigMap okd/it",
      "  data.b: set by kubectl-edit, not declared",
      ...summary,
    ]);
  });

  it("names elements of lists by their keys", async () => {
    const live = stored({}, [edited({ "f:spec": { 'k:{"name":"main"}': { ".": {}, "f:image": {} } } })]);
    assert.deepEqual(
      (await drift(resource("ConfigMap", {}), cluster(live)))[1],
      "  spec[main].image: set by kubectl-edit, not declared",
    );
  });

  it("shows what is gone, and what the API server will not say", async () => {
    assert.deepEqual(await drift(resource("ConfigMap", {}), cluster(undefined)), [
      "ConfigMap okd/it: gone",
      ...summary,
    ]);
    const refusing = {
      ...cluster(stored({})),
      apply: () => Promise.reject(new Refused(403, "Forbidden", "you may not")),
    };
    assert.deepEqual(await drift(resource("ConfigMap", {}), refusing), [
      "ConfigMap okd/it: not compared: you may not",
      ...summary,
    ]);
  });

  it("does not compare secrets, which the state has encrypted, and never shows one; who set one by hand it says", async () => {
    const live: KubeObject = { ...stored({ data: { a: "aHVudGVyMg==" } }), kind: "Secret" };
    const server = cluster(live);
    assert.deepEqual(await drift(resource("Secret", { data: SECRET }), server), SAME);
    assert.deepEqual(server.applied[0]!.object.data, live.data);
    const touched = { ...live, metadata: { ...live.metadata, managedFields: [edited({ "f:data": { "f:a": {} } })] } };
    const lines = await drift(resource("Secret", { data: SECRET }), cluster(touched));
    assert.deepEqual(lines[1], "  data.a: set by kubectl-edit, not declared");
    assert.doesNotMatch(lines.join(), /aHVudGVyMg/);
  });

  it("is none of what controllers fill in", async () => {
    const hooks = (caBundle?: string) => [{ name: "a", clientConfig: { ...(caBundle && { caBundle }) } }];
    const live = { ...stored({ webhooks: hooks("x") }), kind: "ValidatingWebhookConfiguration" };
    const state = resource("ValidatingWebhookConfiguration", { webhooks: hooks() });
    assert.deepEqual(await drift(state, cluster(live)), SAME);
  });

  it("is of a stack's own objects alone", () => {
    const states = [
      resource("ConfigMap", {}, { external: true }),
      resource("ConfigMap", {}, { delete: true }),
      resource("ConfigMap", {}, { type: "kubernetes:core/v1:ConfigMapPatch" }),
      resource("ConfigMap", {}, { type: "pulumi:providers:kubernetes" }),
      resource("ConfigMap", { __fieldManager: "x" }),
    ];
    assert.deepEqual(
      declaredObjects(states).map((it) => Object.keys(it)),
      [["apiVersion", "kind", "metadata"]],
    );
  });
});
