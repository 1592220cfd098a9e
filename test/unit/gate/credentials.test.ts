import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { provider } from "../../../components/gate/credentials";
import { startServer } from "../../../components/programs/gate/server";
import { settingsSchema } from "../../../components/programs/gate/settings";

const HOST = "gate.okd-coreos.svc";
const DAY = 86_400_000;
type Made = Awaited<ReturnType<typeof provider.create>>["outs"] & Record<string, string>;
const make = async (host = HOST): Promise<Made> => (await provider.create({ host })).outs as Made;

describe("the gate's credentials", () => {
  it("are a certificate of two years for the Service, and a key that nobody guesses", async () => {
    const [first, second] = [await make(), await make()];
    const certificate = new X509Certificate(first.certificate!);
    assert.equal(certificate.checkHost(HOST), HOST);
    assert.equal(certificate.checkHost("elsewhere.okd-coreos.svc"), undefined);
    const days = (Date.parse(certificate.validTo) - Date.now()) / DAY;
    assert.ok(days > 728 && days < 732, String(days));
    assert.match(first.signingKey!, /^[0-9a-f]{64}$/);
    assert.notEqual(first.signingKey, second.signingKey);
  });

  it("are renewed half a year before their end, the signing key excepted", async () => {
    const made = await make();
    const diff = (days: number, host = HOST) => {
      const expires = new Date(Date.now() + days * DAY).toISOString();
      return provider.diff!(HOST, { ...made, host: HOST, expires }, { host });
    };
    assert.equal((await diff(181)).changes, false);
    assert.equal((await diff(179)).changes, true);
    assert.deepEqual((await diff(181, "gate.other.svc")).replaces, ["host"]);
    const renewed = (await provider.update!(HOST, made, { host: HOST })).outs as Made;
    assert.equal(renewed.signingKey, made.signingKey);
    assert.notEqual(renewed.certificate, made.certificate);
  });

  it("are what a client trusts that knows the certificate, and nobody else", async () => {
    const { certificate, privateKey } = await make();
    const folder = mkdtempSync(join(tmpdir(), "okd-streams-tls-"));
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const settings = settingsSchema.parse({
      registry: { address: "127.0.0.1:9", path: "", insecure: true },
      streams: [],
      keys: file("keys", "k"),
      tls: { certificate: file("tls.crt", certificate!), key: file("tls.key", privateKey!) },
      ...{ port: 0, statusPort: 0, reconcileSeconds: 3600 },
    });
    const server = await startServer(settings, () => undefined);
    const ask = (options: object) =>
      new Promise<string>((done) => {
        const path = { host: "127.0.0.1", port: server.port, path: "/complete", method: "POST", agent: false };
        const asked = request({ ...path, servername: HOST, ...options }, (response) => {
          done(String(response.statusCode));
          response.resume();
        });
        asked.on("error", (error: Error & { code?: string }) => {
          done(error.code ?? error.message);
        });
        asked.end("{}");
      });
    try {
      assert.equal(await ask({ ca: certificate }), "200");
      assert.equal(await ask({ ca: certificate, servername: "elsewhere.svc" }), "ERR_TLS_CERT_ALTNAME_INVALID");
      assert.equal(await ask({}), "DEPTH_ZERO_SELF_SIGNED_CERT");
      assert.match(await ask({ ca: certificate, maxVersion: "TLSv1.1", minVersion: "TLSv1" }), /ERR_SSL|EPROTO/);
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true });
    }
  });
});
