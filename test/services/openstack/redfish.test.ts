import * as assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { PROVING } from "../../counts";
import { labFor } from "./lab";
import { type RedfishMachine, redfishMachine } from "./machines";
import { Site } from "./site";
import { Stack } from "./stack";

interface Drive {
  Inserted: boolean;
  Image: string;
}

/** What no machine boots, behind a fake BMC: the least that Ironic takes for an ISO. */
const ISO = Buffer.alloc(400 * 1024);

// As a rule stack `moc-test` shows as much of such a node.
(PROVING ? describe : describe.skip)("a node that boots an ISO by virtual media", function () {
  this.timeout("20m");
  let site: Site;
  let stack: Stack;
  let machine: RedfishMachine;
  const server = http.createServer((request, response) => {
    response.writeHead(200, { "content-length": ISO.length, "content-type": "application/octet-stream" });
    response.end(request.method === "HEAD" ? undefined : ISO);
  });

  before(async function () {
    const clouds = labFor(this);
    machine = redfishMachine(clouds, 0);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    site = new Site(clouds);
    await site.addNetwork();
    await site.addNodes(1, machine.shape);
    const { port } = server.address() as AddressInfo;
    stack = await Stack.open(site, 1, { source: { iso: `http://127.0.0.1:${String(port)}/agent.iso` } });
  });
  after(async () => {
    await stack?.close();
    await site?.close();
    server.close();
  });

  const bmc = async (of: string) => (await fetch(`${machine.url}${of}`)).json();
  const drive = () => bmc("/VirtualMedia/Cd") as Promise<Drive>;

  it("has the ISO in its drive and runs", async () => {
    const { exitCode, text, took } = await stack.run("up");
    assert.equal(exitCode, 0, text);
    const { Inserted, Image } = await drive();
    assert.ok(Inserted);
    assert.match(Image, /\.iso/);
    const { PowerState, Boot } = (await bmc("")) as { PowerState: string; Boot: { BootSourceOverrideTarget: string } };
    assert.deepEqual([PowerState, Boot.BootSourceOverrideTarget], ["On", "Cd"]);
    console.log(`        up ${took.toFixed(0)} s`);
  });

  it("has it taken out with a lessee's rights, once", async () => {
    stack.shape.eject = true;
    const { exitCode, text } = await stack.run("up");
    assert.equal(exitCode, 0, text);
    assert.equal((await drive()).Inserted, false);
    const before = stack.proxy.changes.length;
    const again = await stack.run("up");
    assert.equal(again.exitCode, 0, again.text);
    assert.equal(stack.proxy.changes.length, before, "a second run changes something");
  });

  it("is given back", async () => {
    const { exitCode, text } = await stack.run("destroy");
    assert.equal(exitCode, 0, text);
    assert.deepEqual(await site.leftovers(), []);
    assert.equal((await drive()).Inserted, false);
  });
});
