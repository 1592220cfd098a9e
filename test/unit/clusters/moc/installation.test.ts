import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { AssistedService } from "../../../../components/clusters/moc/assisted-service";
import { BootOrder } from "../../../../components/clusters/moc/boot-order";
import { awaitInstallation } from "../../../../components/clusters/moc/installation";
import { recorded } from "../../../../components/clusters/moc/installation-record";
import { Ironic } from "../../../../components/openstack/ironic";
import { PAUSE } from "../../../../components/openstack/wait";
import { connect } from "../../../../components/kubernetes/connection";
import { WATCHER_TOKEN } from "../../../lab/installer/installation";
import { StandInMachines, type Rights } from "./stand-in-machines";

const COMPACT = ["control-plane-0", "control-plane-1", "control-plane-2"];
const LARGER = [...COMPACT, "worker-0", "worker-1"];
const SINGLE = ["control-plane-0"];
const SETS: Rights = { bootDevice: true, eject: false };
const EJECTS: Rights = { bootDevice: false, eject: true };

describe("installation of OKD, in the order in which things really happen", () => {
  const { first } = PAUSE;
  let machines: StandInMachines;
  let said: string[];
  before(() => (PAUSE.first = 1));
  after(() => (PAUSE.first = first));
  beforeEach(() => (said = []));
  afterEach(() => machines.stop());

  const begin = async (
    names: string[],
    rights: Rights,
    options: ConstructorParameters<typeof StandInMachines>[2] = {},
  ) => {
    machines = new StandInMachines(names, rights, options);
    await machines.start();
  };
  const parts = async ({ minimal = false, address = machines.address } = {}) => {
    const say = (line: string) => void said.push(line);
    const { hosts, installation, cloud } = machines;
    return {
      hosts,
      service: new AssistedService([address], WATCHER_TOKEN, installation.port),
      cluster: await connect(installation.cluster.kubeconfig),
      boots: new BootOrder(new Ironic(cloud.client()), hosts, { minimal, say }),
      say,
    };
  };
  const install = async (...args: Parameters<typeof parts>) => awaitInstallation(await parts(...args));
  const bootsOnce = () =>
    assert.deepEqual(
      [...machines.installation.boots].sort(),
      machines.hosts.map(({ name }) => name),
    );

  for (const [site, rights] of [
    ["sets boot devices", SETS],
    ["ejects ISOs", EJECTS],
  ] as const) {
    for (const [layout, names] of [
      ["one node", SINGLE],
      ["three nodes", COMPACT],
      ["five nodes", LARGER],
    ] as const) {
      it(`joins all of ${layout} where a lessee ${site}, each after one boot from its disk`, async () => {
        await begin([...names], rights, { readsIso: true });
        await install();
        bootsOnce();
        assert.equal(machines.installation.refused, 0);
      });
    }
  }

  it("sets the boot device when a host is first heard of, long before it restarts", async () => {
    await begin(COMPACT, SETS);
    await install();
    assert.deepEqual(
      machines.changes.slice(0, 3).sort(),
      COMPACT.map((name) => `PUT boot_device ${name}`),
    );
    assert.ok(said.findIndex((line) => /Rebooting/.test(line)) > said.findIndex((line) => /discovering/.test(line)));
  });

  it("takes out what is read from until a host restarts, and what runs from memory at once", async () => {
    await begin(COMPACT, EJECTS, { readsIso: true });
    await assert.rejects(install({ minimal: true }), /installation of OKD has failed/);
    machines.stop();
    await begin(COMPACT, EJECTS);
    await install({ minimal: true });
    bootsOnce();
  });

  for (const name of LARGER) {
    it(`restarts ${name} from its disk where it booted the ISO again`, async () => {
      await begin(LARGER, SETS, { forgets: name });
      await install();
      assert.equal(machines.installation.boots.filter((it) => it === name).length, 2);
      assert.equal(machines.installation.boots.length, LARGER.length + 1);
      const restart = `${name} booted the installer again instead of its disk: it is restarted from the disk`;
      assert.deepEqual(
        said.filter((line) => /again/.test(line)),
        [restart],
      );
      assert.ok(machines.changes.includes(`PUT power ${name}`));
    });
  }

  it("restarts a single node from its disk where it booted the ISO again", async () => {
    await begin(SINGLE, SETS, { forgets: "control-plane-0" });
    await install();
    assert.deepEqual(machines.installation.boots, ["control-plane-0", "control-plane-0"]);
  });

  it("is gone on with by a run that has seen nothing of it, the rendezvous host in the ISO again among it", async () => {
    await begin(COMPACT, SETS, { forgets: "control-plane-0" });
    const { service, cluster } = await parts();
    const rendezvousIsLost = async () => {
      const look = await service.look();
      return look !== undefined && "id" in look && look.id.endsWith("2");
    };
    // What a killed run did: boot devices are set, and nobody is there when the rendezvous host restarts.
    const { boots } = await parts();
    let following = true;
    while (!(await rendezvousIsLost())) {
      await cluster.request("GET", "/api/v1/nodes").catch(() => undefined);
      const look = await service.look();
      if (following && look && "hosts" in look && look.hosts.length === 3) {
        await boots.follow({ service: look, cluster: { noCluster: "" } });
        following = false;
      }
    }
    await install();
    assert.deepEqual(machines.installation.boots.slice(-2), ["control-plane-0", "control-plane-0"]);
    assert.equal(said.filter((line) => /again/.test(line)).length, 1);
  });

  it("tells of each host's stages, of a failed validation with its remedy, and of the cluster", async () => {
    await begin(COMPACT, SETS, { fails: "control-plane-1" });
    await install();
    for (const line of [
      "The rendezvous host runs and prepares the installation",
      "control-plane-1: discovering",
      "control-plane-1 cannot be installed yet: Host couldn't synchronize with any NTP server (ntp-synced: the nodes need time servers that they reach: cluster.okd.ntp)",
      "control-plane-2: Writing image to disk",
      "control-plane-2: Writing image to disk 50 %",
      "control-plane-1: Rebooting",
      "control-plane-0: Waiting for control plane",
      "control-plane-0: Rebooting",
      "Nodes that are ready: 2 of 3, not yet control-plane-0",
      "Nodes that are ready: 3 of 3",
      "OKD: Working towards 4.21.0: 640 of 900 done (71% complete)",
    ]) {
      assert.ok(said.includes(line), `${line}\n---\n${said.join("\n")}`);
    }
    assert.equal(new Set(said).size, said.length, "a line is said twice");
  });

  it("says at once that the rendezvous host is not reached, and comes to its end by the cluster alone", async () => {
    await begin(COMPACT, SETS);
    // Set by the run before, from where the network was reached.
    for (const { node } of machines.hosts) await new Ironic(machines.cloud.client()).setBootDevice(node, "disk");
    await install({ address: "127.0.0.1.invalid" });
    assert.match(
      said[0]!,
      /^control-plane-0 does not answer yet \(.*\)\. It is booting, or this machine does not reach the nodes' network/,
    );
    assert.ok(said.includes("Nodes that are ready: 3 of 3"));
  });

  it("that fails says why, and keeps log, service, cluster and a kubeconfig for its owner alone", async () => {
    await begin(COMPACT, SETS);
    machines.installation.fail("cluster has hosts in error");
    const home = mkdtempSync(path.join(tmpdir(), "installation-test-"));
    const folder = path.join(home, "moc", "installation");
    try {
      const { kubeconfig } = machines.installation.cluster;
      const { service, cluster, ...rest } = await parts();
      const attempt = recorded({ folder, service, cluster, kubeconfig }, (log) =>
        awaitInstallation({ ...rest, service, cluster, say: log }),
      );
      await assert.rejects(attempt, (error: Error) => {
        assert.match(
          error.message,
          /^The installation of OKD has failed: cluster has hosts in error\. What was seen is in /,
        );
        assert.ok(error.message.includes(folder), error.message);
        return true;
      });
      const read = (name: string) => readFileSync(path.join(folder, name), "utf8");
      assert.equal(read("kubeconfig"), kubeconfig);
      assert.match(read("installation.log"), /Z The installation of OKD has failed/);
      assert.match(read("service.json"), /"status": "error"[\s\S]*reached installation stage/);
      assert.match(read("cluster.json"), /clusterOperators/);
      assert.equal(statSync(folder).mode & 0o777, 0o700);
      assert.equal(statSync(path.join(folder, "kubeconfig")).mode & 0o777, 0o600);
    } finally {
      rmSync(home, { recursive: true });
    }
  });

  it("that succeeds leaves no record", async () => {
    await begin(SINGLE, SETS);
    const home = mkdtempSync(path.join(tmpdir(), "installation-test-"));
    const { service, cluster, ...rest } = await parts();
    const { kubeconfig } = machines.installation.cluster;
    await recorded({ folder: home, service, cluster, kubeconfig }, (log) =>
      awaitInstallation({ ...rest, service, cluster, say: log }),
    );
    assert.ok(!existsSync(home));
  });
});
