import assert from "node:assert/strict";
import { renderAgentConfig } from "../../../../components/clusters/moc/agent-config";
import { renderDnsRecords } from "../../../../components/clusters/moc/dns-records";
import { renderInstallConfig } from "../../../../components/clusters/moc/install-config";
import { nodesOf } from "../../../../components/clusters/moc/layout";

const CLUSTER = { name: "moc", baseDomain: "example.org", cidr: "192.168.20.0/24" };
const VIRTUAL = { api: "192.168.20.5", ingress: "192.168.20.6" };

describe("layout of a cluster on the MOC", () => {
  it("names nodes by what they do, control planes first", () => {
    assert.deepEqual(nodesOf({ controlPlanes: 1, workers: 0 }), [{ name: "control-plane-0", role: "master" }]);
    assert.deepEqual(nodesOf({ controlPlanes: 3, workers: 2 }), [
      { name: "control-plane-0", role: "master" },
      { name: "control-plane-1", role: "master" },
      { name: "control-plane-2", role: "master" },
      { name: "worker-0", role: "worker" },
      { name: "worker-1", role: "worker" },
    ]);
  });
});

describe("install-config.yaml", () => {
  it("of a single node has no platform and no address that moves", () => {
    assert.deepEqual(renderInstallConfig({ ...CLUSTER, controlPlanes: 1, workers: 0 }), {
      apiVersion: "v1",
      metadata: { name: "moc" },
      baseDomain: "example.org",
      controlPlane: { name: "master", architecture: "amd64", replicas: 1 },
      compute: [{ name: "worker", architecture: "amd64", replicas: 0 }],
      networking: {
        networkType: "OVNKubernetes",
        clusterNetwork: [{ cidr: "10.128.0.0/14", hostPrefix: 23 }],
        serviceNetwork: ["172.30.0.0/16"],
        machineNetwork: [{ cidr: "192.168.20.0/24" }],
      },
      platform: { none: {} },
    });
  });

  for (const [layout, controlPlanes, workers] of [
    ["compact", 3, 0],
    ["larger", 3, 4],
  ] as const) {
    it(`of a ${layout} one is bare metal with addresses that move`, () => {
      const config = renderInstallConfig({ ...CLUSTER, controlPlanes, workers, virtualAddresses: VIRTUAL });
      assert.deepEqual(config.platform, { baremetal: { apiVIPs: ["192.168.20.5"], ingressVIPs: ["192.168.20.6"] } });
      assert.deepEqual(config.controlPlane, { name: "master", architecture: "amd64", replicas: 3 });
      assert.deepEqual(config.compute, [{ name: "worker", architecture: "amd64", replicas: workers }]);
    });
  }
});

describe("agent-config.yaml", () => {
  const network = { prefixLength: 24, gateway: "192.168.20.1", nameservers: ["192.0.2.53", "192.0.2.54"] };

  it("knows each host by its card, sets its address and names the first as rendezvous host", () => {
    const [first, , second] = nodesOf({ controlPlanes: 2, workers: 1 });
    const hosts = [
      { ...first!, macAddress: "52:54:00:00:00:01", address: "192.168.20.17" },
      { ...second!, macAddress: "52:54:00:00:00:02", address: "192.168.20.12" },
    ];
    const host = (hostname: string, role: string, mac: string, ip: string) => ({
      hostname,
      role,
      interfaces: [{ name: "nic0", macAddress: mac }],
      rootDeviceHints: { deviceName: "/dev/sda" },
      networkConfig: {
        interfaces: [
          {
            name: "nic0",
            type: "ethernet",
            state: "up",
            "mac-address": mac,
            ipv4: { enabled: true, dhcp: false, address: [{ ip, "prefix-length": 24 }] },
            ipv6: { enabled: false },
          },
        ],
        "dns-resolver": { config: { server: ["192.0.2.53", "192.0.2.54"] } },
        routes: {
          config: [
            {
              destination: "0.0.0.0/0",
              "next-hop-address": "192.168.20.1",
              "next-hop-interface": "nic0",
              "table-id": 254,
            },
          ],
        },
      },
    });
    assert.deepEqual(renderAgentConfig({ name: "moc", hosts, network, rootDevice: "/dev/sda" }), {
      apiVersion: "v1beta1",
      kind: "AgentConfig",
      metadata: { name: "moc" },
      rendezvousIP: "192.168.20.17",
      hosts: [
        host("control-plane-0", "master", "52:54:00:00:00:01", "192.168.20.17"),
        host("worker-0", "worker", "52:54:00:00:00:02", "192.168.20.12"),
      ],
    });
  });

  it("leaves the disk to the installer where none is named", () => {
    const [node] = nodesOf({ controlPlanes: 1, workers: 0 });
    const hosts = [{ ...node!, macAddress: "52:54:00:00:00:01", address: "192.168.20.17" }];
    const { hosts: rendered } = renderAgentConfig({ name: "moc", hosts, network }) as { hosts: object[] };
    assert.equal("rootDeviceHints" in rendered[0]!, false);
  });
});

describe("DNS records", () => {
  const domain = "moc.example.org";

  it("lead the world to the floating addresses and nodes to their own", () => {
    assert.deepEqual(
      renderDnsRecords({ domain, inside: VIRTUAL, outside: { api: "203.0.113.5", ingress: "203.0.113.6" } }),
      [
        { name: "api.moc.example.org", address: "203.0.113.5" },
        { name: "api-int.moc.example.org", address: "192.168.20.5" },
        { name: "*.apps.moc.example.org", address: "203.0.113.6" },
      ],
    );
  });

  it("are the nodes' own where there are no floating ones", () => {
    assert.deepEqual(
      renderDnsRecords({ domain, inside: VIRTUAL }).map(({ address }) => address),
      ["192.168.20.5", "192.168.20.5", "192.168.20.6"],
    );
  });
});
