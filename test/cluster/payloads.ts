import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { imagesOf } from "../../components/programs/payload/entry";
import { proves } from "../counts";
import { inSequence } from "../sequence";
import { BASE_NAME, OPERATORS, OTHERS } from "../services/payload/sample";
import { requireTools } from "../unit/scripts/machine";
import type { Factory } from "./factory";
import { REGISTRY } from "./images";
import { pushNodeImage } from "./node-image";
import { PayloadLab } from "./payload-lab";

const REPLACED = ["console-operator", "etcd", "service-ca-operator"];

/**
 * A release of eight components and more with three replaced, with real Tekton, registry, git, skopeo and buildah; `oc` is the stand-in, which
 * is held to the recorded contract, or the real one in the folder that OKD_STREAMS_OC names. One server on this machine has the sources.
 */
export function describePayloads(given: () => Factory): void {
  describe("payloads", function () {
    inSequence(this);
    let lab: PayloadLab;
    let release: string;

    before(async function () {
      requireTools(this, "git", "skopeo");
      const factory = given();
      lab = await PayloadLab.start(factory, fs.mkdtempSync(path.join(factory.home, "payload-")));
      lab.commitSources();
      const { images, payloads } = lab.settings();
      const node = pushNodeImage(REGISTRY.here, fs.mkdtempSync(path.join(factory.home, "node-")));
      factory.settings({ images: { ...images, node }, payloads });
      await factory.succeeds("up", "kind");
    });
    after(() => lab?.git.stop());

    it("are built of what was changed, two of three, and differ from their base in those alone", async () => {
      const { exitCode, text } = await lab.payload("mine");
      assert.equal(exitCode, 0, text);
      const { results, outcomes } = await lab.last("mine");
      assert.deepEqual(outcomes, ["built", "built"]);
      release = results.release!;
      const [base, made] = [lab.release(lab.base), lab.release(release)];
      assert.equal(made.info.metadata.version, `${BASE_NAME}.mine.1`);
      const [before, after] = [imagesOf(base.info), imagesOf(made.info)];
      const names = Object.keys(before).sort();
      assert.deepEqual(names, ["base-stream9", ...Object.keys(OPERATORS), ...OTHERS].sort());
      assert.deepEqual(Object.keys(after).sort(), names);
      assert.deepEqual(
        names.filter((name) => before[name] !== after[name]),
        REPLACED,
      );
      const plain = (text: string) =>
        REPLACED.reduce(
          (rest, name) => rest.replaceAll(after[name]!, before[name]!),
          text.replaceAll(`${BASE_NAME}.mine.1`, BASE_NAME),
        );
      assert.deepEqual(Object.keys(made.manifests).sort(), Object.keys(base.manifests).sort());
      assert.deepEqual(
        Object.keys(made.manifests).filter((file) => plain(made.manifests[file]!) !== base.manifests[file]),
        ["console-operator", "service-ca-operator"].map((name) => `0000_50_${name}_07_deployment.yaml`),
      );
    });

    it("are built by no step that is privileged or root", async () => {
      const pods = JSON.parse(await lab.kubectl("get", "pods", "-o", "json")) as {
        items: {
          spec: { containers: { name: string; securityContext?: { privileged?: boolean; runAsUser?: number } }[] };
        }[];
      };
      const steps = pods.items.flatMap(({ spec }) => spec.containers);
      assert.ok(steps.some(({ name }) => name === "step-build"));
      for (const { name, securityContext } of steps) {
        assert.deepEqual([securityContext?.privileged ?? false, securityContext?.runAsUser], [false, 1000], name);
      }
    });

    it("are kept without a change: nothing is built, and the release is the same", async () => {
      const { exitCode, text } = await lab.payload("mine");
      assert.equal(exitCode, 0, text);
      const { results, outcomes } = await lab.last("mine");
      assert.deepEqual([outcomes, results.release], [[], release]);
    });

    proves("are built anew where one line changed, and there alone", async () => {
      lab.git.commit("service-ca-operator", { "main.go": "2\n" });
      const { exitCode, text } = await lab.payload("next");
      assert.equal(exitCode, 0, text);
      const { results, outcomes } = await lab.last("next");
      assert.deepEqual(outcomes, ["built"]);
      assert.match(results.plan!, /^console-operator is kept\nservice-ca-operator is built: commit \w{12} → \w{12}\n/);
      const [before, after] = [release, results.release!].map((image) => imagesOf(lab.release(image).info));
      assert.deepEqual(
        Object.keys(before!).filter((name) => before![name] !== after![name]),
        ["service-ca-operator"],
      );
    });
  });
}
