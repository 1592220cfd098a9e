import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { UserError } from "../../../components/errors";
import type { BuildsAnswer } from "../../../components/programs/gate/table";
import { connect } from "../../../components/kubernetes/connection";
import { askGate, buildLines } from "../../../stacks/commands/follow/gate";

const NOW = new Date("2026-11-23T12:00:00Z");
const STREAMS = [{ stream: "okd-coreos", version: "4.21", architectures: ["amd64", "arm64"] }];
const BUILD = { stream: "okd-coreos", version: "4.21", decided: "2026-11-23T11:59:00.000Z" };
const ANSWER: BuildsAnswer = {
  looked: NOW.toISOString(),
  streams: STREAMS,
  builds: [
    {
      ...BUILD,
      buildId: "20261123-ab12",
      outcome: "incomplete",
      message: "okd-coreos 4.21 build 20261123-ab12: 1 of 2 architectures are there, arm64 missing",
      arrived: ["amd64"],
      missing: ["arm64"],
      since: "2026-11-23T09:30:00.000Z",
    },
    {
      ...BUILD,
      buildId: "b",
      outcome: "conflicting",
      message: "okd-coreos 4.21 build b: the record of arm64 is no JSON",
      arrived: [],
      missing: [],
    },
  ],
};

describe("builds of a stack, as the gate knows them", () => {
  it("are a table with what has arrived, what is missing since when, and the decision", () => {
    assert.deepEqual(buildLines(ANSWER, NOW), [
      "BUILD                          ARRIVED  MISSING  SINCE                    DECISION",
      "okd-coreos 4.21 20261123-ab12  amd64    arm64    2026-11-23 09:30Z (2 h)  incomplete: 1 of 2 architectures are there, arm64 missing",
      "okd-coreos 4.21 b              -        -        -                        conflicting: the record of arm64 is no JSON",
    ]);
  });

  it("are a sentence where there is none, or none was looked for yet", () => {
    assert.deepEqual(buildLines({ ...ANSWER, builds: [] }, NOW), [
      "No run has left a record yet: okd-coreos 4.21 needs amd64, arm64.",
    ]);
    assert.deepEqual(buildLines({ streams: STREAMS, builds: [] }, NOW), [
      "The gate has not read the registry yet; if that lasts, its log says why.",
    ]);
  });

  describe("are asked for through the API server", () => {
    let server: Server;
    let answer: [status: number, body: object];
    let asked: string[];

    beforeEach(async () => {
      asked = [];
      server = createServer((request, response) => {
        asked.push(`${request.method} ${request.url}`);
        response.writeHead(answer[0], { "content-type": "application/json" }).end(JSON.stringify(answer[1]));
      });
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    });
    afterEach(() => {
      server.closeAllConnections();
      server.close();
    });
    const ask = async ({ port } = server.address() as AddressInfo) => {
      const kubeconfig = {
        apiVersion: "v1",
        kind: "Config",
        "current-context": "x",
        clusters: [{ name: "x", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
        users: [{ name: "x", user: {} }],
        contexts: [{ name: "x", context: { cluster: "x", user: "x" } }],
      };
      return askGate("kind", await connect(JSON.stringify(kubeconfig)), "okd-coreos");
    };
    const status = (code: number, reason: string, message: string): typeof answer => [
      code,
      { kind: "Status", status: "Failure", code, reason, message },
    ];

    it("at the gate's Service", async () => {
      answer = [200, ANSWER];
      assert.deepEqual(await ask(), ANSWER);
      assert.deepEqual(asked, ["GET /api/v1/namespaces/okd-coreos/services/gate:status/proxy/builds"]);
    });

    const failures: [name: string, answer: typeof answer, sentence: string][] = [
      [
        "a stack without events",
        status(404, "NotFound", 'services "gate" not found'),
        "Stack kind has no gate: set events.enabled, then npm run up -- kind.",
      ],
      [
        "a gate without a pod",
        status(503, "ServiceUnavailable", 'no endpoints available for service "gate:status"'),
        'The gate of stack kind does not answer (no endpoints available for service "gate:status"); ' +
          "its pods: kubectl -n okd-coreos get pods -l app.kubernetes.io/name=gate.",
      ],
    ];
    for (const [name, given, sentence] of failures) {
      it(`and ${name} is a sentence`, async () => {
        answer = given;
        await assert.rejects(ask(), new UserError(sentence));
      });
    }

    it("and a cluster that is away is a sentence", async () => {
      const address = server.address() as AddressInfo;
      await new Promise((closed) => server.close(closed));
      await assert.rejects(
        ask(address),
        /^UserError: The cluster of stack kind does not answer: http:\/\/127\.0\.0\.1:\d+: .*ECONN.* Is it there\?$/,
      );
    });
  });
});
