import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { engineConfiguration, hideSecretValues, secretValues } from "../../../stacks/configuration/engine";
import { loadConfiguration } from "../../../stacks/configuration/load";
import { PROJECT_FOLDER } from "../../../stacks/environment";

// As the engine hands over stacks/Pulumi.kind.yaml and the defaults of Pulumi.yaml.
const KIND = {
  "okd-streams:cluster": `{"type":"kind"}`,
  "okd-streams:streams": `[{"base":{"branch":"main","repository":"https://github.com/coreos/rhel-coreos-config"},"node":{"branch":"release-5.0","repository":"https://github.com/openshift/os"},"schedule":"0 2 * * *","variant":"c10s","version":"5.0"}]`,
  "okd-streams:events": `{"enabled":true,"git":{"enabled":true},"replicas":1}`,
  "okd-streams:layers": `[{"base":{"release":"5.0.0-okd-scos.0"},"name":"tree","packages":{"add":["tree"]},"repositories":[{"baseUrl":"https://mirror.stream.centos.org/10-stream/BaseOS/$basearch/os","gpgKey":"file:///etc/pki/rpm-gpg/RPM-GPG-KEY-centosofficial-SHA256","name":"c10s-baseos"}],"version":"5.0"}]`,
  "okd-streams:releases": `[{"from":{"stream":"4.22.0-0.okd-scos-nightly"},"name":"next","repositories":{"content":"quay.io/okd/scos-content","release":"quay.io/okd/scos-release"},"target":"4-scos-next"}]`,
  "okd-streams:platform": `{"tektonDashboard":{"mode":"install"}}`,
  "okd-streams:images": "{}",
  "okd-streams:imageMirror": "",
  "okd-streams:kvm": "auto",
  "okd-streams:push": "{}",
  "okd-streams:s3": "{}",
  "okd-streams:matrix": "{}",
  "okd-streams:rehearsal": "false",
  "okd-streams:secrets": "{}",
  "okd-streams:backend": "local",
  "okd-streams:confirmLocalBackend": "false",
  "okd-streams:secretsProvider": "passphrase",
  "kubernetes:context": "not ours",
};

describe("configuration under Pulumi's engine", () => {
  const config = (settings: Record<string, string>, secretKeys: string[] = []) =>
    pulumi.runtime.setAllConfig({ ...KIND, ...settings }, secretKeys);

  beforeEach(async () => {
    await pulumi.runtime.setMocks(
      { newResource: () => ({ id: "", state: {} }), call: () => ({}) },
      "okd-streams",
      "kind",
      true,
    );
  });
  after(() => pulumi.runtime.setAllConfig({}));

  it("is the one that the file says", () => {
    config({});
    const asJson = (value: object) => JSON.parse(JSON.stringify(value)) as unknown;
    assert.deepEqual(asJson(engineConfiguration()), asJson(loadConfiguration(PROJECT_FOLDER, "kind")));
  });

  it("takes words for words", () => {
    config({ "okd-streams:imageMirror": "mirror.example.org:5000", "okd-streams:rehearsal": "true" });
    const { imageMirror, rehearsal } = engineConfiguration();
    assert.deepEqual([imageMirror, rehearsal], ["mirror.example.org:5000", true]);
  });

  it("refuses mistakes in the same words", () => {
    config({ "okd-streams:cluster": `{"type":"kind","wrokers":2}` });
    assert.throws(() => engineConfiguration(), {
      name: "UserError",
      message: "stacks/Pulumi.kind.yaml: okd-streams:cluster.wrokers is no known key, did you mean workers?",
    });
    config({ "okd-streams:streams": `[{"version":4.2}]` });
    assert.throws(() => engineConfiguration(), {
      message:
        'stacks/Pulumi.kind.yaml: okd-streams:streams[0].version is the number 4.2, not a version: write it in quotes, "4.20" (and 1 more).',
    });
  });

  it("lies under the settings of an offline folder", () => {
    const folder = mkdtempSync(join(tmpdir(), "offline-"));
    try {
      writeFileSync(join(folder, "settings.yaml"), "rehearsal: true\n");
      config({});
      assert.equal(engineConfiguration({ offlineFolder: folder }).rehearsal, true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("has the names of secrets, and their values only as secret outputs", async () => {
    config({ "okd-streams:secrets": `{"matrix":{"token":"hunter2"}}` }, ["okd-streams:secrets"]);
    const configuration = engineConfiguration();
    assert.deepEqual(configuration.secrets, { matrix: ["token"] });
    const { token } = secretValues(configuration).matrix as { token: pulumi.Output<string> };
    assert.equal(await pulumi.isSecret(token), true);
    assert.equal(await new Promise((resolve) => pulumi.unsecret(token).apply(resolve)), "hunter2");
  });

  it("has placeholders for them in the in-process preview", async () => {
    hideSecretValues({ secrets: { matrix: ["token"] } });
    const { token } = secretValues({ secrets: { matrix: ["token"] } }).matrix as { token: pulumi.Output<string> };
    assert.equal(await pulumi.isSecret(token), true);
    assert.equal(await new Promise((resolve) => pulumi.unsecret(token).apply(resolve)), "[secret]");
  });
});
