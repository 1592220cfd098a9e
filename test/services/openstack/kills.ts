import * as assert from "node:assert/strict";
import type { Lease } from "../../../components/openstack/esi-leap";
import { holds } from "../../../components/openstack/leases";
import { count, proves, PROVING } from "../../counts";
import { labFor, type Profile } from "./lab";
import { isChange } from "./proxy";
import { Site } from "./site";
import { Stack } from "./stack";

const NODES = count(1, 3);

/** Of one node's `up`: claim, port, connection, what to deploy, deploy; each is made once. */
const CHANGES = 5 * NODES;

const SEED = Number(process.env.OKD_STREAMS_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Numbers from 0 to 1, the same for the same seed: mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Engine, command and dynamic providers are killed: what they had asked for was done, and its answer nowhere stored. */
export function kills(profile: Profile): void {
  describe(`a killed run (${profile})`, function () {
    this.timeout("60m");
    let site: Site;
    let stack: Stack;
    const next = random(SEED);

    before(async function () {
      site = new Site(labFor(this, { profile }));
      await site.addNetwork();
      await site.addNodes(NODES);
      stack = await Stack.open(site, NODES);
    });
    afterEach(() => {
      if (stack) stack.proxy.hooks = {};
    });
    after(async () => {
      await stack?.close();
      await site?.close();
    });

    /** Runs it, and kills it when it has made so many calls of a kind. @returns whether it was killed before its end */
    async function killed(verb: "up" | "destroy", kind: "change" | "any", calls: number): Promise<boolean> {
      let left = calls;
      let done = false;
      stack.proxy.hooks.after = (call) => {
        if (done) return "lost";
        if (kind === "change" && !isChange(call)) return undefined;
        if (--left > 0) return undefined;
        done = true;
        stack.kill();
        return "lost";
      };
      const { exitCode, text } = await stack.run(verb);
      const late = await stack.proxy.settled();
      if (late > 0 && PROVING) console.log(`        ${String(late)} calls were under way when it was killed`);
      stack.proxy.hooks = {};
      if (!done) assert.equal(exitCode, 0, text);
      return done;
    }

    async function converges(verb: "up" | "destroy"): Promise<void> {
      const { exitCode, text } = await stack.run(verb);
      assert.equal(exitCode, 0, text);
    }

    const everClaimed = async (): Promise<Lease[]> => {
      const { leases } = await site.lessee.request<{ leases: Lease[] }>("lease", "GET", "/v1/leases?status=any");
      return leases.filter((lease) => site.nodes.includes(lease.resource_uuid));
    };
    const isComplete = async () => {
      for (const node of site.nodes) assert.equal((await site.node(node)).provision_state, "active");
      assert.equal((await everClaimed()).filter(holds).length, NODES);
    };

    if (PROVING) {
      it("goes on after each call that changed something, and claims nothing twice", async () => {
        let kills = 0;
        while (await killed("up", "change", 1)) assert.ok(++kills <= CHANGES, "a change is made twice");
        assert.ok(kills >= CHANGES / NODES, `killed ${String(kills)} times`);
        assert.equal((await everClaimed()).length, NODES);
        await isComplete();
        while (await killed("destroy", "change", 1))
          assert.ok(++kills <= 3 * CHANGES, "destroy does not come to an end");
        assert.deepEqual(await site.leftovers(), []);
        console.log(`        killed ${String(kills)} times`);
      });
    } else if (profile === "newest") {
      it("goes on after the call that claimed a node, and claims nothing twice", async () => {
        assert.ok(await killed("up", "change", 1));
        await converges("up");
        assert.equal((await everClaimed()).length, NODES);
        await isComplete();
        assert.ok(await killed("destroy", "change", 1));
        await converges("destroy");
        assert.deepEqual(await site.leftovers(), []);
      });
    }

    if (PROVING || profile === "site") {
      it("leaves nothing that destroy does not free, whichever change was the last", async () => {
        for (let changes = count(3, 1); changes <= CHANGES; changes += count(CHANGES, 1)) {
          assert.ok(await killed("up", "change", changes), `up makes fewer than ${String(changes)} changes`);
          await converges("destroy");
          assert.deepEqual(await site.leftovers(), [], `killed after ${String(changes)} changes`);
        }
      });
    }

    if (PROVING || profile === "newest") {
      it("fails in a sentence, and what it made is known: destroy frees it, or the next one goes on", async () => {
        const before = (await everClaimed()).length;
        stack.proxy.hooks.before = ({ method, path }) =>
          method === "POST" && path.endsWith("/vifs")
            ? { status: 403, body: '{"error_message": "Access was denied"}' }
            : undefined;
        for (const verb of PROVING ? (["up", "destroy", "up"] as const) : (["up"] as const)) {
          const { exitCode, text } = await stack.run(verb);
          if (verb === "up")
            assert.match(text, /Ironic refused POST \/v1\/nodes\/[^ ]+\/vifs \(403\): Access was denied/);
          assert.equal(exitCode, verb === "up" ? 1 : 0, text);
          if (verb === "destroy") assert.deepEqual(await site.leftovers(), []);
        }
        stack.proxy.hooks = {};
        await converges("up");
        assert.equal((await everClaimed()).length - before, count(1, 2) * NODES);
      });
    }

    proves("goes on from random points", async () => {
      console.log(`        OKD_STREAMS_SEED=${String(SEED)}`);
      const calls = stack.proxy.calls.length;
      await converges("destroy");
      // About as many as `up` makes, more or less by how long it waits for the services.
      const all = 2 * (stack.proxy.calls.length - calls);
      const kills = 20;
      let verb: "up" | "destroy" = "up";
      for (let kill = 0, runs = 1; kill < kills; runs++) {
        assert.ok(runs <= 10 * kills, `killed ${String(kill)} of ${String(runs)} runs`);
        const done = await killed(verb, "any", 1 + Math.floor(next() * all));
        console.log(`        ${String(runs)}: ${verb} ${done ? "killed" : "ended before"}`);
        if (done) kill++;
        // What ended before has nothing left to do.
        if (!done || next() < 0.4) verb = verb === "up" ? "destroy" : "up";
      }
      await converges("up");
      await isComplete();
      await converges("destroy");
      assert.deepEqual(await site.leftovers(), []);
    });
  });
}
