import * as assert from "node:assert/strict";
import { count, PROVING } from "../../counts";
import { labFor, type Profile } from "./lab";
import type { Hooks } from "./proxy";
import { Site } from "./site";
import { Stack } from "./stack";

/** Seconds that each of the two steps of deploying a fake node waits, and each of undeploying it. */
const DELAY = count(0, 30);
const WAIT = 2 * DELAY;

/**
 * No node comes forward before all are asked to: a step that waits for another node's would wait for ever.
 *
 * @param nodes how many there are
 */
function abreast(nodes: number): Hooks {
  const claimed = new Set<string>();
  const [asked, given] = [new Set<string>(), new Set<string>()];
  return {
    after: ({ method, path, body }, { status, body: text }) => {
      const provision = /^\/v1\/nodes\/([^/]+)\/states\/provision$/.exec(path)?.[1];
      if (method === "POST" && path.endsWith("/claim")) claimed.add(path);
      if (provision && body.includes('"active"')) asked.add(provision);
      if (provision && body.includes('"deleted"')) given.add(provision);
      if (method !== "GET") return undefined;
      const instead = (from: RegExp, to: string) => ({ status, body: text.replace(from, to) });
      if (/^\/v1\/leases\/[^/]+$/.test(path) && claimed.size < nodes) {
        return instead(/"status": *"active"/, '"status": "created"');
      }
      if (!/^\/v1\/nodes\/[^/]+$/.test(path)) return undefined;
      if (asked.size < nodes) return instead(/"provision_state": *"active"/, '"provision_state": "deploying"');
      if (given.size > 0 && given.size < nodes) {
        return instead(/"provision_state": *"available"/, '"provision_state": "cleaning"');
      }
      return undefined;
    },
  };
}

export function life(profile: Profile): void {
  describe(`leased nodes (${profile})`, function () {
    this.timeout("60m");
    let site: Site;
    /** What one node takes beside the fixed wait, in seconds. */
    let rest: Record<"up" | "destroy", number> | undefined;

    before(async function () {
      site = new Site(labFor(this, { profile, delay: DELAY }));
      await site.addNetwork();
    });
    after(() => site?.close());

    for (const nodes of PROVING ? [1, 3, 16] : [3]) {
      it(`live from a claim to the end, ${String(nodes)} abreast, and nothing is left`, async () => {
        await site.addNodes(nodes - site.nodes.length);
        const stack = await Stack.open(site, nodes);
        try {
          stack.proxy.hooks = abreast(nodes);
          const up = await stack.run("up");
          assert.equal(up.exitCode, 0, up.text);
          for (const node of site.nodes) assert.equal((await site.node(node)).provision_state, "active");
          const before = stack.proxy.changes.length;
          const again = await stack.run("up");
          assert.equal(again.exitCode, 0, again.text);
          assert.equal(stack.proxy.changes.length, before, "a second run changes something");
          const destroy = await stack.run("destroy");
          assert.equal(destroy.exitCode, 0, destroy.text);
          assert.deepEqual(await site.leftovers(), []);

          const phases = { up, destroy };
          rest ??= { up: up.took - WAIT, destroy: destroy.took - WAIT };
          for (const verb of ["up", "destroy"] as const) {
            const { took } = phases[verb];
            const bound = WAIT + nodes * rest[verb];
            console.log(`        ${verb} ${took.toFixed(0)} s${WAIT > 0 ? `, of at most ${bound.toFixed(0)} s` : ""}`);
            // One after the other, each node's wait would come on top.
            if (WAIT > 0) assert.ok(took <= bound, `${verb} took ${String(took)} s, and ${String(bound)} s are enough`);
          }
          console.log(`        again ${again.took.toFixed(0)} s`);
        } finally {
          await stack.close();
        }
      });
    }
  });
}
