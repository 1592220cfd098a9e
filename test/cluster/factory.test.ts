import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { describeEvents } from "./events";
import { Factory, type Finished } from "./factory";
import { inSequence } from "../sequence";
import { offlineFolder, skipUnless } from "./needs";
import { describePayloads } from "./payloads";
import { describeReleases } from "./releases";
import { claimsOfRuns, describeTwoRuns } from "./two-runs";

const CLUSTER = "t-factory";

/** Streams of the rehearsal: one that builds its RPMs too, and the recipe of one stage. What lies between, 4.21, is built by an event. */
const VERSIONS = ["5.0", "4.18"];

/** What is rendered in part: secret data never is, nor what is known after up alone. */
const IN_PART = [
  ...["configmap-record-keys", "interceptor-complete-build", "interceptor-signed-event"],
  ...["secret-event-signing-keys", "secret-gate-tls", "secret-record-signing-key"],
];

/**
 * One cluster, with Tekton and Triggers installed once, for all that a stack of type kind does; each group of tests begins with the
 * settings that it needs, whether those before it went well or not.
 */
describe("a factory on KinD", function () {
  this.timeout("20m");
  let factory: Factory;
  let first: Finished;

  before(async function () {
    skipUnless(this, {
      bin: ["kind", "kubectl", "pulumi", "pulumi-resource-kubernetes", "pulumi-resource-pulumi-nodejs"],
      manifests: ["tekton-pipelines", "tekton-triggers", "tekton-interceptors"],
    });
    const argoCd = fs.existsSync(path.join(offlineFolder(), "manifests", "argo-cd.yaml"));
    if (!argoCd) console.log("      without Argo CD: the offline folder has no manifests/argo-cd.yaml");
    factory = new Factory(offlineFolder(), {
      cluster: { type: "kind", name: CLUSTER },
      // The night's build would come among those of the tests.
      streams: VERSIONS.map((version) => ({ version, ...(version === "5.0" && { schedule: "@yearly" }) })),
      ...(!argoCd && { platform: { argoCd: { mode: "none" } } }),
    });
    first = await factory.succeeds("up", "kind");
  });

  after(async () => {
    if (!factory) return;
    factory.endForwards();
    await factory.run("destroy", "kind");
    factory.close();
  });

  describe("as it is at first", function () {
    inSequence(this);

    it("is deployed by one command", async () => {
      assert.match(first.text, /npm run build -- kind/);
      const pods = await factory.kubectl("get", "deployments", "-n", "tekton-pipelines", "-o", "name");
      assert.match(pods, /tekton-pipelines-controller/);
      assert.match(pods, /tekton-triggers-controller/);
      assert.match(first.text, /send event {4}kubectl .* --from=cronjob\/build-5-0 /);
      const ours = await factory.kubectl("get", "deployments", "-n", "okd-coreos", "-o", "name");
      assert.deepEqual(
        ours.trim().split("\n"),
        ["el-builds", "el-git", "gate", "status"].map((it) => `deployment.apps/${it}`),
      );
    });

    it("changes nothing when it is deployed again", async () => {
      await factory.succeeds("up", "kind", "--expect-no-changes");
    });

    it("has objects that are just as they were rendered", async () => {
      const folder = path.join(factory.home, "rendered");
      await factory.succeeds("render", "kind", "--out", folder);
      for (const file of IN_PART) fs.rmSync(path.join(folder, "okd-coreos", `${file}.yaml`));
      const { exitCode, text } = await factory.exec("kubectl", [
        ...["--kubeconfig", factory.kubeconfig, "diff", "--server-side", "--force-conflicts", "--recursive"],
        ...["--field-manager", "okd-streams", "-f", path.join(folder, "okd-coreos")],
      ]);
      assert.equal(exitCode, 0, text);
    });

    it("builds versions side by side, and says that it was a rehearsal", async () => {
      // As somebody would after `npm start`: the stack knows its offline folder.
      delete factory.environment.OKD_STREAMS_OFFLINE;
      const ends = await Promise.all(VERSIONS.map((version) => factory.run("build", "kind", version)));
      for (const [index, { exitCode, text }] of ends.entries()) {
        assert.equal(exitCode, 0, `${VERSIONS[index]!}: ${text}`);
        assert.match(text, /rehearsal: no operating system was built/);
      }
    });

    it("gave each run a volume that no other had, and has none any more, though their Pods and logs are there", async () => {
      const claims = await claimsOfRuns(factory);
      assert.equal(claims.size, VERSIONS.length);
      assert.equal(new Set([...claims.values()].flat()).size, VERSIONS.length, "one each");
      await factory.kubectl("create", "job", "-n", "okd-coreos", "--from=cronjob/volumes", "volumes-now");
      const until = ["--for=condition=Complete", "--timeout=300s"];
      await factory.kubectl("wait", "-n", "okd-coreos", ...until, "job/volumes-now");
      assert.equal(await factory.kubectl("get", "persistentvolumeclaims", "-n", "okd-coreos", "-o", "name"), "");
      assert.equal((await claimsOfRuns(factory)).size, VERSIONS.length);
    });

    describeTwoRuns(() => factory);

    it("keeps no secret in clear in its state", async () => {
      const state = await factory.exec("grep", ["-rlE", "client-key-data|BEGIN [A-Z ]*PRIVATE KEY", factory.home]);
      const files = state.stdout.split("\n").filter((file) => file && !file.endsWith("kubeconfigs/kind.yaml"));
      assert.deepEqual(files, []);
    });
  });

  describeEvents(() => factory, CLUSTER);
  describeReleases(() => factory);
  describePayloads(() => factory);

  describe("in the end", function () {
    inSequence(this);
    before(() => {
      factory.endForwards();
    });

    it("refuses to be removed while others use its Tekton", async () => {
      await factory.kubectl("create", "namespace", "somebody");
      const run = path.join(factory.home, "run.json");
      fs.writeFileSync(
        run,
        JSON.stringify({
          apiVersion: "tekton.dev/v1",
          kind: "TaskRun",
          metadata: { name: "theirs", namespace: "somebody" },
          spec: { taskRef: { name: "not-there" } },
        }),
      );
      await factory.kubectl("create", "-f", run);
      const { exitCode, text } = await factory.run("destroy", "kind");
      assert.equal(exitCode, 1, text);
      assert.match(text, /somebody\/theirs/);
      await factory.kubectl("get", "pipeline", "-n", "okd-coreos", "okd-coreos");
      await factory.kubectl("delete", "namespace", "somebody");
    });

    it("is removed without a trace", async () => {
      await factory.succeeds("destroy", "kind");
      const { stdout } = await factory.exec("docker", ["ps", "-a", "--format", "{{.Names}}"]);
      assert.doesNotMatch(stdout, new RegExp(`^(${CLUSTER}-|kind-registry)`, "m"));
      const left = fs.readdirSync(path.join(factory.home, "data", "okd-streams", "workspaces"));
      assert.deepEqual(left, []);
    });
  });
});
