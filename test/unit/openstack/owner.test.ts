import * as assert from "node:assert/strict";
import type { dynamic } from "@pulumi/pulumi";
import { provider as images } from "../../../components/clusters/moc/agent-image-provider";
import { provider as installations } from "../../../components/clusters/moc/agent-installation-provider";
import { openStack } from "../../../components/openstack/client";
import { instanceInfo } from "../../../components/openstack/deployment";
import { provider as leases } from "../../../components/openstack/lease-provider";
import { provider as attachments } from "../../../components/openstack/node-attachment-provider";
import { provider as deployments } from "../../../components/openstack/node-deployment-provider";
import { UserError } from "../../../components/errors";
import { requireStacksOwner } from "../../../stacks/commands/owner";
import { FakeCloud, type Request } from "./fake-cloud";
import { findableAs } from "./provider-cloud";

const LEASE = "00000000-0000-4000-8000-00000000000a";
const MARK = { cloud: "ours", stack: "moc", name: "node-0" };
const DEPLOYMENT = { ...MARK, node: "n1", attachments: ["p"], source: { image: "i1" } };

const ISO = {
  iso: "https://iso.example/gone.iso",
  files: "f",
  server: { folder: "/nowhere", url: "https://iso.example" },
};

type Provider = Required<dynamic.ResourceProvider>;

interface Made {
  provider: Provider;
  id: string;
  state: Record<string, unknown>;
  /** As people are told of it. @default by its name */
  called?: string;
}

/** What each provider has made, as a state of an earlier version holds it. */
const MADE: Record<string, Made> = {
  Lease: {
    provider: leases as Provider,
    id: LEASE,
    state: { ...MARK, source: { offer: {}, hours: 8 }, purpose: "p", node: "n1", endTime: "2126-01-01T00:00:00" },
  },
  NodeAttachment: {
    provider: attachments as Provider,
    id: "p",
    state: { ...MARK, node: "n1", network: "w1", macAddress: "52:54:00:00:00:01", addresses: ["10.0.0.4"] },
  },
  NodeDeployment: { provider: deployments as Provider, id: "d", state: DEPLOYMENT },
  AgentImage: {
    provider: images as Provider,
    id: "i",
    state: { ...MARK, ...ISO, version: "4.21", installConfig: {}, agentConfig: { hosts: [] }, pullSecret: "{}" },
    called: "The ISO of stack moc",
  },
  AgentInstallation: {
    provider: installations as Provider,
    id: "i",
    state: { ...MARK, ...ISO, image: "i", hosts: [], rendezvous: [], kubeconfig: "k", password: "p" },
    called: "The installation of stack moc",
  },
};

describe("what another account made", () => {
  const { OS_CLOUD: former } = process.env;
  const cloud = new FakeCloud(answer);
  findableAs(["ours", "renamed", "theirs"], cloud);
  beforeEach(() => {
    cloud.projects = { ours: { id: "p1" }, renamed: { id: "p1" }, theirs: { id: "p2" } };
    cloud.requests.length = 0;
    delete process.env.OS_CLOUD;
  });
  after(() => {
    if (former === undefined) delete process.env.OS_CLOUD;
    else process.env.OS_CLOUD = former;
  });

  const lease = {
    ...{ uuid: LEASE, project_id: "p1", status: "active", resource_uuid: "n1", end_time: "2126-01-01T00:00:00" },
    properties: { "okd-streams-stack": "moc", "okd-streams-name": "node-0" },
  };
  const node = () => ({
    uuid: "n1",
    name: "r4",
    provision_state: "active",
    instance_info: instanceInfo(DEPLOYMENT, "d"),
  });
  const port = { id: "p", device_owner: "", mac_address: "52:54:00:00:00:01", fixed_ips: [{ ip_address: "10.0.0.4" }] };
  let isTheirs = false;
  beforeEach(() => (isTheirs = false));

  function answer({ path }: Request) {
    if (path === `/lease/v1/leases/${LEASE}`) {
      const words = "Access was denied to lease.";
      return isTheirs ? { status: 403, body: { faultstring: words } } : { status: 200, body: lease };
    }
    if (path.startsWith("/lease/v1/leases")) return { status: 200, body: { leases: isTheirs ? [] : [lease] } };
    if (path.endsWith("/vifs")) return { status: 200, body: { vifs: [{ id: "p" }] } };
    if (path.includes("/ports/p")) return { status: 200, body: { port } };
    if (path.includes("/ports")) return { status: 200, body: { ports: [port] } };
    return { status: 200, body: node() };
  }

  const owned = (state: object) => ({ ...state, account: { keystone: cloud.url, project: "p1" } });
  /** All that was asked of services. */
  const asked = () => cloud.requests.filter(({ path }) => !path.endsWith("/auth/tokens")).map(({ path }) => path);
  const refused = async (work: Promise<unknown>, words: RegExp) => {
    await assert.rejects(work, (error: Error) => {
      assert.ok(error instanceof UserError, error.stack);
      assert.match(error.message, words);
      return true;
    });
  };

  for (const [type, { provider, id, state, called = "node-0" }] of Object.entries(MADE)) {
    const inputs = () => {
      const { node: _n, endTime: _e, macAddress: _m, addresses: _a, ...lease } = state;
      return type === "Lease" ? lease : state;
    };
    const verbs: Record<string, (of: object) => Promise<unknown>> = {
      up: (of) => provider.diff(id, of, inputs()),
      "up, at work": (of) => provider.update(id, of, inputs()),
      refresh: (of) => provider.read(id, of),
      destroy: (of) => provider.delete(id, of),
    };
    for (const [verb, act] of Object.entries(verbs)) {
      it(`is refused by ${verb} of a ${type}, and nothing is asked of a service`, async () => {
        process.env.OS_CLOUD = "theirs";
        await refused(
          act(owned(state)),
          new RegExp(
            `^${called} was made by project p1 at http:\\S+, and the credentials of theirs are for project p2 at http:\\S+: nothing was asked for\\. Use those`,
          ),
        );
        assert.deepEqual(asked(), []);
      });
    }

    it(`is refused where the project's name is the same at another Keystone (${type})`, async () => {
      const elsewhere = { ...state, account: { keystone: "https://other.example", project: "p1" } };
      await refused(provider.delete(id, elsewhere), /was made by project p1 at https:\/\/other\.example, and/);
      assert.deepEqual(asked(), []);
    });

    it(`is not what the same account under another name made: it is written down (${type})`, async () => {
      const { changes, replaces } = await provider.diff(id, owned(state), { ...inputs(), cloud: "renamed" });
      assert.deepEqual([changes, replaces ?? []], [true, []]);
    });

    it(`is told by a state that is completed in the first run, if it is of an earlier version (${type})`, async () => {
      const { changes, replaces } = await provider.diff(id, state, inputs());
      assert.deepEqual([changes, replaces ?? []], [true, []]);
      const { outs } = (await provider.update(id, state, inputs())) as { outs: object };
      assert.deepEqual((outs as { account?: object }).account, { keystone: cloud.url, project: "p1" });
      assert.equal((await provider.diff(id, outs, inputs())).changes, false);
      const { props } = (await provider.read(id, state)) as { props: { account?: object } };
      assert.deepEqual(props.account, { keystone: cloud.url, project: "p1" });
    });
  }

  it("is asked of ESI-Leap where the state is of an earlier version and does not say", async () => {
    isTheirs = true;
    process.env.OS_CLOUD = "theirs";
    const { provider, state } = MADE.Lease!;
    await refused(provider.delete(LEASE, state), /^ESI-Leap refused GET \/v1\/leases\/\S+ \(403\): Access was denied/);
    const resource = { urn: "u", type: "pulumi-nodejs:dynamic/okd-streams:Lease", id: LEASE, outputs: state };
    await refused(
      requireStacksOwner("moc", openStack("ours"), { resources: [resource] }),
      /^ESI-Leap refused GET \/v1\/leases\/\S+ \(403\): Access was denied/,
    );
  });

  it("is told of a whole stack by its state, for commands", async () => {
    const resources = [
      { urn: "a", type: "kubernetes:core/v1:Namespace", id: "x", outputs: {} },
      { urn: "b", type: "pulumi-nodejs:dynamic/okd-streams:Lease", id: LEASE, outputs: owned(MADE.Lease!.state) },
    ];
    await requireStacksOwner("moc", openStack("ours"), { resources });
    await requireStacksOwner("moc", openStack("ours"), {});
    assert.deepEqual(asked(), []);
    await refused(
      requireStacksOwner("moc", openStack("theirs"), { resources }),
      /^Stack moc was made by project p1 at/,
    );
  });

  it("is not what the same Keystone has under another of its addresses", async () => {
    const inside = "http://keystone.internal:5000";
    cloud.catalogue.push({
      type: "identity",
      endpoints: [{ interface: "internal", region: "RegionOne", url: `${inside}/v3/` }],
    });
    const account = { keystone: inside, project: "p1" };
    const resources = [{ urn: "b", type: "any", id: LEASE, outputs: { account } }];
    // A token of its own, as the catalogue comes with it.
    await requireStacksOwner("moc", cloud.client({ authUrl: cloud.url }), { resources });
  });
});
