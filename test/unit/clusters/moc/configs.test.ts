import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";
import { renderAgentConfig } from "../../../../components/clusters/moc/agent-config";
import { renderDnsRecords } from "../../../../components/clusters/moc/dns-records";
import { renderInstallConfig, renderSurroundings } from "../../../../components/clusters/moc/install-config";
import { nodesOf } from "../../../../components/clusters/moc/layout";
import { mirrorsOf } from "../../../../components/clusters/moc/mirrors";
import { readTrustBundle } from "../../../../components/clusters/moc/trust-bundle";
import { mirrored as imageOf } from "../../../../components/image-reference";

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

describe("what is between a cluster and the world", () => {
  it("is nothing where nothing is said", () => {
    assert.equal(renderSurroundings({}), undefined);
    assert.equal(renderSurroundings({ mirrors: [] }), undefined);
  });

  it("is proxies, certificates and mirrors, as install-config.yaml has them", () => {
    assert.deepEqual(
      renderSurroundings({
        proxy: { http: "http://proxy:3128", https: "http://proxy:3129", noProxy: [".example.org", "192.168.0.0/16"] },
        trustBundle: "-----BEGIN CERTIFICATE-----",
        mirrors: [{ source: "quay.io/okd", mirror: "mirror.example.org/quay.io/okd" }],
      }),
      {
        proxy: {
          httpProxy: "http://proxy:3128",
          httpsProxy: "http://proxy:3129",
          noProxy: ".example.org,192.168.0.0/16",
        },
        additionalTrustBundle: "-----BEGIN CERTIFICATE-----",
        additionalTrustBundlePolicy: "Always",
        imageDigestSources: [{ source: "quay.io/okd", mirrors: ["mirror.example.org/quay.io/okd"] }],
      },
    );
  });

  const mirrored = (reference: string) => imageOf(reference, "mirror.example.org/okd/");
  for (const [name, release, sources] of [
    ["OKD's own release", undefined, ["quay.io/okd"]],
    ["one of OKD's by digest", `quay.io/okd/scos-release@sha256:${"0".repeat(64)}`, ["quay.io/okd"]],
    ["somebody's release", "quay.io/me/okd/release:4.21", ["quay.io/okd", "quay.io/me/okd"]],
    ["one at the top of a registry", "ghcr.io/release:4.21", ["quay.io/okd", "ghcr.io/release"]],
    ["one of a registry that is not mirrored", "registry:5000/okd/release:4.21", ["quay.io/okd"]],
  ] as const) {
    it(`is mirrors of what lies beside ${name}`, () => {
      const expected = sources.map((source) => ({ source, mirror: `mirror.example.org/okd/${source}` }));
      assert.deepEqual(mirrorsOf(mirrored, release), expected);
    });
  }

  it("is no mirror where the stack has none", () => {
    assert.deepEqual(
      mirrorsOf((reference) => imageOf(reference, undefined)),
      [],
    );
  });
});

describe("certificates that a cluster trusts", () => {
  const folder = mkdtempSync(join(tmpdir(), "okd-streams-trust-"));
  after(() => rmSync(folder, { recursive: true }));
  const file = (text: string) => {
    const name = join(folder, "ca.pem");
    writeFileSync(name, text);
    return name;
  };
  const read = (text: string) => readTrustBundle(file(text), "cluster.okd.trustBundle");

  it("are those of a file, without what else is in it", async () => {
    const { cert, private: key } = await generate([{ name: "commonName", value: "authority" }]);
    assert.equal(read(`# of the site\n${cert}${key}\n${cert}`), `${cert.trim()}\n${cert.trim()}\n`);
  });

  it("are refused where the file has none, half of one, or is not there", async () => {
    const { cert } = await generate([{ name: "commonName", value: "authority" }]);
    const half = cert.replace(/\n.*\n-----END/, "\n-----END");
    assert.throws(() => read("nothing"), {
      message: /^cluster.okd.trustBundle: \S+ holds no certificate in PEM form\.$/,
    });
    assert.throws(() => read(`${cert}\n${half}`), { message: /: certificate 2 of \S+ cannot be read: is it whole\?$/ });
    assert.throws(() => readTrustBundle("/nowhere", "cluster.okd.trustBundle"), {
      message: "cluster.okd.trustBundle: /nowhere is not there.",
    });
  });
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

describe("agent-config.yaml of nodes with tagged networks", () => {
  it("has an interface of each on the card, with an address and packets of its own", () => {
    const [node] = nodesOf({ controlPlanes: 1, workers: 0 });
    const tagged = [
      { vlan: 301, address: "192.168.50.7", prefixLength: 24, mtu: 1500 },
      { vlan: 302, address: "192.168.51.7", prefixLength: 25, mtu: 9000 },
    ];
    const hosts = [{ ...node!, macAddress: "52:54:00:00:00:01", address: "192.168.20.17", tagged }];
    const network = { prefixLength: 24, gateway: "192.168.20.1", nameservers: ["192.0.2.53"], mtu: 9000 };
    const { hosts: rendered } = renderAgentConfig({ name: "moc", hosts, network }) as {
      hosts: { interfaces: object[]; networkConfig: { interfaces: object[]; routes: { config: object[] } } }[];
    };
    const [{ interfaces, networkConfig }] = rendered as [(typeof rendered)[0]];
    // By the installer's own table of MAC addresses: a VLAN has its card's.
    assert.deepEqual(interfaces, [{ name: "nic0", macAddress: "52:54:00:00:00:01" }]);
    const vlan = (index: number, id: number, mtu: number, ip: string, prefix: number) => ({
      ...{ name: `tagged${String(index)}`, type: "vlan", state: "up", mtu, vlan: { "base-iface": "nic0", id } },
      ipv4: { enabled: true, dhcp: false, address: [{ ip, "prefix-length": prefix }] },
      ipv6: { enabled: false },
    });
    assert.deepEqual(networkConfig.interfaces.slice(1), [
      vlan(0, 301, 1500, "192.168.50.7", 24),
      vlan(1, 302, 9000, "192.168.51.7", 25),
    ]);
    assert.equal(networkConfig.routes.config.length, 1);
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
