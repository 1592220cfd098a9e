import * as assert from "node:assert/strict";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import type { OpenStackError } from "../../../components/openstack/failure";
import { PATIENCE } from "../../../components/openstack/send";
import { type Answer, FakeCloud, type Request } from "./fake-cloud";

describe("OpenStack client", () => {
  const patience = { ...PATIENCE };
  let cloud: FakeCloud;
  async function start(answer?: (request: Request, count: number) => Answer): Promise<FakeCloud> {
    cloud = new FakeCloud(answer);
    await cloud.start();
    return cloud;
  }
  beforeEach(() => {
    Object.assign(PATIENCE, { pause: 1, longestPause: 5, retries: 500, call: 2000 });
  });
  afterEach(() => {
    cloud.stop();
    Object.assign(PATIENCE, patience);
  });
  const lines = () => cloud.requests.map(({ method, path }) => `${method} ${path}`);

  it("asks Keystone once for all calls, and sends the token to the endpoint of the catalogue", async () => {
    const client = (await start()).client();
    await Promise.all([client.request("lease", "GET", "/v1/offers"), client.request("baremetal", "GET", "/v1/nodes")]);
    assert.deepEqual(lines().sort(), ["GET /baremetal/v1/nodes", "GET /lease/v1/offers", "POST /v3/auth/tokens"]);
    assert.deepEqual(cloud.requests[0]!.body, {
      auth: {
        identity: { methods: ["application_credential"], application_credential: { id: "app", secret: "s3cret" } },
      },
    });
    assert.equal(cloud.requests[1]!.token, "token-1");
  });

  it("renews a token that ends soon", async () => {
    const client = (await start()).client();
    cloud.tokenLife = 100;
    await client.request("lease", "GET", "/v1/offers");
    cloud.tokenLife = 3600;
    await Promise.all([1, 2, 3].map(() => client.request("lease", "GET", "/v1/offers")));
    assert.equal(cloud.tokens, 2);
    assert.equal(cloud.requests.at(-1)!.token, "token-2");
  });

  it("renews a token that a service no longer takes, once, also for calls that are not repeated otherwise", async () => {
    await start(({ token }) =>
      token === "token-1" ? { status: 401, body: "no" } : { status: 201, body: { uuid: "l" } },
    );
    const client = cloud.client();
    const claim = () => client.request("lease", "POST", "/v1/offers/o/claim", { body: { name: "n" } });
    assert.deepEqual(await Promise.all([claim(), claim()]), [{ uuid: "l" }, { uuid: "l" }]);
    assert.equal(cloud.tokens, 2);
  });

  it("gives up when a fresh token is not taken either", async () => {
    await start(() => ({ status: 401, body: { error: { message: "Not yours" } } }));
    await assert.rejects(cloud.client().request("network", "GET", "/v2.0/ports"), {
      name: "UserError",
      message: "Neutron refused GET /v2.0/ports (401): Not yours.",
    });
    assert.equal(cloud.tokens, 2);
  });

  for (const status of [429, 502, 503, 504]) {
    it(`repeats a read after ${String(status)}`, async () => {
      await start((_request, count) => (count < 3 ? { status } : { status: 200, body: { nodes: [] } }));
      assert.deepEqual(await cloud.client().request("baremetal", "GET", "/v1/nodes"), { nodes: [] });
    });
  }

  it("repeats a read that a service failed by a fault of its own, twice", async () => {
    await start((_request, count) => (count < 3 ? { status: 500, body: "broken" } : { status: 200, body: {} }));
    await cloud.client().request("lease", "GET", "/v1/leases");
    assert.equal(cloud.requests.length, 4);
  });

  it("says what a service says whose fault lasts", async () => {
    await start(() => ({ status: 500, body: "broken" }));
    await assert.rejects(cloud.client().request("lease", "GET", "/v1/leases"), {
      message: "ESI-Leap refused GET /v1/leases (500): broken.",
    });
    assert.equal(cloud.requests.length, 4);
  });

  it("repeats a read whose connection broke, and a delete", async () => {
    await start((_request, count) => (count < 2 ? "hang up" : { status: 200, body: {} }));
    await cloud.client().request("baremetal", "GET", "/v1/nodes");
    await cloud.client().request("lease", "DELETE", "/v1/leases/l");
  });

  for (const answer of ["hang up", { status: 503 }, { status: 500 }] as const) {
    it(`never repeats a claim after ${typeof answer === "string" ? answer : String(answer.status)}`, async () => {
      await start(() => answer);
      const claim = cloud.client().request("lease", "POST", "/v1/offers/o/claim", { body: {} });
      await assert.rejects(claim, (error: OpenStackError) => error.call === "POST /v1/offers/o/claim");
      assert.equal(cloud.requests.length, 2);
    });
  }

  it("repeats any call while Ironic has locked the node, and no other conflict", async () => {
    const locked = JSON.stringify({ faultstring: "Node 1 is locked by host lab, please retry" });
    await start(({ path }, count) => {
      if (path.endsWith("/other")) return { status: 409, body: { error_message: "A node with name x already exists" } };
      return count < 3 ? { status: 409, body: { error_message: locked } } : { status: 202 };
    });
    await cloud.client().request("baremetal", "PUT", "/v1/nodes/1/states/provision", { body: { target: "active" } });
    assert.equal(cloud.requests.length, 4);
    await assert.rejects(cloud.client().request("baremetal", "POST", "/v1/other", { body: {} }), /\(409\): A node/);
    assert.equal(cloud.requests.length, 6);
  });

  it("waits as long as a service wants", async () => {
    await start((_request, count) =>
      count < 2 ? { status: 503, headers: { "retry-after": "0" } } : { status: 200, body: {} },
    );
    PATIENCE.pause = 400;
    const begin = Date.now();
    await cloud.client().request("baremetal", "GET", "/v1/nodes");
    assert.ok(Date.now() - begin < 300);
  });

  it("ends with the last refusal when a service stays away for longer than its patience", async () => {
    await start(() => ({ status: 503, body: "<html><title>503</title><h1>No server is available</h1></html>" }));
    await assert.rejects(cloud.client().request("lease", "GET", "/v1/offers"), {
      message: "ESI-Leap refused GET /v1/offers (503): No server is available.",
    });
    assert.ok(cloud.requests.length > 10);
  });

  it("repeats any call that could not be sent", async () => {
    await start();
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const address = `http://127.0.0.1:${String(port)}`;
    cloud.catalogue[1]!.endpoints[0]!.url = address;
    const claim = () => cloud.client().request("lease", "POST", "/v1/leases", { body: {} });
    await assert.rejects(
      claim(),
      ({ message }: Error) =>
        message.startsWith("ESI-Leap did not answer POST /v1/leases: ") && message.includes(address),
    );
    const late = createHttpServer((_request, response) => response.end("{}"));
    setTimeout(() => late.listen(port, "127.0.0.1"), 50);
    try {
      assert.deepEqual(await claim(), {});
    } finally {
      late.close();
      late.closeAllConnections();
    }
  });

  it("takes the named region's endpoint without the version of its path, and says which there are", async () => {
    await start();
    const [node] = cloud.catalogue;
    node!.endpoints = ["north", "south"].map((region) => ({
      interface: "public",
      region,
      url: `${cloud.url}/${region}/v1/`,
    }));
    await cloud.client({ region: "south" }).request("baremetal", "GET", "/v1/nodes");
    assert.equal(lines().at(-1), "GET /south/v1/nodes");
    await assert.rejects(cloud.client().request("baremetal", "GET", "/v1/nodes"), {
      message: "fake has Ironic in north and south: set region_name to one of them.",
    });
    await assert.rejects(cloud.client({ region: "east" }).request("lease", "GET", "/v1/offers"), {
      message:
        "The catalogue of fake has no ESI-Leap (type lease, public) in region east: ask the site whether this project " +
        "may use it.",
    });
  });

  it("says what Keystone says of credentials, and asks again the next time", async () => {
    await start();
    const client = cloud.client();
    cloud.keystoneSays = {
      status: 401,
      body: { error: { message: "The request you have made requires authentication." } },
    };
    await assert.rejects(client.request("lease", "GET", "/v1/offers"), {
      message: `Keystone at ${cloud.url} does not take the credentials of fake: The request you have made requires authentication.`,
      exitCode: 3,
    });
    cloud.keystoneSays = undefined;
    await client.request("lease", "GET", "/v1/offers");
  });

  it("says that Keystone is away, once, as it asks again, and at the end what it said", async () => {
    const { error } = console;
    const said: string[] = [];
    console.error = (text: string) => said.push(text);
    try {
      await start();
      cloud.keystoneSays = { status: 503, body: "<title>503</title><h1>No server is available</h1>" };
      await assert.rejects(cloud.client().request("lease", "GET", "/v1/offers"), {
        message: "Keystone refused POST /v3/auth/tokens (503): No server is available.",
      });
    } finally {
      console.error = error;
    }
    assert.deepEqual(said, [
      `Keystone at ${cloud.url} (fake) does not answer, it is asked again for 0.5 s: No server is available.`,
    ]);
    assert.ok(cloud.requests.length > 1);
  });

  it("never says a secret", async () => {
    await start(() => ({ status: 500, body: "broken" }));
    const failures = [cloud.client().request("lease", "GET", "/v1/offers?secret=s3cret")];
    cloud.keystoneSays = { status: 500, body: "broken" };
    failures.push(cloud.client().request("lease", "GET", "/v1/offers"));
    for (const failure of failures) {
      await assert.rejects(failure, (error: Error) => !/s3cret|token-1/.test(`${error.message}${error.stack!}`));
    }
  });
});
