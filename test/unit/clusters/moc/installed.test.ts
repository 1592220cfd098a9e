import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { isInstalled } from "../../../../components/clusters/moc/installed";
import { requireWaysToBoot } from "../../../../components/clusters/moc/ways-to-boot";
import type { OpenStack } from "../../../../components/openstack/client";
import { properties } from "../../../../components/openstack/marks";
import { FakeCloud, type Answer } from "../../openstack/fake-cloud";

type NodeFields = Record<string, unknown>;

describe("a cluster on the MOC that may be installed already", () => {
  let cloud: FakeCloud;
  let account: OpenStack;
  let folder: string;
  let nodes: NodeFields[];
  let images: object[];
  before(async () => {
    cloud = new FakeCloud(({ path: at }): Answer => {
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
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (stack: string, ...names: string[]) =>
    nodes.push(
      ...names.map((name) => ({
        provision_state: "active",
        instance_info: { ...properties({ stack, name }), other: 1 },
      })),
    );
  const look = (controlPlanes: number, workers: number, more: object = {}) =>
    isInstalled(account, { stack: "moc", cloud: "site", layout: { controlPlanes, workers }, ...more });
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

  const others: [name: string, runs: string[], layout: [number, number], sentence: RegExp][] = [
    [
      "a node more",
      COMPACT,
      [3, 1],
      /on 3 nodes, and cluster\.nodes asks for 4 .*: worker-0 would be claimed and could not join/,
    ],
    ["a node that was lost", COMPACT.slice(0, 2), [3, 0], /control-plane-2 would be claimed and could not join/],
    [
      "a node less",
      [...COMPACT, "worker-0", "worker-1"],
      [3, 1],
      /worker-1 would be wiped while the cluster counts on it: `npm run give-back -- moc worker-1` takes a worker out first\. Nothing was changed\.$/,
    ],
  ];
  for (const [name, runs, [controlPlanes, workers], sentence] of others) {
    it(`is refused ${name} before anything is claimed`, async () => {
      run("moc", ...runs);
      await assert.rejects(look(controlPlanes, workers), { message: sentence });
    });
  }
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
