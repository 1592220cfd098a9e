import assert from "node:assert/strict";
import { refusalOf } from "../../lab/kubernetes-plugin/identity";
import { mustReplace } from "../../lab/kubernetes-plugin/replacement";

const replaces = (apiVersion: string, kind: string, path: string, settings: string[] = []) => {
  const object = { apiVersion, kind, metadata: { name: "it" } };
  return mustReplace(path, object, object, `kubernetes:${apiVersion}:${kind}`, (name) => settings.includes(name));
};

describe("what the Kubernetes stand-in replaces", () => {
  it("is what the API server does not change", () => {
    assert.equal(replaces("apps/v1", "Deployment", "spec.selector.matchLabels.app"), true);
    assert.equal(replaces("apps/v1", "Deployment", "spec.replicas"), false);
    assert.equal(replaces("v1", "PersistentVolumeClaim", "spec.resources.requests.storage"), false);
    assert.equal(replaces("v1", "PersistentVolumeClaim", "spec.storageClassName"), true);
    assert.equal(replaces("tekton.dev/v1", "Task", "metadata.name"), true);
    assert.equal(replaces("tekton.dev/v1", "Task", "spec.steps[0].image"), false);
  });

  it("is a ConfigMap's or Secret's data, unless the provider says they are mutable", () => {
    assert.equal(replaces("v1", "ConfigMap", "data.a"), true);
    assert.equal(replaces("v1", "ConfigMap", "data.a", ["enableConfigMapMutable"]), false);
    assert.equal(replaces("v1", "Secret", "stringData.a", ["enableConfigMapMutable"]), true);
    assert.equal(replaces("v1", "ConfigMap", "metadata.labels.a"), false);
  });
});

describe("whom the Kubernetes stand-in serves", () => {
  it("is stack kind, and those that live by its settings for a while", () => {
    assert.equal(refusalOf("urn:pulumi:kind::okd-streams::kubernetes:core/v1:Namespace::a"), undefined);
    assert.equal(refusalOf("urn:pulumi:kind-3f9a1c::okd-streams::kubernetes:core/v1:Namespace::a"), undefined);
    assert.equal(refusalOf(""), undefined);
  });

  it("is a provider of another, which touches no cluster by itself", () => {
    const of = (type: string) => refusalOf(`urn:pulumi:moc-test::okd-streams::${type}::pulumi:providers:kubernetes`);
    assert.equal(of("okd-streams:clusters:MocCluster$pulumi:providers:kubernetes"), undefined);
    assert.equal(of("pulumi:providers:kubernetes"), undefined);
    assert.match(of("pulumi:providers:kubernetes$kubernetes:core/v1:Namespace") ?? "", /^Stack moc-test needs/);
  });

  it("is no other stack, whatever else the URN holds", () => {
    for (const stack of ["existing", "moc", "moc-test", "kind2", "kind-mine", "moc-3f9a1c", ""]) {
      assert.match(
        refusalOf(`urn:pulumi:${stack}::kind::kubernetes:core/v1:Namespace::kind`) ?? "",
        /^Stack .*needs Pulumi's published Kubernetes plugin: the stand-in of test\/lab serves stack kind only\./,
      );
    }
  });
});
