import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { fromLeapTime, type Lease, type Offer } from "../../../components/openstack/esi-leap";
import {
  provider,
  type LeaseInputs,
  type LeaseSource,
  type LeaseState,
} from "../../../components/openstack/lease-provider";
import { UserError } from "../../../components/errors";
import { FakeCloud, type Request } from "./fake-cloud";

const GRANTED = "00000000-0000-0000-0000-00000000000a";
const HOUR_MS = 3_600_000;

/** What the lease provider makes of what ESI-Leap says; that the real one says so is tested with the services. */
describe("a lease", () => {
  const { OS_CLIENT_CONFIG_FILE: former } = process.env;
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-leases-"));
  const leases = new Map<string, Lease>();
  const cloud = new FakeCloud(answer);
  const written = () => cloud.requests.filter(({ method, path }) => method !== "GET" && !path.endsWith("/auth/tokens"));

  before(async () => {
    await cloud.start();
    const auth = { auth_url: cloud.url, application_credential_id: "app", application_credential_secret: "s3cret" };
    const file = path.join(home, "clouds.yaml");
    const clouds = { leases: { auth_type: "v3applicationcredential", auth } };
    fs.writeFileSync(file, stringify({ clouds }));
    process.env.OS_CLIENT_CONFIG_FILE = file;
  });
  beforeEach(() => {
    leases.clear();
    cloud.requests.length = 0;
  });
  after(() => {
    cloud.stop();
    fs.rmSync(home, { recursive: true });
    if (former === undefined) delete process.env.OS_CLIENT_CONFIG_FILE;
    else process.env.OS_CLIENT_CONFIG_FILE = former;
  });

  function answer({ method, path: to, body }: Request) {
    const [, service, , what, id] = to.split(/[/?]/);
    if (service === "baremetal") return { status: 200, body: NODE };
    if (what === "offers" && method === "GET") return { status: 200, body: { offers: [OFFER] } };
    if (what === "offers") {
      const lease = { ...lessee("claimed"), ...(body as Partial<Lease>) };
      leases.set(lease.uuid, lease);
      return { status: 201, body: lease };
    }
    if (!id) return { status: 200, body: { leases: [...leases.values()] } };
    if (method === "DELETE") {
      leases.set(id, { ...leases.get(id)!, status: "deleted" });
      return { status: 200, body: {} };
    }
    return leases.has(id) ? { status: 200, body: leases.get(id) } : { status: 404, body: { faultstring: "not there" } };
  }

  const inputs = (source: LeaseSource): LeaseInputs => ({
    ...{ cloud: "leases", stack: "moc", name: "control-plane-0", source, purpose: "a test" },
  });
  const grant = (more: Partial<Lease> = {}) => leases.set(GRANTED, { ...lessee(GRANTED), ...more });
  const take = async (source: LeaseSource) => {
    const { id, outs } = await provider.create!(inputs(source));
    return { id, state: outs as LeaseState };
  };

  it("that is claimed carries its end itself, so that it ends whatever becomes of the state", async () => {
    const { id, state } = await take({ offer: { resourceClass: "fc430" }, hours: 8 });
    const body = written()[0]!.body as Lease;
    const [start, end] = [body.start_time, body.end_time].map((time) => fromLeapTime(time).getTime());
    assert.equal(end! - start!, 8 * HOUR_MS);
    assert.deepEqual([id, state.startTime, state.endTime], ["claimed", body.start_time, body.end_time]);
  });

  it("that is claimed is given back", async () => {
    const { id, state } = await take({ offer: {}, hours: 8 });
    await provider.delete!(id, state);
    assert.equal(leases.get(id)!.status, "deleted");
  });

  it("that was granted is adopted as it is, and left as it is", async () => {
    grant();
    const { id, state } = await take({ uuid: GRANTED });
    assert.deepEqual([id, state.node, state.endTime], [GRANTED, "node", "2027-06-01T00:00:00"]);
    await provider.delete!(id, state);
    assert.deepEqual(written(), []);
    assert.equal(leases.get(GRANTED)!.status, "active");
  });

  it("that was granted for later is refused at once, with the time", async () => {
    grant({ status: "created", start_time: "2999-01-01T00:00:00" });
    await assert.rejects(
      take({ uuid: GRANTED }),
      /^UserError: Lease \S+ begins at 2999-01-01T00:00:00 UTC: run it again then\.$/,
    );
  });

  it("that was claimed and is named by its uuid later is the same, and stays at the end", async () => {
    const { id, state } = await take({ offer: {}, hours: 8 });
    const named = inputs({ uuid: id });
    assert.deepEqual(await provider.diff!(id, state, named), { changes: true });
    const { outs } = await provider.update!(id, state, named);
    assert.deepEqual(await provider.diff!(id, outs as LeaseState, named), { changes: false });
    await provider.delete!(id, outs as LeaseState);
    assert.equal(leases.get(id)!.status, "active");
    const { changes, replaces } = await provider.diff!(id, state, inputs({ uuid: GRANTED }));
    assert.deepEqual([changes, replaces], [true, ["source"]]);
  });

  it("that was extended is noticed, and kept", async () => {
    grant();
    const { id, state } = await take({ uuid: GRANTED });
    const unchanged = { changes: false };
    assert.deepEqual(await provider.diff!(id, state, inputs({ uuid: GRANTED })), unchanged);
    grant({ end_time: "2027-09-01T00:00:00" });
    const { id: same, props } = await provider.read!(id, state);
    assert.deepEqual([same, (props as LeaseState).endTime], [GRANTED, "2027-09-01T00:00:00"]);
    const moved = await quietly(() => provider.diff!(id, state, inputs({ uuid: GRANTED })));
    assert.deepEqual(moved.result, { changes: true });
    assert.match(moved.said, /The end of lease .*a \(control-plane-0\) was moved from 2027-06-01.* to 2027-09-01/);
    const { outs } = await provider.update!(id, state, inputs({ uuid: GRANTED }));
    assert.deepEqual(await provider.diff!(id, outs as LeaseState, inputs({ uuid: GRANTED })), unchanged);
    assert.deepEqual(written(), []);
  });

  it("that has ended is gone, and makes way for the next", async () => {
    grant();
    const { id, state } = await take({ uuid: GRANTED });
    grant({ status: "expired" });
    assert.deepEqual(await provider.read!(id, state), { id: "", props: {} });
    const { result, said } = await quietly(() => provider.diff!(id, state, inputs({ uuid: GRANTED })));
    assert.deepEqual(result, { changes: true, replaces: ["endTime"], deleteBeforeReplace: true });
    assert.match(said, /Lease .*a \(control-plane-0\) ended at 2027-06-01T00:00:00: another takes its place\./);
  });

  const useless: [what: string, lease: Partial<Lease> | undefined, sentence: RegExp][] = [
    ["is not there", undefined, /^There is no lease .*a for this project: `openstack esi lease list` shows/],
    [
      "is another project's",
      { project_id: "p2" },
      /^Lease .*a is another project's: ask for another, and name its uuid/,
    ],
    ["has ended", { status: "expired" }, /^Lease .*a ended at 2027-06-01T00:00:00: ask for another/],
    ["was cancelled", { status: "deleted" }, /^Lease .*a was cancelled by its owner or lessee: ask for another/],
  ];
  for (const [what, lease, sentence] of useless) {
    it(`by a uuid that ${what} is refused`, async () => {
      if (lease) grant(lease);
      await assert.rejects(take({ uuid: GRANTED }), (error: Error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, sentence);
        return true;
      });
    });
  }
});

/** Of a node and of its ports. */
const NODE = {
  ...{ uuid: "node", provision_state: "available", instance_info: {} },
  ports: [{ uuid: "port", address: "52:54:00:00:00:01" }],
};

const OFFER: Offer = {
  ...{ uuid: "offer", name: null, project_id: "owner", project: "owner", status: "available" },
  ...{ resource_uuid: "node", resource: "r4u25", resource_class: "fc430", resource_properties: {} },
  ...{ start_time: "2026-01-01T00:00:00", end_time: "2126-01-01T00:00:00" },
  availabilities: [["2026-01-01T00:00:00", "2126-01-01T00:00:00"]],
};

function lessee(uuid: string): Lease {
  return {
    ...{ uuid, name: null, project_id: "p1", owner_id: "owner", status: "active", properties: null, offer_uuid: null },
    ...{ resource_uuid: "node", resource: "r4u25", resource_class: "fc430" },
    ...{ start_time: "2026-06-01T00:00:00", end_time: "2027-06-01T00:00:00" },
  };
}

/** What a dynamic provider tells the user goes to its standard error. */
async function quietly<T>(act: () => Promise<T>): Promise<{ result: T; said: string }> {
  const { error } = console;
  let said = "";
  console.error = (text: string) => (said += text);
  try {
    return { result: await act(), said };
  } finally {
    console.error = error;
  }
}
