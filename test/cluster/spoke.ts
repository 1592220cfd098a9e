import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { buildOf, EventsLab, FIRST, labStream, VERSION } from "./events-lab";
import { Factory } from "./factory";
import { offlineFolder } from "./needs";

const SPOKE = "t-spoke";
/** Secrets with the keys that both share, by where they are. */
const SECRETS = { hub: "spoke-keys", spoke: "hub-keys" };

/**
 * Tests of a second cluster that builds amd64 for the first, on a cluster that has built {@link FIRST} before; after all others. For
 * what a third one would build, arm64, the test leaves the record.
 */
export function describeSpoke(
  hub: () => EventsLab,
  hubSettings: () => { images: object; events: object },
  hubCluster: string,
): void {
  describe("with a spoke in another cluster", () => {
    let there: Factory;
    let spoke: EventsLab;

    before(async () => {
      const address = await expose(hub(), hubCluster);
      there = new Factory(offlineFolder(), {
        cluster: { type: "kind", name: SPOKE },
        platform: { argoCd: { mode: "none" }, kvmDevicePlugin: "none" },
        images: hubSettings().images,
        streams: [labStream({ architectures: ["amd64"] })],
      });
      spoke = new EventsLab(there);
      await spoke.up();
      await share(spoke, SECRETS.spoke);
      there.settings({ events: { enabled: true, replicas: 1, hub: { address, secret: SECRETS.spoke } } });
      await spoke.up();

      await share(hub(), SECRETS.hub);
      const { events, ...rest } = hubSettings();
      hub().factory.settings({
        ...rest,
        // So rarely that only the spoke's event can have a list composed.
        events: {
          ...{ ...events, reconcileSeconds: 3600 },
          spokes: [
            {
              ...{ architectures: ["amd64"], address: await expose(spoke, SPOKE), secret: SECRETS.hub },
              recordKey: await spoke.kubectl("get", "configmap", "record-keys", "-o", "jsonpath={.data.own}"),
            },
          ],
        },
      });
      await hub().up();
    });
    after(async () => {
      if (!there) return;
      await there.succeeds("destroy", "kind");
      there.close();
    });

    it("changes nothing there when it is deployed again", () => spoke.up("--expect-no-changes"));

    it("builds there for a request, however often it comes, and composes one list when the spoke has told", async () => {
      const build = buildOf("second");
      const arm64 = { ...hub().record(FIRST, "arm64"), buildId: build, created: new Date().toISOString() };
      hub().leaveRecord(arm64, await hub().recordKey());
      const { commits } = arm64;
      const pinned = Object.entries(commits)
        .map((pair) => pair.join("="))
        .join(" ");
      for (const name of ["ask", "ask-again"]) assert.equal(await ask(name, build, pinned), pinned);
      const run = `rehearsal-okd-coreos-4-21-amd64-${build}`;
      await spoke.succeeds(run, 600);
      const amd64 = hub().record(build, "amd64");
      assert.deepEqual(amd64.commits, commits);
      await hub().composed(build, { amd64: amd64.images, arm64: arm64.images }, 120);
      assert.deepEqual(await spoke.runs(), [run]);
      assert.deepEqual(await hub().runsOf(build), [`compose-okd-coreos-4-21-${build}`]);
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
          serviceAccountName: "requester",
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
