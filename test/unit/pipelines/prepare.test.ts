import assert from "node:assert/strict";
import { prepare } from "../../../components/pipelines/prepare";
import { KNOWN, smallSet } from "./small-set";

const preparation = {
  namespace: "okd-coreos",
  labels: { "app.kubernetes.io/part-of": "okd-streams" },
  images: KNOWN.images,
};

describe("prepare", () => {
  it("sets namespace, labels and images of a Task, and nothing else", () => {
    const [, tell] = smallSet();
    assert.deepEqual(prepare(tell!.object, preparation), {
      apiVersion: "tekton.dev/v1",
      kind: "Task",
      metadata: { name: "tell", namespace: "okd-coreos", labels: { "app.kubernetes.io/part-of": "okd-streams" } },
      spec: {
        description: "Tells",
        params: [{ name: "text" }],
        steps: [
          {
            name: "tell",
            image: "quay.io/okd/builder:1",
            computeResources: { requests: { cpu: "10m", memory: "16Mi" } },
            command: ["echo", "$(params.text)"],
          },
        ],
      },
    });
  });

  it("resolves the images of the step template and of sidecars", () => {
    const [build] = smallSet();
    const { spec } = prepare(build!.object, preparation);
    assert.equal(spec.stepTemplate.image, "quay.io/okd/builder:1");
    assert.equal(spec.steps[0].image, undefined);
    assert.equal(spec.steps[1].image, "quay.io/okd/builder:1");
    assert.equal(spec.sidecars[0].image, "quay.io/okd/registry:2");
  });

  it("writes the timeouts of steps and pipeline tasks as Tekton stores them", () => {
    const [, tell] = smallSet();
    const task = structuredClone(tell!.object);
    task.spec.steps[0].timeout = "3h";
    assert.equal(prepare(task, preparation).spec.steps[0].timeout, "3h0m0s");
    const metadata = { name: "p" };
    const spec = { tasks: [{ name: "a", timeout: "90m" }], finally: [{ name: "b", timeout: "30s" }, { name: "c" }] };
    assert.deepEqual(prepare({ apiVersion: "tekton.dev/v1", kind: "Pipeline", metadata, spec }, preparation).spec, {
      tasks: [{ name: "a", timeout: "1h30m0s" }],
      finally: [{ name: "b", timeout: "30s" }, { name: "c" }],
    });
  });

  it("leaves an image that is a parameter to the run", () => {
    const [, tell] = smallSet();
    const task = structuredClone(tell!.object);
    task.spec.steps[0].image = "$(params.text)";
    assert.equal(prepare(task, preparation).spec.steps[0].image, "$(params.text)");
  });

  it("keeps an object's own labels and annotations", () => {
    const pipeline = {
      apiVersion: "tekton.dev/v1",
      kind: "Pipeline",
      metadata: { name: "p", labels: { "app.kubernetes.io/version": "1" }, annotations: { a: "b" } },
      spec: {},
    };
    assert.deepEqual(prepare(pipeline, preparation).metadata, {
      name: "p",
      namespace: "okd-coreos",
      labels: { "app.kubernetes.io/version": "1", "app.kubernetes.io/part-of": "okd-streams" },
      annotations: { a: "b" },
    });
  });

  it("gives no namespace to what lives in none", () => {
    const interceptor = {
      apiVersion: "triggers.tekton.dev/v1alpha1",
      kind: "ClusterInterceptor",
      metadata: { name: "gate" },
      spec: {},
    };
    assert.deepEqual(prepare(interceptor, preparation).metadata, {
      name: "gate",
      labels: { "app.kubernetes.io/part-of": "okd-streams" },
    });
  });

  it("changes nothing in what it was given", () => {
    const [build] = smallSet();
    const before = structuredClone(build!.object);
    prepare(build!.object, preparation).spec.steps[0].env[0].value = "changed";
    assert.deepEqual(build!.object, before);
  });
});
