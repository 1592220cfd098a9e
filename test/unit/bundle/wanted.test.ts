import assert from "node:assert/strict";
import { published, wantedImages } from "../../../stacks/tools/bundle/wanted";

const IMAGES = {
  curl: "quay.io/curl/curl:8",
  builder: "registry.example/go:1",
  unused: "quay.io/nobody/asks:1",
  "kvm-device-plugin": "ghcr.io/squat/kvm:1",
};

function resource(type: string, inputs: Record<string, unknown>) {
  return { type, inputs };
}

const task = resource("kubernetes:tekton.dev/v1:Task", {
  apiVersion: "tekton.dev/v1",
  kind: "Task",
  metadata: { name: "t" },
  spec: { steps: [{ image: IMAGES.curl }], sidecars: [{ image: "ghcr.io/side/car:1" }] },
});

describe("images that a stack pulls", () => {
  const wanted = (
    resources: ReturnType<typeof resource>[],
    kvmDevicePlugin: "auto" | "none" = "none",
    imageMirror?: string,
  ) =>
    wantedImages(resources, { images: IMAGES }, {
      imageMirror,
      platform: { kvmDevicePlugin },
    } as Parameters<typeof wantedImages>[2]);

  it("are those of its objects, whatever names them, each once", () => {
    const controller = resource("kubernetes:apps/v1:Deployment", {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "c" },
      spec: {
        template: {
          spec: {
            containers: [
              { image: "ghcr.io/tekton/controller:1@sha256:00", args: ["-nop-image", "ghcr.io/tekton/nop:1"] },
            ],
          },
        },
      },
    });
    // A run's image is a parameter.
    const template = resource("kubernetes:triggers.tekton.dev/v1beta1:TriggerTemplate", {
      apiVersion: "triggers.tekton.dev/v1beta1",
      kind: "TriggerTemplate",
      metadata: { name: "t" },
      spec: { resourcetemplates: [{ spec: { params: [{ name: "builder", value: IMAGES.builder }] } }] },
    });
    assert.deepEqual(wanted([task, task, controller, template]), [
      "ghcr.io/side/car:1",
      "ghcr.io/tekton/controller:1@sha256:00",
      "ghcr.io/tekton/nop:1",
      IMAGES.curl,
      IMAGES.builder,
    ]);
  });

  it("and those that its cluster is made of; what this machine has is not fetched", () => {
    const nodes = resource("pulumi-nodejs:dynamic/okd-streams:KindNodes", {
      defaultNodeImage: "docker.io/kindest/node:v1",
    });
    const own = resource("pulumi-nodejs:dynamic/okd-streams:KindNodes", {
      nodeImage: "localhost:5001/n:1",
      defaultNodeImage: "d:1",
    });
    const registry = resource("pulumi-nodejs:dynamic/okd-streams:KindRegistry", {
      image: "docker.io/library/registry:3",
    });
    assert.deepEqual(wanted([nodes, own, registry]), ["docker.io/kindest/node:v1", "docker.io/library/registry:3"]);
  });

  it("and the KVM device plugin, unless nodes are not to have one: where the bundle is used there may be KVM", () => {
    assert.deepEqual(wanted([], "auto"), ["ghcr.io/squat/kvm:1"]);
  });

  it("as published, where the stack names them as a mirror has them", () => {
    assert.deepEqual(
      wanted(
        [resource("kubernetes:core/v1:Pod", { kind: "Pod", spec: { image: "m.example/p/quay.io/a/b:1" } })],
        "none",
        "m.example/p/",
      ),
      ["quay.io/a/b:1"],
    );
    assert.equal(published("quay.io/a/b:1", undefined), "quay.io/a/b:1");
  });
});
