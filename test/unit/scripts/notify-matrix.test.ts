import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireTools } from "./machine";
import { lastLine, runTask } from "./task";

interface Request {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

describe("notify-matrix", () => {
  let folder: string;
  let server: Server;
  let requests: Request[];
  let answer: (url: string) => [number, object];

  before(function () {
    requireTools(this, "curl");
    folder = mkdtempSync(join(tmpdir(), "okd-streams-matrix-"));
    writeFileSync(join(folder, "token"), "syt_secret\n");
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (data: Buffer) => (body += data.toString()));
      request.on("end", () => {
        const { method = "", url = "", headers } = request;
        requests.push({ method, url, headers, body });
        const [status, value] = answer(url);
        response.writeHead(status).end(JSON.stringify(value));
      });
    });
    return new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  });
  beforeEach(() => {
    requests = [];
    answer = () => [200, { event_id: "$1" }];
  });
  after(() => {
    server?.close();
    if (folder) {
      rmSync(folder, { recursive: true });
    }
  });

  const notify = (params: Record<string, string> = {}, env: Record<string, string> = {}) =>
    runTask("notify-matrix", {
      params: {
        room: "!room:example.org",
        endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
        message: 'says "done" \\ here\nand\there',
        ...params,
      },
      env: { TOKEN_FILE: join(folder, "token"), ...env },
    });

  it("puts one message, with the token in a header alone", async () => {
    const { code, log, environment } = await notify();
    assert.equal(code, 0, log);
    assert.equal(requests.length, 1);
    const [{ method, url, headers, body }] = requests as [Request];
    assert.equal(
      `${method} ${url}`,
      "PUT /_matrix/client/v3/rooms/%21room%3Aexample.org/send/m.room.message/notify-matrix-uid",
    );
    assert.equal(headers.authorization, "Bearer syt_secret");
    assert.deepEqual(JSON.parse(body), { msgtype: "m.text", body: 'says "done" \\ here and here' });
    assert.doesNotMatch(log + JSON.stringify(environment), /syt_secret/);
  });

  it("uses r0 with a homeserver that knows no v3", async () => {
    answer = (url) => (url.includes("/v3/") ? [404, { errcode: "M_UNRECOGNIZED" }] : [200, {}]);
    assert.equal((await notify()).code, 0);
    assert.deepEqual(
      requests.map(({ url }) => url.split("/")[3]),
      ["v3", "r0"],
    );
  });

  it("says what the homeserver says where it refuses", async () => {
    answer = () => [403, { errcode: "M_FORBIDDEN", error: "not in the room" }];
    const { code, log } = await notify();
    assert.equal(code, 1);
    assert.match(
      lastLine(log),
      /^error: http:\S+ answered 403: \{"errcode":"M_FORBIDDEN","error":"not in the room"\}$/,
    );
    assert.equal(requests.length, 1, "r0 is no way around a refusal");
  });

  it("says which Secret lacks its key", async () => {
    const { code, log } = await notify({}, { TOKEN_FILE: join(folder, "none") });
    assert.deepEqual([code, log], [1, 'error: the Secret that matrix-secret names has no key "token"\n']);
  });

  it("sends nothing, and succeeds, without a room or a homeserver", async () => {
    for (const param of ["room", "endpoint"]) {
      const { code, log } = await notify({ [param]: "" });
      assert.deepEqual([code, log], [0, "no Matrix room or endpoint is named: nothing is sent\n"]);
    }
    assert.deepEqual(requests, []);
  });
});
