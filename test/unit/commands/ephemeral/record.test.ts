import assert from "node:assert/strict";
import * as fs from "node:fs";
import { createServer } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { begin, keep, listEphemeral, readRecord, standingOf } from "../../../../stacks/commands/ephemeral/record";
import { prepareWorkspace } from "../../../../stacks/commands/engine/workspace";
import { readStack } from "../../../../stacks/commands/stack";
import { workspaceFolder } from "../../../../stacks/environment";

describe("what is known of an ephemeral stack", () => {
  const saved = ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "OKD_STREAMS_OFFLINE"].map(
    (name) => [name, process.env[name]] as const,
  );
  const hours = (count: number) => new Date(Date.now() + count * 3_600_000);
  let home: string;

  beforeEach(() => {
    home = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-"));
    Object.assign(process.env, { XDG_DATA_HOME: home, XDG_CONFIG_HOME: home, OKD_STREAMS_OFFLINE: "" });
  });
  afterEach(() => {
    for (const [name, value] of saved) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    fs.rmSync(home, { recursive: true });
  });

  it("is a name, a network and a port that no other has, written down before anything is made", async () => {
    const stacks = await Promise.all(Array.from({ length: 20 }, () => begin("kind", hours(2))));
    const records = listEphemeral();
    assert.deepEqual(records.map(({ stack }) => stack).sort(), [...stacks].sort());
    assert.equal(new Set(records.map(({ record }) => record.cluster.registryPort)).size, 20);
    for (const { stack, record } of records) {
      assert.match(stack, /^kind-[0-9a-f]{6}$/);
      assert.deepEqual([record.of, record.cluster.name, record.cluster.network], ["kind", stack, stack]);
    }
  });

  it("is no port that somebody listens at", async () => {
    const servers = new Map<number, ReturnType<typeof createServer>>();
    try {
      // Whatever a stack got is taken from the next one.
      for (let count = 0; count < 3; count++) {
        const { registryPort } = readRecord(await begin("kind", hours(2))).cluster;
        assert.ok(!servers.has(registryPort));
        const server = createServer();
        await new Promise<void>((listening) => server.listen(registryPort, "127.0.0.1", listening));
        servers.set(registryPort, server);
      }
    } finally {
      for (const server of servers.values()) server.close();
    }
  });

  it("makes it a stack for every command, with the settings of the first one and what is its own", async () => {
    const stack = await begin("kind", hours(2));
    const { configuration, environment } = readStack(stack);
    const first = readStack("kind").configuration;
    const { cluster } = readRecord(stack);
    assert.deepEqual(configuration.cluster, { ...first.cluster, ...cluster });
    assert.deepEqual(configuration.layers, first.layers);
    assert.equal(environment.ephemeral!.of, "kind");
    const { folder } = prepareWorkspace(configuration, environment);
    const copied = fs.readFileSync(path.join(folder, `Pulumi.${stack}.yaml`), "utf8");
    assert.ok(copied.includes("type: kind"));
  });

  it("makes it a leftover when its command has ended, unless it is kept until its time is over", async () => {
    const record = readRecord(await begin("kind", hours(2)));
    const ended = { ...record, owner: { ...record.owner, began: "another process" } };
    assert.deepEqual(
      await Promise.all([
        standingOf(record, hours(1)),
        standingOf(ended, hours(1)),
        standingOf({ ...ended, kept: true }, hours(1)),
        standingOf({ ...ended, kept: true }, hours(3)),
      ]),
      ["in use", "leftover", "kept", "leftover"],
    );
  });

  it("makes it a leftover when its command outlives the time by far: what it hangs at is nobody's to wait for", async () => {
    const record = readRecord(await begin("kind", hours(2)));
    assert.equal(await standingOf(record, new Date(hours(2).getTime() + 60_000)), "in use");
    assert.equal(await standingOf(record, hours(3)), "leftover");
  });

  it("says that it is kept, and leaves alone what other stacks' workspaces hold", async () => {
    const stack = await begin("kind", hours(2));
    keep(stack);
    fs.mkdirSync(workspaceFolder("kind"));
    fs.mkdirSync(workspaceFolder("kind-000000"));
    assert.deepEqual(
      listEphemeral().map((it) => [it.stack, it.record.kept]),
      [[stack, true]],
    );
  });
});
