import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { registriesOf } from "../../../components/platform/images";
import { renderNodeConfiguration, renderRegistryTrust } from "../../../components/openshift/node-configuration";

const labels = { "okd-streams.io/stack": "moc" };

describe("renderNodeConfiguration", () => {
  it("is nothing where nothing is needed", () => {
    assert.deepEqual(renderNodeConfiguration({ labels }), []);
  });

  it("nests virtual machines by a MachineConfig for each pool", () => {
    const [worker, master] = renderNodeConfiguration({ labels, nestedVirtualization: ["worker", "master"] });
    assert.deepEqual(worker, {
      apiVersion: "machineconfiguration.openshift.io/v1",
      kind: "MachineConfig",
      metadata: {
        name: "80-enable-nested-virt",
        labels: { ...labels, "machineconfiguration.openshift.io/role": "worker" },
      },
      spec: {
        config: {
          ignition: { version: "3.2.0" },
          storage: {
            files: [
              {
                path: "/etc/modprobe.d/kvm.conf",
                mode: 420,
                overwrite: true,
                contents: {
                  source: "data:,options%20kvm_intel%20nested%3D1%0Aoptions%20kvm_amd%20nested%3D1%0A",
                },
              },
            ],
          },
        },
      },
    });
    assert.deepEqual(master!.metadata, {
      name: "80-enable-nested-virt-master",
      labels: { ...labels, "machineconfiguration.openshift.io/role": "master" },
    });
  });

  it("has nodes ask a mirror first, by tag and by digest, but for registries that no path can name", () => {
    const mirror = { address: "mirror.example/proxy/", of: ["ghcr.io", "localhost:5001", "quay.io"] };
    const entries = [
      { source: "ghcr.io", mirrors: ["mirror.example/proxy/ghcr.io"] },
      { source: "quay.io", mirrors: ["mirror.example/proxy/quay.io"] },
    ];
    const metadata = { name: "okd-streams-mirror", labels };
    const apiVersion = "config.openshift.io/v1";
    assert.deepEqual(renderNodeConfiguration({ labels, mirror }), [
      { apiVersion, kind: "ImageTagMirrorSet", metadata, spec: { imageTagMirrors: entries } },
      { apiVersion, kind: "ImageDigestMirrorSet", metadata, spec: { imageDigestMirrors: entries } },
    ]);
  });

  it("leads nodes to the registry in the cluster by its address, and nowhere else", () => {
    const address = pulumi.output("172.30.1.2:5000");
    const inCluster = { name: "registry.okd-registry.svc:5000", address };
    const entries = [{ source: inCluster.name, mirrors: [address], mirrorSourcePolicy: "NeverContactSource" }];
    const rendered = renderNodeConfiguration({ labels, inCluster });
    assert.deepEqual(
      rendered.map(({ metadata: { name }, spec }) => [name, spec]),
      [
        ["okd-streams-registry", { imageTagMirrors: entries }],
        ["okd-streams-registry", { imageDigestMirrors: entries }],
      ],
    );
  });
});

describe("renderRegistryTrust", () => {
  it("changes one field of the cluster's object about images", () => {
    assert.deepEqual(renderRegistryTrust(["registry.example:5000"]), {
      apiVersion: "config.openshift.io/v1",
      kind: "Image",
      metadata: { name: "cluster" },
      spec: { registrySources: { insecureRegistries: ["registry.example:5000"] } },
    });
  });
});

describe("registriesOf", () => {
  it("finds the registries of references and of manifests, arguments among them", () => {
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "a" },
      spec: {
        template: {
          spec: { containers: [{ image: "ghcr.io/a/b:1", args: ["-shell-image", "cgr.dev/c/d@sha256:0"] }] },
        },
      },
    };
    const references = ["quay.io/a/b:1", "quay.io/c/d:2", "localhost:5001/e:1", "busybox:1", "library/node:1"];
    assert.deepEqual(registriesOf(references, [deployment]), [
      "cgr.dev",
      "docker.io",
      "ghcr.io",
      "localhost:5001",
      "quay.io",
    ]);
  });
});
