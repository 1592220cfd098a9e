import * as assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { instanceInfo } from "../../../components/openstack/deployment";
import type { Node } from "../../../components/openstack/ironic";
import { provider as untyped, type NodeDeploymentInputs } from "../../../components/openstack/node-deployment-provider";
import { KNOWN_STATES } from "../../../components/openstack/node-states";
import { UserError } from "../../../components/errors";
import { PAUSE } from "../../../components/openstack/wait";
import { type Answer, FakeCloud, type Request } from "./fake-cloud";
import { findableAs } from "./provider-cloud";

/**
 * What happens to a node in each state of Ironic's state machine. `up`: to one that, by our state, runs our deployment. `first`: to
 * one without anything of ours: the requests to Ironic, word by word, or none. `destroy`: the same for one of ours. `refresh`:
 * whether our state keeps the deployment.
 */
interface Outcome {
  up: "same" | "anew" | "waits";
  first: string;
  destroy: string;
  refresh: "kept" | "gone";
}

const outcome = (up: Outcome["up"], first: string, destroy: string, refresh: Outcome["refresh"]): Outcome => ({
  ...{ up, first, destroy, refresh },
});

const OUTCOMES: Record<string, Outcome> = {
  enroll: outcome("anew", "refused", "nothing", "gone"),
  verifying: outcome("anew", "provide active", "nothing", "gone"),
  manageable: outcome("anew", "provide active", "nothing", "gone"),
  available: outcome("anew", "active", "nothing", "gone"),
  deploying: outcome("waits", "refused", "deleted", "kept"),
  "wait call-back": outcome("waits", "refused", "deleted", "kept"),
  "deploy hold": outcome("waits", "abort deleted active", "abort deleted", "kept"),
  "deploy failed": outcome("anew", "deleted active", "deleted", "gone"),
  active: outcome("same", "refused", "deleted", "kept"),
  deleting: outcome("anew", "active", "nothing", "gone"),
  error: outcome("anew", "deleted active", "deleted", "gone"),
  cleaning: outcome("anew", "active", "nothing", "gone"),
  "clean wait": outcome("anew", "active", "nothing", "gone"),
  "clean hold": outcome("anew", "refused", "nothing", "gone"),
  "clean failed": outcome("anew", "refused", "nothing", "gone"),
  inspecting: outcome("anew", "provide active", "nothing", "gone"),
  "inspect wait": outcome("anew", "provide active", "nothing", "gone"),
  "inspect failed": outcome("anew", "manage provide active", "nothing", "gone"),
  adopting: outcome("anew", "refused", "deleted", "gone"),
  "adopt failed": outcome("anew", "refused", "nothing", "gone"),
  rescuing: outcome("same", "refused", "deleted", "kept"),
  "rescue wait": outcome("same", "refused", "deleted", "kept"),
  rescue: outcome("same", "refused", "deleted", "kept"),
  "rescue failed": outcome("same", "refused", "deleted", "kept"),
  unrescuing: outcome("same", "refused", "deleted", "kept"),
  "unrescue failed": outcome("same", "refused", "deleted", "kept"),
  servicing: outcome("same", "refused", "deleted", "kept"),
  "service wait": outcome("same", "refused", "deleted", "kept"),
  "service failed": outcome("same", "refused", "deleted", "kept"),
  "service hold": outcome("same", "refused", "abort deleted", "kept"),
};

/** Ironic's own machine, of 2026 (ironic/common/state_machine.py): what may be asked for in which state, and where it leads. */
const ASKED: Record<string, Record<string, string>> = {
  available: { active: "deploying", manage: "manageable" },
  manageable: { provide: "cleaning" },
  enroll: { manage: "verifying" },
  active: { deleted: "deleting" },
  "wait call-back": { deleted: "deleting", abort: "deploy failed" },
  "deploy failed": { deleted: "deleting", active: "deploying" },
  "deploy hold": { abort: "deploy failed" },
  error: { deleted: "deleting" },
  "clean wait": { abort: "clean failed" },
  "clean hold": { abort: "clean failed" },
  "clean failed": { manage: "manageable" },
  "inspect wait": { abort: "inspect failed" },
  "inspect failed": { manage: "manageable" },
  "adopt failed": { manage: "manageable" },
  rescue: { deleted: "deleting" },
  "rescue wait": { deleted: "deleting", abort: "rescue failed" },
  "rescue failed": { deleted: "deleting" },
  "unrescue failed": { deleted: "deleting" },
  "service wait": { deleted: "deleting", abort: "service failed" },
  "service hold": { abort: "service failed" },
  "service failed": { deleted: "deleting", abort: "active" },
};

/** Where a node comes to by itself, when nothing goes wrong. */
const BY_ITSELF: Record<string, string> = {
  verifying: "manageable",
  deploying: "active",
  "wait call-back": "active",
  deleting: "cleaning",
  cleaning: "available",
  "clean wait": "available",
  inspecting: "manageable",
  "inspect wait": "manageable",
  adopting: "active",
  rescuing: "rescue",
  "rescue wait": "rescue",
  unrescuing: "active",
  servicing: "active",
  "service wait": "active",
};

const INPUTS: NodeDeploymentInputs = {
  ...{ cloud: "states", stack: "moc", name: "control-plane-0", node: "n1", attachments: ["port"] },
  source: { image: "http://images.example/image.qcow2", checksum: "0".repeat(64) },
};
const ID = "deployment";
/** What the state holds: that of an earlier version has no account. */
const stateOf = ({ url }: FakeCloud) => ({ ...INPUTS, account: { keystone: url, project: "p1" } });
const provider = untyped as Required<typeof untyped>;

describe("a node in each state of Ironic's machine", () => {
  const pause = { ...PAUSE };
  let node: Node;
  let asked: string[];
  const cloud = new FakeCloud(answer);
  findableAs("states", cloud);
  beforeEach(() => {
    Object.assign(PAUSE, { first: 1, longest: 1 });
    asked = [];
  });
  afterEach(() => Object.assign(PAUSE, pause));

  const isIn = (state: string, instance_info: Record<string, unknown> = {}) => {
    node = {
      ...{ uuid: "n1", name: "MOC-R4PAC21U25", owner: "o1", lessee: "p1", provision_state: state, instance_info },
      ...{ target_provision_state: null, power_state: "power on", maintenance: state === "clean failed" },
      ...{ last_error: null, resource_class: "fc430", properties: {} },
    };
  };
  const isOursIn = (state: string) => isIn(state, instanceInfo(INPUTS, ID));

  function answer({ method, path, body }: Request): Answer {
    if (path.endsWith("/vifs")) return { status: 200, body: { vifs: [{ id: "port" }] } };
    if (path.endsWith("/states/provision")) {
      const { target } = body as { target: string };
      const next = ASKED[node.provision_state]?.[target];
      const sentence = `The requested action "${target}" can not be performed on node "n1" while it is in state "${node.provision_state}".`;
      if (!next) return { status: 400, body: { error_message: JSON.stringify({ faultstring: sentence }) } };
      asked.push(target);
      node.provision_state = next;
      return { status: 202 };
    }
    if (method === "PATCH") {
      for (const { op, path: at, value } of body as { op: string; path: string; value: unknown }[]) {
        const { [at.split("/")[2]!]: _former, ...rest } = node.instance_info;
        node.instance_info = op === "add" ? { ...rest, [at.split("/")[2]!]: value } : rest;
      }
      return { status: 200, body: {} };
    }
    const seen = JSON.stringify(node);
    const next = BY_ITSELF[node.provision_state];
    // What runs is looked at as it is: only when it is waited for it moves on.
    if (next) node.provision_state = next;
    if (next === "cleaning") node.instance_info = {};
    return { status: 200, body: seen };
  }

  const tried = async (work: () => Promise<unknown>): Promise<string> => {
    try {
      await work();
    } catch (error) {
      assert.ok(error instanceof UserError, (error as Error).stack);
      assert.match(error.message, /MOC-R4PAC21U25|control-plane-0/);
      assert.deepEqual(asked, [], "it is refused before anything is asked for");
      return "refused";
    }
    return asked.join(" ") || "nothing";
  };
  const quietly = async <T>(work: () => Promise<T>): Promise<T> => {
    const { error } = console;
    console.error = () => undefined;
    try {
      return await work();
    } finally {
      console.error = error;
    }
  };

  it("is one of those that are known, and each of those is here", () => {
    assert.deepEqual(Object.keys(OUTCOMES).sort(), [...KNOWN_STATES].sort());
    assert.equal(Object.keys(OUTCOMES).length, 30);
  });

  for (const [state, expected] of Object.entries(OUTCOMES)) {
    it(`${state}: ${Object.values(expected).join(", ")}`, async () => {
      isOursIn(state);
      const { changes, replaces = [] } = await quietly(() => provider.diff(ID, stateOf(cloud), INPUTS));
      const up = replaces.length > 0 ? "anew" : changes ? "waits" : "same";
      assert.deepEqual(asked, [], "a look asks for nothing");

      isIn(state);
      const first = await tried(() => provider.create(INPUTS));
      if (first !== "refused") assert.equal(node.provision_state, "active");

      asked = [];
      isOursIn(state);
      const destroy = await tried(() => provider.delete(ID, stateOf(cloud)));
      assert.ok(destroy === "nothing" || node.provision_state === "available", node.provision_state);

      asked = [];
      isOursIn(state);
      const { id } = await provider.read(ID, stateOf(cloud));
      assert.deepEqual(asked, []);
      assert.deepEqual({ up, first, destroy, refresh: id === ID ? "kept" : "gone" }, expected);
    });
  }

  it("that a newer Ironic has is left alone where it bears our deployment", async () => {
    isOursIn("hovering");
    assert.deepEqual(await quietly(() => provider.diff(ID, stateOf(cloud), INPUTS)), { changes: false });
    assert.equal((await provider.read(ID, stateOf(cloud))).id, ID);
    isIn("hovering");
    assert.equal(await tried(() => provider.create(INPUTS)), "refused");
  });

  it("is waited for by the update where it is on its way, and not asked for anything", async () => {
    isOursIn("deploying");
    await provider.update(ID, stateOf(cloud), INPUTS);
    assert.deepEqual([asked, node.provision_state], [[], "active"]);
  });

  it("of others that run is not undeployed with ours", async () => {
    for (const state of ["active", "rescue", "service failed"]) {
      isIn(state, { "okd-streams-stack": "another", "okd-streams-name": "control-plane-0" });
      await provider.delete(ID, stateOf(cloud));
      assert.deepEqual([asked, node.provision_state], [[], state]);
    }
  });

  it("is given up by a change of what was installed on it only for an ISO that is known to be there", async () => {
    const at = (url: string) => ({ ...INPUTS, source: { iso: url } }) as NodeDeploymentInputs;
    const changed = async (url: string, runs: boolean) => {
      isIn(runs ? "active" : "available", runs ? instanceInfo(at(url), ID) : {});
      const olds = { ...stateOf(cloud), ...at(url) };
      try {
        const { replaces } = await quietly(() =>
          provider.diff(ID, olds, { ...at(url), attachments: ["another port"] }),
        );
        return replaces;
      } catch (error) {
        assert.ok(error instanceof UserError, (error as Error).stack);
        return /(is there no longer|it answered 503|ECONNREFUSED)/.exec(error.message)?.[0];
      }
    };
    let status = 200;
    const server = createServer((_request, response) => response.writeHead(status).end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/agent.iso`;
    try {
      assert.deepEqual(await changed(url, true), ["attachments"]);
      status = 503;
      assert.equal(await changed(url, true), "it answered 503");
      assert.deepEqual(await changed(url, false), ["attachments"], "nothing is lost where nothing runs");
      status = 404;
      assert.equal(await changed(url, true), "is there no longer");
      assert.equal(await changed(url, false), "is there no longer");
    } finally {
      server.close().closeAllConnections();
    }
    assert.equal(await changed(url, true), "ECONNREFUSED");
    assert.deepEqual(await changed(url, false), ["attachments"]);
    assert.deepEqual(asked, []);
  });

  it("is said to be held where this very run was held, and not deployed again and again", async () => {
    isIn("available");
    ASKED.available!.active = "deploy hold";
    try {
      await assert.rejects(
        provider.create(INPUTS),
        /^UserError: Node MOC-R4PAC21U25 was held by a deploy step of the site's while control-plane-0 was deployed on it, and that was aborted: /,
      );
    } finally {
      ASKED.available!.active = "deploying";
    }
    assert.deepEqual(asked, ["active", "abort"]);
  });
});
