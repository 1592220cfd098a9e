import assert from "node:assert/strict";
import { provider, type DnsRecordsInputs } from "../../../../components/clusters/moc/dns-records-provider";
import { reachedDirectly } from "../../../../components/clusters/moc/reached-directly";
import { wrongWith } from "../../../../components/clusters/moc/resolve";
import { PAUSE } from "../../../../components/openstack/wait";
import { NameServer } from "../../../lab/installer/name-server";

const API = { name: "api.moc.example.org", address: "203.0.113.5" };
const APPS = { name: "*.apps.moc.example.org", address: "203.0.113.6" };

describe("DNS records of a cluster", () => {
  const { error } = console;
  const { first } = PAUSE;
  let server: NameServer;
  let nameservers: string[];
  let said: string[];
  beforeEach(async () => {
    PAUSE.first = 1;
    server = new NameServer();
    nameservers = [await server.start()];
    said = [];
    console.error = (line: string) => said.push(line);
  });
  afterEach(() => {
    PAUSE.first = first;
    console.error = error;
    server.stop();
  });

  const inputs = (more: Partial<DnsRecordsInputs> = {}): DnsRecordsInputs => ({
    ...{ stack: "moc", records: [API, APPS], needed: [API.name, APPS.name], nameservers },
    ...more,
  });

  it("are right, missing or others', as the nodes' name servers have them", async () => {
    server.records.set(API.name, API.address).set(APPS.name, "192.0.2.1");
    assert.equal(await wrongWith(API, nameservers), undefined);
    assert.equal(
      await wrongWith(APPS, nameservers),
      "*.apps.moc.example.org leads to 192.0.2.1 instead of 203.0.113.6",
    );
    assert.equal(
      await wrongWith({ ...API, name: "api-int.moc.example.org" }, nameservers),
      "api-int.moc.example.org is not there: A 203.0.113.5",
    );
  });

  it("are said at once, and waited for until they are there", async () => {
    let questions = 0;
    server.onQuestion = () => {
      if (++questions === 3) server.records.set(API.name, API.address).set(APPS.name, APPS.address);
    };
    const { id } = await provider.create!(inputs());
    assert.equal(id, "moc-dns");
    assert.deepEqual(said, [
      "DNS: api.moc.example.org A 203.0.113.5",
      "DNS: *.apps.moc.example.org A 203.0.113.6",
      "DNS: the nodes wait for the records: api.moc.example.org is not there: A 203.0.113.5; *.apps.moc.example.org is not there: A 203.0.113.6",
    ]);
  });

  it("are not asked for where the cluster does without", async () => {
    await provider.create!(inputs({ needed: [] }));
    assert.deepEqual(server.asked, []);
    assert.equal(said.length, 2);
  });

  it("are looked at again when an address changes, and never otherwise", async () => {
    const diff = (news: Partial<DnsRecordsInputs>) => provider.diff!("moc-dns", inputs(), inputs(news));
    assert.deepEqual(await diff({ nameservers: ["192.0.2.1"] }), { changes: false });
    assert.deepEqual(await diff({ records: [API, { ...APPS, address: "203.0.113.7" }] }), { changes: true });
  });
});

describe("a kubeconfig where no DNS leads to the cluster", () => {
  it("leads to its address, and expects the certificate of its name", () => {
    const kubeconfig =
      "clusters: [{name: 'on', cluster: {server: https://api.moc.example.org:6443, certificate-authority-data: CA}}]";
    assert.equal(
      reachedDirectly(kubeconfig, "203.0.113.5"),
      [
        "clusters:",
        // Without quotes kubectl would read a boolean.
        '  - name: "on"',
        "    cluster:",
        "      server: https://203.0.113.5:6443",
        "      certificate-authority-data: CA",
        "      tls-server-name: api.moc.example.org",
        "",
      ].join("\n"),
    );
  });
});
