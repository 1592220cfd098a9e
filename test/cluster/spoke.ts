import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { buildOf, EventsLab, FIRST, labStream, NAMESPACE, REGISTRY, VERSION } from "./events-lab";
import { Factory } from "./factory";
import { offlineFolder } from "./needs";
import { pushAsArm } from "./other-machine";

const CLUSTERS = { hub: "t-events", spoke: "t-spoke" };
/** Secrets with the keys that both share, by where they are. */
const SECRETS = { hub: "spoke-keys", spoke: "hub-keys" };
const NONE = { mode: "none" };

/** Tests of a second cluster that builds arm64 for the first, on a cluster that has built {@link FIRST} before; after all others. */
export function describeSpoke(hub: () => EventsLab, hubSettings: () => { images: object; events: object }): void {
  describe("with a spoke in another cluster", () => {
    let bare: Factory;
    let there: Factory;
    let spoke: EventsLab;

    before(async () => {
      bare = new Factory(offlineFolder(), {
        cluster: { type: "kind", name: CLUSTERS.spoke },
        platform: { argoCd: NONE, kvmDevicePlugin: "none", tektonPipelines: NONE, tektonTriggers: NONE },
        streams: [],
      });
      const { exitCode, text } = await bare.run("up", "kind");
      assert.equal(exitCode, 0, text);
      // The stand-in for an arm64 machine: its label, and an image in which it says so.
      await bare.kubectl("label", "nodes", "--all", "--overwrite", "kubernetes.io/arch=arm64");
      const machine = await hub().kubectl("get", "task", "leave-record", "-o", "jsonpath={.spec.steps[0].image}");
      there = new Factory(offlineFolder(), {
        cluster: { type: "existing", kubeconfig: bare.kubeconfig, architectures: ["arm64"] },
        platform: {
          ...{ argoCd: NONE, kvmDevicePlugin: "none" },
          registry: { mode: "external", address: REGISTRY.pods, insecure: true },
        },
        images: { ...hubSettings().images, "coreos-assembler": pushAsArm(machine, bare.home) },
        streams: [labStream({ architectures: ["arm64"] })],
        events: {
          enabled: true,
          replicas: 1,
          hub: { address: await expose(hub(), CLUSTERS.hub), secret: SECRETS.spoke },
        },
      });
      spoke = new EventsLab(there, "existing");
      // its gate's pods wait for the Secret, which a person makes once there is a namespace
      const deployed = spoke.up();
      const namespace = async () => (await bare.kubectl("get", "namespace", NAMESPACE, "--ignore-not-found")) !== "";
      await Promise.race([deployed, hub().until(namespace, 300, `namespace ${NAMESPACE}`)]);
      await share(spoke, SECRETS.spoke);
      await deployed;

      await share(hub(), SECRETS.hub);
      const address = await expose(spoke, CLUSTERS.spoke);
      const { events, ...rest } = hubSettings();
      hub().factory.settings({
        ...rest,
        // So rarely that only the spoke's event can have a list composed.
        events: {
          ...{ ...events, reconcileSeconds: 3600 },
          spokes: [{ architectures: ["arm64"], address, secret: SECRETS.hub }],
        },
      });
      await hub().up();
    });
    after(async () => {
      if (!bare) return;
      await bare.run("destroy", "kind");
      there?.close();
      bare.close();
    });

    it("changes nothing there when it is deployed again", () => spoke.up("--expect-no-changes"));

    it("builds on both by one request, and composes one list when the spoke has told", async () => {
      const build = buildOf("second");
      const { commits } = hub().record(FIRST, "amd64");
      // the others are of a repository on disk, which has no server to ask: they are left to the runs
      const pinned = Object.entries(commits)
        .map(([name, commit]) => `${name}=${commit}`)
        .join(" ");
      for (const name of ["ask", "ask-again"]) assert.equal(await ask(name, build, pinned), pinned);
      const run = (architecture: string) => `rehearsal-okd-coreos-4-21-${architecture}-${build}`;
      await Promise.all([hub().succeeds(run("amd64"), 600), spoke.succeeds(run("arm64"), 600)]);
      const [amd64, arm64] = ["amd64", "arm64"].map((architecture) => hub().record(build, architecture));
      assert.deepEqual([amd64!.commits, arm64!.commits], [commits, commits]);
      await hub().composed(build, { amd64: amd64!.images, arm64: arm64!.images }, 120);
      assert.deepEqual(await spoke.runs(), [run("arm64")]);
      const here = (await hub().runs()).filter((name) => name.endsWith(build));
      assert.deepEqual(here, [`compose-okd-coreos-4-21-${build}`, run("amd64")]);
    });

    /** Asks for a build by Task request-build. @returns the commits that it asked for */
    async function ask(name: string, buildId: string, commits: string): Promise<string> {
      const params = Object.entries({ version: VERSION, "build-id": buildId, commits });
      await hub().create({
        apiVersion: "tekton.dev/v1",
        kind: "TaskRun",
        metadata: { name },
        spec: {
          taskRef: { name: "request-build" },
          serviceAccountName: "pipeline",
          params: params.map(([name, value]) => ({ name, value })),
        },
      });
      await hub().succeeds(name, 120, "taskrun");
      return hub().kubectl("get", "taskrun", name, "-o", "jsonpath={.status.results[0].value}");
    }
  });
}

/** Opens an EventListener to other clusters. @returns its address for them */
async function expose({ kubectl }: EventsLab, cluster: string): Promise<string> {
  await kubectl("expose", "service", "el-builds", "--type", "NodePort", "--name", "from-afar");
  const port = await kubectl("get", "service", "from-afar", "-o", "jsonpath={.spec.ports[0].nodePort}");
  const node = ["inspect", "--format", "{{.NetworkSettings.Networks.kind.IPAddress}}", `${cluster}-control-plane`];
  return `http://${execFileSync("docker", node, { encoding: "utf8" }).trim()}:${port}`;
}

async function share({ kubectl, factory }: EventsLab, name: string): Promise<void> {
  const file = path.join(factory.home, "keys");
  fs.writeFileSync(file, "shared by both");
  await kubectl("create", "secret", "generic", name, `--from-file=keys=${file}`);
}
