import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireTools } from "./machine";
import { run, sharedScripts } from "./task";

/** Looks for an image with the real skopeo, as every Task does, and says what it takes the answer for. */
const LOOK = `
set -euo pipefail
. "$SCRIPT"
if skopeo inspect --raw --tls-verify=false "docker://$1" > "$HOME/manifest" 2> "$HOME/reason"; then echo present
elif absent "$HOME/reason" "$1"; then echo absent
else echo unanswered; fi
`;

const json = (code: string, message: string) => JSON.stringify({ errors: [{ code, message }] });

describe("what a Task takes for not there, as skopeo says it", function () {
  let folder: string;
  let server: Server;
  let answer: { status: number; body: string; ping?: number };

  before(function () {
    requireTools(this, "skopeo");
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "okd-streams-absent-"));
    writeFileSync(join(folder, "bases.sh"), sharedScripts["bases.sh"]!);
    server = createServer((request, response) => {
      const ping = request.url === "/v2/";
      const { status, body } = ping ? { status: answer.ping ?? 200, body: answer.ping ? answer.body : "{}" } : answer;
      response.writeHead(status, { "content-type": "application/json" }).end(body);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  const look = async () => {
    const image = `127.0.0.1:${(server.address() as AddressInfo).port}/okd/x:1`;
    const environment = { HOME: folder, SCRIPT: join(folder, "bases.sh"), PATH: process.env.PATH };
    const { log } = await run("bash", ["-c", LOOK, "look", image], environment);
    return log.trim().split("\n");
  };

  const cases: [what: string, said: string, answer: typeof answer][] = [
    ["a registry's MANIFEST_UNKNOWN", "absent", { status: 404, body: json("MANIFEST_UNKNOWN", "manifest unknown") }],
    ["the same in other words", "absent", { status: 404, body: json("MANIFEST_UNKNOWN", "no tag 1") }],
    ["a registry's NAME_UNKNOWN", "absent", { status: 404, body: json("NAME_UNKNOWN", "no repository okd/x") }],
    ["a proxy's 404", "unanswered", { status: 404, body: "404 page not found\n" }],
    ["a proxy's page that speaks of manifests", "unanswered", { status: 404, body: "<p>x: manifest unknown: y</p>" }],
    ["a failed ping", "unanswered", { status: 404, body: json("NAME_UNKNOWN", "name unknown"), ping: 404 }],
    ["a refusal", "unanswered", { status: 403, body: json("DENIED", "requested access is denied") }],
  ];
  for (const [what, said, given] of cases) {
    it(`${what}: ${said}`, async () => {
      answer = given;
      assert.deepEqual(await look(), [said]);
    });
  }

  it("Quay's denial of a repository: absent, with a warning", async () => {
    answer = { status: 401, body: json("UNAUTHORIZED", "access to the requested resource is not authorized") };
    const [warning, said] = await look();
    assert.match(warning!, /^warning: the registry denies \S+, as Quay does of what is not there: taken for none yet$/);
    assert.equal(said, "absent");
  });
});
