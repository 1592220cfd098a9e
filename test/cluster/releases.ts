import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import type { PipelineRun } from "../../components/pipelines/tekton";
import { inSequence } from "../sequence";
import type { Everything } from "../../components/programs/updates/server";
import { COMPONENTS } from "../unit/release/payload";
import { proves } from "../counts";
import { WATCHED_TOOLS } from "../unit/release/watched-tools";
import { requireTools } from "../unit/scripts/machine";
import { eventSettings } from "./events";
import type { Factory } from "./factory";
import { REGISTRY } from "./images";
import { pushNodeImage } from "./node-image";
import { CONTENT, ReleaseLab } from "./release-lab";

const NAME = "4.22.0-okd-scos.ec.4";
const NOTHING = { images: [], github: [], channel: [] };

/**
 * From configuration to a published release, with real Tekton, registry, gpg and skopeo. `oc` is the stand-in, which is held to the
 * recorded contract, or the real one in the folder that OKD_STREAMS_OC names. One server on this machine plays the release
 * controller, the signature store, GitHub and the channel's cluster. Must come after the events, whose builds need the images of
 * the original settings.
 */
export function describeReleases(given: () => Factory): void {
  describe("releases", function () {
    inSequence(this);
    let lab: ReleaseLab;

    before(async function () {
      requireTools(this, "gpg", "openssl", "skopeo");
      const factory = given();
      lab = await ReleaseLab.start(factory, fs.mkdtempSync(path.join(factory.home, "test-")));
      const events = eventSettings(pushNodeImage(REGISTRY.here, fs.mkdtempSync(path.join(factory.home, "node-"))));
      const { images, releases } = lab.settings();
      factory.settings({ ...events, images: { ...events.images, ...images }, releases });
      await factory.succeeds("up", "kind");
    });
    after(() => lab?.outside.stop());

    it("plans a release without any Secret, and publishes nothing", async () => {
      const { exitCode, text } = await lab.release("dry");
      assert.equal(exitCode, 0, text);
      const [pod] = (await lab.kubectl("get", "pods", "-l", "tekton.dev/pipelineTask=mirror", "-o", "name"))
        .trim()
        .split("\n");
      const log = await lab.kubectl("logs", pod!, "--all-containers");
      assert.match(log, new RegExp(`would push ${CONTENT}:${NAME}, updates to it from: 4\\.21`));
      assert.deepEqual(
        [await lab.published(), await lab.tagsOf("scos-content"), lab.outside.changes],
        [NOTHING, [], []],
      );
    });

    proves("publishes nothing without Secrets, and nothing that is wrongly signed", async () => {
      const secretless = await lab.release("next");
      assert.equal(secretless.exitCode, 1);
      assert.match(secretless.text, /there is no Secret \S+ with key "/);
      await lab.sign("stranger");
      await lab.createSecrets();
      const wrong = await lab.release("next");
      assert.equal(wrong.exitCode, 1);
      assert.match(wrong.text, /has no good signature in .*: it is not released/);
      assert.deepEqual(
        [await lab.published(), await lab.tagsOf("scos-content"), lab.outside.changes],
        [NOTHING, [], []],
      );
      await lab.sign();
      await lab.deleteSecrets();
    });

    it("publishes it when its time comes, by one run, though its Job is killed and another one starts it too", async () => {
      await lab.createSecrets();
      await lab.begins("okd-release-next", { killed: true });
      await lab.begins("twice");
      const [run, ...others] = await lab.periodicRuns();
      assert.deepEqual(others, []);
      await lab.kubectl("wait", "--for=condition=Succeeded", run!, "--timeout=10m");

      assert.deepEqual(await lab.published(), {
        images: [NAME, lab.reservationOf(NAME), await lab.signatureOf(NAME)],
        github: [NAME],
        channel: [NAME],
      });
      assert.deepEqual(
        await lab.tagsOf("scos-content"),
        COMPONENTS.map((component) => `${NAME}-${component}`),
      );
      for (const component of COMPONENTS) {
        assert.match(lab.outside.releases[0]!.body as string, new RegExp(`${component}\\s+\\S+@sha256:[0-9a-f]{64}`));
      }
      const downloads = fs.mkdtempSync(path.join(lab.factory.home, "downloads-"));
      for (const [name, data] of Object.entries(lab.outside.contents))
        fs.writeFileSync(path.join(downloads, name), data);
      await lab.keys.gpg(
        "release",
        "--verify",
        ...["sha256sum.txt.asc", "sha256sum.txt"].map((name) => path.join(downloads, name)),
      );
      execFileSync("sha256sum", ["--check", "--quiet", "sha256sum.txt"], { cwd: downloads });
    });

    it("is offered to clusters: signed, and in the update graph of its stream", async () => {
      const service = "/api/v1/namespaces/okd-release/services/updates:http/proxy/updates.json";
      const { graphs, signatures } = JSON.parse(await lab.kubectl("get", "--raw", service)) as Everything;
      const digest = await lab.digestOf(NAME);
      assert.deepEqual(
        graphs["4-scos-next"]!.nodes.map(({ version, payload }) => [version, payload]),
        [[NAME, `${CONTENT}@${digest}`]],
      );
      assert.deepEqual(Object.keys(signatures), [digest]);
      const file = path.join(lab.factory.home, "signature");
      fs.writeFileSync(file, Buffer.from(signatures[digest]![0]!, "base64"));
      assert.ok((await lab.keys.gpg("release", "--quiet", "--decrypt", file)).includes(digest));
    });

    proves("changes nothing when it is made again, and when the same time comes again", async () => {
      lab.outside.requests = [];
      const { exitCode, text } = await lab.release("next");
      assert.equal(exitCode, 0, text);
      const runs = await lab.kubectl("get", "pipelineruns", "-o", "name");
      await lab.begins("again");
      assert.equal(await lab.kubectl("get", "pipelineruns", "-o", "name"), runs);
      assert.deepEqual(lab.outside.changes, []);
    });

    it("is started by its CronJobs' account as the stack has it, and in no other way", async () => {
      const [run] = await lab.periodicRuns();
      const { spec } = JSON.parse(await lab.kubectl("get", run!, "-o", "json")) as PipelineRun;
      assert.match(await lab.attempt(spec), /^pipelinerun.tekton.dev\//);
      const params = spec.params.map((param) => (param.name === "mode" ? { ...param, value: "dry-run" } : param));
      for (const changed of [{ params }, { taskRunTemplate: { serviceAccountName: "scheduler" } }]) {
        assert.match(
          await lab.attempt({ ...spec, ...changed }),
          /ValidatingAdmissionPolicy 'okd-release-started-runs' .*denied request/,
        );
      }
    });

    it("leaves no secret in logs, arguments of its tools, events, results, objects or state", async () => {
      const objects = "pods,events,configmaps,jobs,cronjobs,pipelineruns,taskruns,eventlisteners,triggers,deployments";
      const pods = (await lab.kubectl("get", "pods", "-o", "name"))
        .trim()
        .split("\n")
        .filter((pod) => !pod.startsWith("pod/affinity-assistant-")); // which come and go with runs, and say nothing
      const logs: string[] = [];
      for (const pod of pods) logs.push(await lab.kubectl("logs", pod, "--all-containers", "--prefix"));
      assert.match(logs.join("\n"), /pushed kind-registry/);
      for (const tool of [...WATCHED_TOOLS, "oc"]) {
        assert.match(lab.outside.arguments, new RegExp(`^${tool} `, "m"), `arguments of ${tool} are watched`);
      }
      const files = execFileSync("grep", ["-rlF", "okd-release-next", path.join(lab.factory.home, "data")], {
        encoding: "utf8",
      });
      const state = files
        .trim()
        .split("\n")
        .map((file) => fs.readFileSync(file, "utf8"));
      for (const text of [await lab.kubectl("get", objects, "-o", "yaml"), lab.outside.arguments, ...logs, ...state]) {
        assert.deepEqual(await lab.secretsIn(text), []);
      }
    });
  });
}
