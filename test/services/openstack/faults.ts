import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { dynamic } from "@pulumi/pulumi";
import { stringify } from "yaml";
import { openStack } from "../../../components/openstack/client";
import { EsiLeap, leapTime } from "../../../components/openstack/esi-leap";
import { provider as leases, type LeaseInputs, type LeaseState } from "../../../components/openstack/lease-provider";
import {
  provider as deployments,
  type NodeDeploymentInputs,
} from "../../../components/openstack/node-deployment-provider";
import { requireNodes } from "../../../components/openstack/preflight";
import { UserError } from "../../../components/errors";
import { count, PROVING } from "../../counts";
import { labFor, type Profile } from "./lab";
import { Proxy, type Seen } from "./proxy";
import { Site } from "./site";

/** What goes wrong at a site, and what a person is told: the providers at work on the real services, without an engine. */
export function faults(profile: Profile): void {
  describe(`a site where things go wrong (${profile})`, function () {
    this.timeout("20m");
    const home = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-test-"));
    const { OS_CLIENT_CONFIG_FILE: former } = process.env;
    let site: Site;
    let proxy: Proxy;
    let lease: dynamic.CreateResult<LeaseState>;
    let inputs: LeaseInputs;

    before(async function () {
      site = new Site(labFor(this, { profile }));
      proxy = await Proxy.start(site.keystone);
      const clouds = Object.fromEntries(
        ["lessee", "member", "owner"].map((name) => {
          const { auth, ...rest } = site.account(name);
          return [name, { ...rest, auth: { ...auth, auth_url: proxy.authUrl } }];
        }),
      );
      fs.writeFileSync(path.join(home, "clouds.yaml"), stringify({ clouds }));
      process.env.OS_CLIENT_CONFIG_FILE = path.join(home, "clouds.yaml");
      await site.addNodes(2);
      const source = { offer: { resourceClass: site.name, nodeProperties: ["memory_mb>=65536"] }, hours: 2 };
      inputs = { cloud: "lessee", stack: site.name, name: "node-0", source, purpose: "a test of OKD Streams" };
    });
    afterEach(() => {
      if (proxy) proxy.hooks = {};
    });
    after(async () => {
      if (former === undefined) delete process.env.OS_CLIENT_CONFIG_FILE;
      else process.env.OS_CLIENT_CONFIG_FILE = former;
      fs.rmSync(home, { recursive: true, force: true });
      await proxy?.stop();
      await site?.close();
    });

    /** What a site's rules have no part in is tried on one. */
    const anywhere: (title: string, test: Mocha.AsyncFunc) => void =
      PROVING || profile === "newest" ? (...of) => void it(...of) : () => undefined;
    const planned = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ ...inputs, name: `node-${String(i)}` }));
    const refused = async (work: Promise<unknown>, words: RegExp) => {
      await assert.rejects(work, (error: Error) => {
        assert.ok(error instanceof UserError, error.stack);
        assert.match(error.message, words);
        return true;
      });
    };
    /** Before the first call of that kind, something happens; the call itself goes on. @returns whether it has happened */
    const first = (is: (call: Seen) => boolean, happens: () => Promise<void>): (() => boolean) => {
      let done = false;
      proxy.hooks.before = async (call) => {
        if (!done && is(call)) {
          done = true;
          await happens();
        }
        return undefined;
      };
      return () => done;
    };
    const isClaim = ({ method, path: to }: Seen) => method === "POST" && to.endsWith("/claim");

    anywhere("says before a claim that too few nodes are on offer", async () => {
      await requireNodes(openStack("lessee"), planned(2));
      await refused(
        requireNodes(openStack("lessee"), planned(3)),
        /No node is on offer for node-2 .*to be claimed: 3, on offer for that: 2/,
      );
    });

    it("gives a node back at once that the site's rules do not let it deploy, in Ironic's words", async () => {
      await refused(
        leases.create!({ ...inputs, cloud: "member" }),
        /may not deploy node .* \(node-0\): Ironic refused PUT .*\/states\/provision \(403\): .* The node was given back\./,
      );
      assert.deepEqual(await site.leftovers(), []);
    });

    anywhere("does not claim a node that is in maintenance", async () => {
      const [first, second] = site.nodes;
      await site.asAdmin("PUT", `/v1/nodes/${first!}/maintenance`, {});
      await refused(requireNodes(openStack("lessee"), planned(2)), /to be claimed: 2, on offer for that: 1\)/);
      const { id, outs } = (await leases.create!(inputs)) as dynamic.CreateResult<LeaseState>;
      assert.equal(outs!.node, second);
      await leases.delete!(id, outs!);
      await site.asAdmin("DELETE", `/v1/nodes/${first!}/maintenance`);
    });

    anywhere("touches nothing with another project's credentials", async () => {
      const made = (await leases.create!(inputs)) as dynamic.CreateResult<LeaseState>;
      const before = proxy.changes.length;
      process.env.OS_CLOUD = "owner";
      try {
        await refused(leases.delete!(made.id, made.outs!), /was made by project .* are for project/);
        await refused(leases.read!(made.id, made.outs!), /was made by project/);
        // A state of an earlier version does not say whose it is, and the nodes' owner may see its leases.
        process.env.OS_CLOUD = "member";
        assert.deepEqual(await leases.diff!(made.id, made.outs!, inputs), { changes: false });
      } finally {
        delete process.env.OS_CLOUD;
      }
      assert.equal(proxy.changes.length, before);
      await leases.delete!(made.id, made.outs!);
    });

    anywhere("takes another offer where somebody was faster, and where one is withdrawn", async () => {
      // Its owner takes the node that is about to be claimed: ESI-Leap answers the claim with 500.
      let rival = "";
      const answers: (number | undefined)[] = [];
      proxy.hooks.before = async (call) => {
        if (!isClaim(call)) return undefined;
        if (!rival) {
          const { uuid } = await site.owner.request<{ uuid: string }>("lease", "POST", call.path, {
            body: JSON.parse(call.body) as object,
          });
          rival = uuid;
        }
        return undefined;
      };
      proxy.hooks.after = (call, { status }) => {
        if (isClaim(call)) answers.push(status);
        return undefined;
      };
      lease = (await leases.create!(inputs)) as dynamic.CreateResult<LeaseState>;
      assert.deepEqual(answers, [500, 201]);
      await refused(
        leases.create!({ ...inputs, name: "node-1" }),
        /No offer lets node-1 claim .* \(offers of such nodes: 2, taken/,
      );
      await site.endLease(rival);
      // And now the last one is withdrawn in the same moment.
      const other = site.nodes.find((node) => node !== lease.outs!.node)!;
      const isWithdrawn = first(isClaim, () => site.withdraw(other));
      await refused(leases.create!({ ...inputs, name: "node-1" }), /No offer lets node-1 claim/);
      assert.ok(isWithdrawn());
      proxy.hooks = {};
      await site.offer(other);
    });

    anywhere("rides out a token that was revoked and a service that is away", async () => {
      const until = Date.now() + count(3, 60) * 1000;
      let revoked = false;
      proxy.hooks.before = ({ service }) => {
        if (service === "identity") return undefined;
        if (!revoked) {
          revoked = true;
          return { status: 401, body: '{"error": {"message": "The request you have made requires authentication."}}' };
        }
        return Date.now() < until
          ? { status: 503, body: "<html><title>503</title>no server is available</html>" }
          : undefined;
      };
      const second = (await leases.create!({ ...inputs, name: "node-1" })) as dynamic.CreateResult<LeaseState>;
      assert.ok(proxy.calls.some(({ status }) => status === 401) && proxy.calls.some(({ status }) => status === 503));
      await leases.delete!(second.id, second.outs!);
    });

    const deployment = (): NodeDeploymentInputs => ({
      ...{ cloud: "lessee", stack: site.name, name: "node-0", node: lease.outs!.node, attachments: [] },
      source: { image: "http://127.0.0.1:9/image.qcow2", checksum: "0".repeat(64) },
    });

    anywhere("names a node that fails to deploy, and deploys it in the next run", async () => {
      // What a lessee sees of it; no fake node fails by itself.
      proxy.hooks.after = ({ method, path: to }, { status, body }) =>
        method === "GET" && /^\/v1\/nodes\/[^/]+$/.test(to) && body.includes('"provision_state": "active"')
          ? { status, body: body.replace('"provision_state": "active"', '"provision_state": "deploy failed"') }
          : undefined;
      await refused(
        deployments.create(deployment()),
        /could not be deployed.*Run it again, which undeploys it and tries anew/,
      );
      proxy.hooks = {};
      const { id, outs } = await deployments.create(deployment());
      const { changes } = await deployments.diff!(id, outs as NodeDeploymentInputs, deployment());
      assert.equal(changes, false);
      await deployments.delete!(id, deployment());
    });

    anywhere("names a node that cannot be cleaned, and gives it back", async () => {
      const { node } = lease.outs!;
      await site.provision(node, "manage");
      await site.reaches(node, "manageable");
      await site.asAdmin("PUT", `/v1/nodes/${node}/states/provision`, {
        target: "clean",
        clean_steps: [{ interface: "deploy", step: "of_no_node" }],
      });
      await site.reaches(node, "clean failed");
      await refused(deployments.create(deployment()), /could not be cleaned.*only its owner can mend that/);
      await deployments.delete!("unfinished", deployment());
      await site.asAdmin("DELETE", `/v1/nodes/${node}/maintenance`);
      await site.provision(node, "manage");
      await site.reaches(node, "manageable");
      await site.provision(node, "provide");
      await site.reaches(node, "available");
    });

    anywhere("says how long it waited for a node that is cleaned slowly", async () => {
      proxy.hooks.after = ({ method, path: to }, { status, body }) =>
        method === "GET" && /^\/v1\/nodes\/[^/]+$/.test(to)
          ? { status, body: body.replace(/"provision_state": "[^"]*"/, '"provision_state": "cleaning"') }
          : undefined;
      const slow = { ...deployment(), cleanMinutes: 0.05 };
      await refused(
        deployments.delete!("unfinished", slow),
        /was still cleaning after 0.05 min .*run it again, which waits on/,
      );
    });

    anywhere("takes another node where its owner has ended the lease under it", async () => {
      const { id } = await deployments.create(deployment());
      await site.endLease(lease.id);
      assert.deepEqual(await leases.diff!(lease.id, lease.outs!, inputs), {
        changes: true,
        replaces: ["endTime"],
        deleteBeforeReplace: true,
      });
      assert.deepEqual(await leases.read!(lease.id, lease.outs!), { id: "", props: {} });
      await refused(deployments.create(deployment()), /is not ours any more, or not there: its lease has ended/);
      await deployments.delete!(id, deployment());
      await leases.delete!(lease.id, lease.outs!);
      const next = (await leases.create!(inputs)) as dynamic.CreateResult<LeaseState>;
      assert.notEqual(next.id, lease.id);
      await leases.delete!(next.id, next.outs!);
      await site.reaches(lease.outs!.node, "available");
      assert.deepEqual(await site.leftovers(), []);
    });

    anywhere(
      "keeps a lease that was granted for as long as its owner lets it, and notices that it was extended",
      async () => {
        const hence = (hours: number) => leapTime(new Date(Date.now() + hours * 3_600_000));
        const [node] = site.nodes;
        await site.withdraw(node!);
        const { uuid } = (await new EsiLeap(site.owner).grant({
          ...{ name: site.name, purpose: "long-term", properties: {}, start_time: hence(0), end_time: hence(2) },
          ...{ resource_uuid: node!, project_id: (await site.lessee.projectId())! },
        }))!;
        const adopts = { ...inputs, source: { uuid } };
        const { id, outs } = (await leases.create!(adopts)) as dynamic.CreateResult<LeaseState>;
        assert.deepEqual([id, outs!.node], [uuid, node]);
        assert.deepEqual(await leases.diff!(id, outs!, adopts), { changes: false });
        const end_time = hence(48);
        await refused(
          site.lessee.request("lease", "PATCH", `/v1/leases/${uuid}`, { body: { end_time } }),
          /ESI-Leap refused PATCH .* \(403\)/,
        );
        await site.admin.request("lease", "PATCH", `/v1/leases/${uuid}`, { body: { end_time } });
        const { props } = await leases.read!(id, outs!);
        assert.equal((props as LeaseState).endTime, end_time);
        assert.deepEqual(await leases.diff!(id, outs!, adopts), { changes: true });
        await leases.delete!(id, outs!);
        assert.equal((await new EsiLeap(site.lessee).lease(uuid))!.status, "active");
        await site.endLease(uuid);
        assert.deepEqual(await leases.read!(id, outs!), { id: "", props: {} });
        await refused(leases.create!(adopts), /was cancelled by its owner or lessee: ask for another/);
        await site.offer(node!);
      },
    );
  });
}
