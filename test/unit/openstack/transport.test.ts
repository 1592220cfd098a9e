import * as assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { generate } from "selfsigned";
import { OpenStack } from "../../../components/openstack/client";
import { readCredentials } from "../../../components/openstack/credentials";
import { PATIENCE } from "../../../components/openstack/send";

/** Keystone and Ironic behind certificates that nobody but the reader of a file trusts. */
describe("OpenStack behind a certificate of the site's own", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "okd-streams-tls-"));
  const ca = path.join(folder, "ca.pem");
  const seen: string[] = [];
  const connections: unknown[] = [];
  let server: https.Server;
  let url: string;
  const patience = { ...PATIENCE };

  before(async () => {
    const altNames = [{ type: 7 as const, ip: "127.0.0.1" }];
    const { private: key, cert } = await generate([{ name: "commonName", value: "esi" }], {
      extensions: [
        { name: "basicConstraints", cA: true },
        { name: "subjectAltName", altNames },
      ],
    });
    writeFileSync(ca, cert);
    server = https.createServer({ key, cert }, (request, response) => {
      seen.push(`${request.method!} ${request.url!}`);
      request.resume();
      const expires_at = new Date(Date.now() + 3_600_000).toISOString();
      const catalog = [{ type: "baremetal", endpoints: [{ interface: "public", region: "r", url }] }];
      const isToken = request.url!.endsWith("/auth/tokens");
      response.writeHead(isToken ? 201 : 200, { "x-subject-token": "token", connection: "close" });
      response.end(JSON.stringify(isToken ? { token: { expires_at, project: { id: "p1" }, catalog } } : { nodes: [] }));
    });
    server.on("connection", (socket) => connections.push(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  });
  beforeEach(() => {
    seen.length = connections.length = 0;
    // Without the guard the test ends with its own time.
    Object.assign(PATIENCE, { pause: 1, longestPause: 50, retries: 60_000 });
  });
  after(() => {
    Object.assign(PATIENCE, patience);
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  });

  const account = (more: string) => {
    const file = path.join(folder, "clouds.yaml");
    writeFileSync(
      file,
      `clouds: {esi: {${more} auth: {auth_url: "${url}/v3", user_id: u1, password: s3cret, project_id: p1}}}`,
    );
    return new OpenStack(readCredentials("esi", { OS_CLIENT_CONFIG_FILE: file }));
  };
  const ask = (cloud: OpenStack) => cloud.request("baremetal", "GET", "/v1/nodes");

  it("is trusted, Keystone and services, by the file that cacert names", async () => {
    await ask(account(`cacert: ${ca},`));
    assert.deepEqual(seen, ["POST /v3/auth/tokens", "GET /v1/nodes"]);
  });

  it("is not asked a second time where nobody says that it is trusted, and no password goes there", async () => {
    await assert.rejects(ask(account("")), {
      name: "UserError",
      message:
        /^Keystone at https:\/\/127\.0\.0\.1:\d+ is not trusted: self-signed certificate.*cacert in clouds\.yaml \(or OS_CACERT\), or set verify: false/,
      exitCode: 3,
    });
    assert.equal(connections.length, 1);
    assert.deepEqual(seen, []);
  });

  it("is asked where it does not matter who answers, with a warning", async () => {
    const cloud = account("verify: false,");
    await ask(cloud);
    assert.equal(seen.length, 2);
    assert.match(cloud.credentials.notes!.join(), /^Warning: certificates of esi are not verified/);
  });

  it("needs the file that is named", async () => {
    await assert.rejects(ask(account(`cacert: ${folder}/none.pem,`)), {
      message: `cacert: ${folder}/none.pem cannot be read: name a file with certificates in PEM's form.`,
    });
  });

  it("is not found twice where its name does not resolve", async () => {
    const { fetch } = globalThis;
    let asked = 0;
    globalThis.fetch = () => {
      asked++;
      return Promise.reject(
        Object.assign(new TypeError("fetch failed"), {
          cause: Object.assign(new Error("getaddrinfo ENOTFOUND ks"), { code: "ENOTFOUND" }),
        }),
      );
    };
    try {
      url = "https://ks.invalid";
      await assert.rejects(ask(account("")), {
        message:
          "Keystone at https://ks.invalid cannot be found: no address is known for that name (getaddrinfo ENOTFOUND ks). " +
          "Correct auth_url, or ask the site.",
      });
    } finally {
      globalThis.fetch = fetch;
    }
    assert.equal(asked, 1);
  });

  it("is not followed to another address, as the password would go there too", async () => {
    let asked = 0;
    const other = http.createServer((_request, response) => {
      asked++;
      response.writeHead(301, { location: "https://ks.example/v3/auth/tokens?x=1", connection: "close" });
      response.end();
    });
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${String((other.address() as AddressInfo).port)}`;
    try {
      await assert.rejects(ask(account("")), {
        message:
          "Keystone answers POST /v3/auth/tokens with a redirect (301) to https://ks.example/v3/auth/tokens: set auth_url to " +
          "the address that it wants.",
      });
    } finally {
      other.close();
    }
    assert.equal(asked, 1);
  });
});
