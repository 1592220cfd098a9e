import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { isInstalled } from "../../../../components/clusters/moc/installed";
import { nodesOf } from "../../../../components/clusters/moc/layout";
import { requireWaysToBoot } from "../../../../components/clusters/moc/ways-to-boot";
import type { OpenStack } from "../../../../components/openstack/client";
import { DIGEST, digestOf, properties } from "../../../../components/openstack/marks";
import type { LeaseSource } from "../../../../components/openstack/lease-provider";
import { FakeCloud, type Answer } from "../../openstack/fake-cloud";

type NodeFields = Record<string, unknown>;

describe("a cluster on the MOC that may be installed already", () => {
  let cloud: FakeCloud;
  let account: OpenStack;
  let folder: string;
  let nodes: NodeFields[];
  let images: object[];
  let leases: { uuid: string; properties?: object }[];
  before(async () => {
    cloud = new FakeCloud(({ path: at }): Answer => {
      const [, lease] = /\/lease\/v1\/leases(?:\/([^?]+))?/.exec(at) ?? [];
      if (lease) return { status: 200, body: leases.find(({ uuid }) => uuid === lease) };
      if (at.startsWith("/lease/v1/leases")) return { status: 200, body: { leases } };
      if (at.includes("/v1/nodes/detail")) return { status: 200, body: { nodes } };
      if (at.includes("/v2/images")) return { status: 200, body: { images } };
      return { status: 404 };
    });
    await cloud.start();
    const endpoints = [{ interface: "public", region: "RegionOne", url: `${cloud.url}/image` }];
    cloud.catalogue.push({ type: "image", endpoints });
    account = cloud.client();
  });
  after(() => cloud.stop());
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "installed-test-"));
    images = [];
    nodes = [];
    leases = [];
    cloud.requests.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const CLAIMED: LeaseSource = { offer: { resourceClass: "large" }, hours: 8 };
  /** As they are deployed: on machines that were claimed. */
  const run = (stack: string, ...names: string[]) => {
    for (const name of names) {
      const node = { uuid: `id-of-${name}`, name: `machine-of-${name}` };
      nodes.push({
        ...{ ...node, provision_state: "active" },
        instance_info: { ...properties({ stack, name }), other: 1 },
      });
      leases.push({
        ...{ uuid: `lease-of-${name}`, project_id: "p1", status: "active", resource_uuid: node.uuid },
        properties: { ...properties({ stack, name }), [DIGEST]: digestOf({ ...CLAIMED, hours: undefined }) },
      });
    }
  };
  const look = (
    controlPlanes: number,
    workers: number,
    more: object = {},
    sourceOf: (name: string) => LeaseSource = () => CLAIMED,
  ) => {
    const names = nodesOf({ controlPlanes, workers }).map(({ name }) => name);
    const planned = names.map((name) => ({ stack: "moc", name, source: sourceOf(name) }));
    return isInstalled(account, { stack: "moc", cloud: "site", leases: planned, ...more });
  };
  const COMPACT = ["control-plane-0", "control-plane-1", "control-plane-2"];

  it("is not, where nothing runs, or another stack's nodes do", async () => {
    assert.equal(await look(3, 0), false);
    run("moc-test", ...COMPACT);
    nodes.push({ provision_state: "available", instance_info: properties({ stack: "moc", name: "control-plane-0" }) });
    assert.equal(await look(3, 0), false);
  });

  it("is not, as long as there is an ISO, whatever the nodes are", async () => {
    run("moc", ...COMPACT);
    images = [{ id: "iso", status: "active" }];
    assert.equal(await look(3, 2), false);
    const server = { folder, url: "https://iso.example.org" };
    writeFileSync(path.join(folder, "okd-streams-moc-00000000-0000-4000-8000-000000000000.iso"), "");
    assert.equal(await look(3, 2, { server }), false);
    writeFileSync(path.join(folder, "okd-streams-moc-test-00000000-0000-4000-8000-000000000000.iso"), "");
    rmSync(path.join(folder, "okd-streams-moc-00000000-0000-4000-8000-000000000000.iso"));
    assert.equal(await look(3, 0, { server }), true);
  });

  it("is, where its nodes run and the ISO is gone", async () => {
    run("moc", ...COMPACT, "worker-0");
    assert.equal(await look(3, 1), true);
  });

  it("is, whatever somebody is about with a node that runs", async () => {
    run("moc", ...COMPACT);
    nodes[1]!.provision_state = "rescue";
    assert.equal(await look(3, 0), true);
  });

  it("is on the machines that it is on: claimed ones for other hours, granted ones, own ones by name and id", async () => {
    run("moc", ...COMPACT);
    const on = (sourceOf: (name: string) => LeaseSource) => look(3, 0, {}, sourceOf);
    assert.equal(await on(() => ({ ...CLAIMED, hours: 48 })), true);
    assert.equal(await on((name) => ({ uuid: `lease-of-${name}` })), true);
    assert.equal(await on((name) => ({ node: `machine-of-${name}`, hours: 8 })), true);
    assert.equal(await on((name) => ({ node: `id-of-${name}`, hours: 8 })), true);
    // An earlier version did not note what a lease was claimed for.
    leases[0]!.properties = properties({ stack: "moc", name: COMPACT[0]! });
    assert.equal(await on(() => CLAIMED), true);
  });

  /** What an installed cluster is not given, as nothing could join it. */
  const others: [
    name: string,
    runs: string[],
    layout: [number, number],
    sentence: RegExp,
    sourceOf?: (name: string) => LeaseSource,
  ][] = [
    [
      "a worker more",
      COMPACT,
      [3, 1],
      /on 3 nodes, and cluster\.nodes asks for 4 .*: worker-0 would be claimed and could not join/,
    ],
    ["control planes more", COMPACT, [5, 0], /control-plane-3, control-plane-4 would be claimed and could not join/],
    ["a node that was lost", COMPACT.slice(0, 2), [3, 0], /control-plane-2 would be claimed and could not join/],
    [
      "a worker less",
      [...COMPACT, "worker-0", "worker-1"],
      [3, 1],
      /worker-1 would be wiped while the cluster counts on it: `npm run give-back -- moc worker-1` takes a worker out first\./,
    ],
    [
      "control planes less",
      [...COMPACT, "control-plane-3", "worker-0"],
      [3, 0],
      /: control-plane-3 would be wiped with a member of etcd: control planes stay, so leave cluster\.nodes\.controlPlanes as it was\./,
    ],
    [
      "another lease for a node",
      COMPACT,
      [3, 0],
      /its control-plane-1 is machine-of-control-plane-1, but cluster\.nodes\.leases has lease lease-of-worker-0 for it: that would wipe it/,
      (name) => ({ uuid: `lease-of-${name.replace("control-plane-1", "worker-0")}` }),
    ],
    [
      "leases in another order",
      COMPACT,
      [3, 0],
      /its control-plane-0 is .*, but cluster\.nodes\.leases has lease lease-of-control-plane-2 for it/,
      (name) => ({ uuid: `lease-of-control-plane-${String(2 - Number(name.slice(-1)))}` }),
    ],
    [
      "another machine of its owner's",
      COMPACT,
      [3, 0],
      /its control-plane-2 is .*, but cluster\.nodes\.own has R4U7 for it/,
      (name) => ({ node: name === "control-plane-2" ? "R4U7" : `machine-of-${name}`, hours: 8 }),
    ],
    [
      "machines of another class",
      COMPACT,
      [3, 0],
      /but cluster\.nodes asks for another resourceClass or other properties than it was claimed by/,
      () => ({ offer: { resourceClass: "small" }, hours: 8 }),
    ],
  ];
  for (const [name, runs, [controlPlanes, workers], sentence, sourceOf] of others) {
    it(`is refused ${name} before anything is claimed`, async () => {
      run("moc", ...runs);
      leases.push({ uuid: "lease-of-worker-0", ...{ status: "active", resource_uuid: "spare" } });
      await assert.rejects(look(controlPlanes, workers, {}, sourceOf), (error: Error) => {
        assert.match(error.message, sentence);
        assert.match(error.message, / Nothing was changed\.$/);
        return true;
      });
      const sent = cloud.requests.filter(({ method, path: at }) => method !== "GET" && !at.endsWith("/auth/tokens"));
      assert.deepEqual(sent, []);
    });
  }

  it("is refused claims instead of machines that it was granted", async () => {
    run("moc", ...COMPACT);
    for (const lease of leases) lease.properties = {};
    await assert.rejects(look(3, 0), { message: /but cluster\.nodes asks for a machine that is claimed: / });
  });
});

describe("nodes that are held already", () => {
  let cloud: FakeCloud;
  let node: NodeFields;
  let mayBoot = 204;
  before(async () => {
    cloud = new FakeCloud(({ path: at, method }): Answer => {
      if (at.startsWith("/lease/v1/leases/"))
        return { status: 200, body: { uuid: "lease", status: "active", resource_uuid: "node" } };
      if (at.startsWith("/lease")) return { status: 200, body: { leases: [] } };
      if (method === "GET") return { status: 200, body: node };
      return at.includes("boot_device") ? { status: mayBoot } : { status: 403 };
    });
    await cloud.start();
  });
  after(() => cloud.stop());
  const claim = { stack: "moc", name: "control-plane-0", source: { hours: 1, offer: {} } };
  const granted = { ...claim, source: { uuid: "lease" } };

  it("are asked whether they leave the ISO, and nobody else is", async () => {
    node = { uuid: "node", name: "r4u25", provision_state: "available", boot_interface: "ipxe" };
    mayBoot = 204;
    await requireWaysToBoot(cloud.client(), [granted, claim]);
    mayBoot = 403;
    await requireWaysToBoot(cloud.client(), [claim]);
    await assert.rejects(requireWaysToBoot(cloud.client(), [granted]), { message: /^Node node was not deployed/ });
    node.provision_state = "active";
    await requireWaysToBoot(cloud.client(), [granted]);
  });

  it("are refused where they boot no ISO", async () => {
    node = { uuid: "node", name: "r4u25", provision_state: "active", boot_interface: "pxe" };
    await assert.rejects(requireWaysToBoot(cloud.client(), [granted]), { message: /^Node r4u25 boots by plain PXE/ });
  });
});
