import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle } from "../../../components/programs/bundle";
import { refusalOf } from "../../../components/programs/events/envelope";
import { Interceptor } from "../../../components/programs/gate/interceptor";
import { headOf } from "../../../components/programs/requests/pin";
import { buildIdOf, parseCommits, type RequestSettings } from "../../../components/programs/requests/request";
import { periodicId } from "../../../components/programs/requests/scheduled";
import { requireTools } from "../scripts/machine";
import { runProgram } from "../run-program";

const PROGRAM = bundle("request");
const JOB = "build-4-20-29924670";
const COMMIT = "0123456789".repeat(4);

describe("the id of a build that is asked for", () => {
  it("is that of its tag for a release, so that the tag's push and the release are one build", () => {
    const commits = { node: "0123456789abcdef0123456789abcdef01234567", base: "f".repeat(40) };
    assert.equal(buildIdOf("release-1017654321", ["node"], commits), "tag-0123456789ab");
    assert.equal(buildIdOf("tag-0123456789ab", ["node"], commits), "tag-0123456789ab");
    assert.equal(buildIdOf("release-candidate", ["node"], commits), "release-candidate");
    assert.equal(buildIdOf("release-7", ["node", "base"], commits), "release-7");
    assert.equal(buildIdOf("release-7", [], commits), "release-7");
  });
});

describe("requests for builds", () => {
  let folder: string;
  let server: Server;
  let handle: (request: IncomingMessage, response: ServerResponse) => void;
  let origin: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "okd-streams-request-"));
    server = createServer((request, response) => {
      handle(request, response);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  it("ask for one build by each schedule, whichever attempt", () => {
    assert.equal(periodicId(`build-4-20-${Date.parse("2026-11-24T00:30:00Z") / 60_000}`), "periodic-202611240030");
    assert.throws(() => periodicId("build-by-hand"), /is no name of a CronJob's Job/);
  });

  it("take commits by name", () => {
    assert.deepEqual(parseCommits(` base=${COMMIT}\n node=1 `), { base: COMMIT, node: "1" });
    assert.deepEqual(parseCommits(""), {});
  });

  describe("of branches", () => {
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=x", "-c", "user.email=x@example.invalid", ...args], {
        ...{ cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
        env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" },
      }).trim();

    it("find the commit that git itself finds, in a real repository with a thousand others", async function () {
      requireTools(this, "git");
      git("init", "--quiet", "--initial-branch=main", "os");
      const commit = (branch: string) => {
        git("-C", "os", "checkout", "--quiet", "-B", branch);
        git("-C", "os", "commit", "--quiet", "--allow-empty", "--message", branch);
        return git("-C", "os", "rev-parse", "HEAD");
      };
      const heads = {
        main: commit("main"),
        "release-4.21": commit("release-4.21"),
        "a/release-4.21": commit("a/release-4.21"),
      };
      const refs = Array.from({ length: 1000 }, (_, index) => `${heads.main} refs/pull/${index}/head`);
      writeFileSync(join(folder, "os/.git/packed-refs"), `# pack-refs with: sorted\n${refs.sort().join("\n")}\n`);
      handle = (request, response) => {
        const { pathname, searchParams } = new URL(request.url!, origin);
        const env = {
          ...{ PATH: process.env.PATH, GIT_PROJECT_ROOT: folder, GIT_HTTP_EXPORT_ALL: "1", REQUEST_METHOD: "GET" },
          ...{ PATH_INFO: pathname, QUERY_STRING: searchParams.toString() },
        };
        const answer = execFileSync("git", ["http-backend"], { env });
        const end = answer.indexOf("\r\n\r\n");
        for (const line of answer.toString("latin1", 0, end).split("\r\n")) {
          const [name, value] = line.split(": ");
          if (name === "Status") response.statusCode = parseInt(value!);
          else response.setHeader(name!, value!);
        }
        // In small pieces, as networks bring it.
        for (let at = end + 4; at < answer.length; at += 1000) response.write(answer.subarray(at, at + 1000));
        response.end();
      };
      const repository = `${origin}/os/.git`;
      for (const [branch, head] of Object.entries(heads)) assert.equal(await headOf({ repository, branch }), head);
      git("-C", "os", "tag", "v4.21.0", heads.main);
      git("-C", "os", "tag", "--annotate", "--message", "x", "v4.21.1", heads["release-4.21"]);
      assert.equal(await headOf({ repository, branch: "refs/tags/v4.21.0" }), heads.main);
      assert.equal(await headOf({ repository, branch: "refs/tags/v4.21.1" }), heads["release-4.21"]);
      await assert.rejects(headOf({ repository, branch: "refs/tags/v4.21" }), /has no refs\/tags\/v4\.21$/);
      await assert.rejects(headOf({ repository, branch: "release-4" }), /has no branch release-4$/);
      await assert.rejects(headOf({ repository: `${origin}/none`, branch: "main" }), /none answers 404$/);
    });

    it("end in a sentence where no git answers", async () => {
      handle = (_, response) => response.end("hello");
      await assert.rejects(headOf({ repository: origin, branch: "main" }), /does not speak git's smart HTTP$/);
      handle = (_, response) =>
        response.setHeader("content-type", "application/x-git-upload-pack-advertisement").end("what is this?");
      await assert.rejects(headOf({ repository: origin, branch: "main" }), /list of branches cannot be read$/);
      server.close();
      await assert.rejects(headOf({ repository: origin, branch: "main" }), /does not answer: [A-Z_]+$/);
    });
  });

  describe("as a program", () => {
    let told: { listener: string; body: string; headers: Record<string, string[]> }[];
    let answers: Record<string, number[]>;
    let refs: string;
    /** What Kubernetes answers when it is asked for a run, one after the other, and at last that it is there; and how often it is asked. */
    let runs: Record<string, number[]>;
    let looks: Record<string, number>;

    beforeEach(() => {
      [runs, looks] = [{}, {}];
      writeFileSync(join(folder, "token"), "account-token\n");
      refs = `${COMMIT} refs/heads/main\n`;
      writeFileSync(join(folder, "request.js"), PROGRAM);
      writeFileSync(join(folder, "keys"), "first key\nolder key\n");
      writeFileSync(join(folder, "other"), "another's key\n");
      told = [];
      answers = {};
      handle = (request, response) => {
        const listener = request.url!;
        if (listener.startsWith("/git/")) {
          response.setHeader("content-type", "application/x-git-upload-pack-advertisement");
          const lines = refs.split(/(?<=\n)/).map((line) => (line.length + 4).toString(16).padStart(4, "0") + line);
          response.end(`001e# service=git-upload-pack\n0000${lines.join("")}0000`);
          return;
        }
        if (listener.startsWith("/runs/")) {
          assert.equal(request.headers.authorization, "Bearer account-token");
          const run = listener.slice("/runs/".length);
          looks[run] = (looks[run] ?? 0) + 1;
          response.writeHead(runs[run]?.shift() ?? 200).end("{}");
          return;
        }
        let body = "";
        request.on("data", (chunk: Buffer) => (body += chunk.toString()));
        request.on("end", () => {
          const headers = Object.entries(request.headers).map(([name, value]) => [name, [String(value)]]);
          told.push({ listener, body, headers: Object.fromEntries(headers) as Record<string, string[]> });
          response.writeHead(answers[listener]?.shift() ?? 202).end("{}");
        });
      };
    });
    const run = async (
      environment: Record<string, string> = {},
      change: Partial<RequestSettings["versions"][string]> = {},
    ) => {
      const branch = "main";
      const settings: RequestSettings = {
        stream: "okd-coreos",
        versions: {
          "4.20": {
            sources: {
              base: { repository: `${origin}/git/base`, branch },
              node: { repository: `${origin}/git/node`, branch },
            },
            listeners: [
              { address: `${origin}/here`, keys: join(folder, "keys") },
              { address: `${origin}/there`, keys: join(folder, "other") },
            ],
            ...change,
          },
        },
      };
      writeFileSync(join(folder, "settings.json"), JSON.stringify(settings));
      const result = join(folder, "commits");
      const env = {
        ...{ VERSION: "4.20", JOB_NAME: JOB, PAUSE_MS: "1", RESULT_COMMITS: result },
        ...{ RUNS_URL: `${origin}/runs`, TOKEN_FILE: join(folder, "token"), ...environment },
      };
      const ended = await runProgram([join(folder, "request.js"), join(folder, "settings.json")], env);
      return { ...ended, commits: existsSync(result) ? readFileSync(result, "utf8") : undefined };
    };

    it("send one signed request to all, with the commits of now, again where it was not taken", async () => {
      answers = { "/there": [503, 500] };
      const { code, log, commits } = await run();
      assert.equal(code, 0, log);
      assert.deepEqual(told.map(({ listener }) => listener).sort(), ["/here", "/there", "/there", "/there"]);
      assert.doesNotMatch(log, /first key|another's key/);
      const buildId = periodicId(JOB);
      for (const { listener, body, headers } of told) {
        const key = listener === "/here" ? "first key" : "another's key";
        assert.equal(refusalOf(body, headers, [key], new Date()), undefined);
        assert.deepEqual(JSON.parse(body), {
          ...{ schema: 1, type: "build-requested", stream: "okd-coreos", version: "4.20", buildId },
          commits: { base: COMMIT, node: COMMIT },
        });
        const request = JSON.stringify({ body, header: headers, interceptor_params: { type: "build-requested" } });
        const gate = { decide: () => Promise.reject(new Error("not asked")), repository: (name: string) => name };
        assert.equal(new Interceptor(gate, () => [key]).signature(request).outcome, "verified");
      }
      assert.equal(commits, `base=${COMMIT} node=${COMMIT}`);
    });

    it("are of what a tag points at, where they are given one", async () => {
      refs = `${COMMIT} refs/heads/main\n${"e".repeat(40)} refs/tags/v4.20.1\n`;
      const { code, log, commits } = await run({ COMMITS: "node=refs/tags/v4.20.1" });
      assert.equal(code, 0, log);
      assert.equal(commits, `node=${"e".repeat(40)} base=${COMMIT}`);
    });

    it("keep the commits and the id that they are given, and leave to runs what cannot be asked for", async () => {
      const node = "f".repeat(40);
      const sources = {
        base: { repository: "file:///base.git", branch: "main" },
        node: { repository: "x", branch: "x" },
      };
      const { code, log, commits } = await run({ BUILD_ID: "by-hand-1", COMMITS: `node=${node}` }, { sources });
      assert.equal(code, 0, log);
      assert.match(log, /base: file:\/\/\/base\.git is not behind http: each run takes the head of main/);
      assert.equal(commits, `node=${node}`);
      for (const { body } of told) {
        const { buildId, commits } = JSON.parse(body) as { buildId: string; commits: object };
        assert.deepEqual([buildId, commits], ["by-hand-1", { node }]);
      }
    });

    it("fail where a tag is given of what cannot be asked for, and ask nobody", async () => {
      const sources = { base: { repository: "file:///base.git", branch: "main" } };
      const { code, log } = await run({ COMMITS: "base=refs/tags/v4.20.1" }, { sources });
      assert.equal(code, 1);
      assert.match(
        log,
        /base: file:\/\/\/base\.git is not behind http, .* the commit of refs\/tags\/v4\.20\.1: give that/,
      );
      assert.deepEqual(told, []);
    });

    it("fail with a sentence that names who cannot be told, when the others have been", async () => {
      answers = { "/there": Array<number>(20).fill(503) };
      const { code, log } = await run();
      assert.equal(code, 1);
      assert.match(
        log,
        /build periodic-\d+: \S+\/there cannot be asked: it answers 503; 1 of 2 EventListeners were told: ask again \S+ the same id for the rest, with commits .{2}base=0123/,
      );
      assert.deepEqual(told.filter(({ listener }) => listener === "/here").length, 1);
    });

    describe("that see the runs", () => {
      const listeners = () => [{ address: `${origin}/here`, keys: join(folder, "keys"), runs: ["a", "b"] }];
      const missing = (times: number) => Array<number>(times).fill(404);

      it("are sent again where an EventListener took them and lost them, until all are there", async () => {
        // A look before, five after the first request, of which one answers that a is there, and one after the second.
        runs = { "a-x": missing(1), "b-x": missing(6) };
        const { code, log } = await run({ BUILD_ID: "x" }, { listeners: listeners() });
        assert.equal(code, 0, log);
        assert.equal(told.length, 2);
        assert.deepEqual(looks, { "a-x": 3, "b-x": 7 });
      });

      it("ride out a moment in which Kubernetes is away", async () => {
        runs = { "a-x": [503, 404, 500, 200] };
        const { code, log } = await run({ BUILD_ID: "x" }, { listeners: listeners() });
        assert.equal(code, 0, log);
        assert.equal(told.length, 1);
        assert.match(log, /Kubernetes answers 503 for PipelineRun a-x/);
      });

      it("fail with a sentence where no run begins", async () => {
        runs = { "a-x": missing(200), "b-x": missing(200) };
        const { code, log } = await run({ BUILD_ID: "x" }, { listeners: listeners() });
        assert.deepEqual([code, told.length], [1, 9]);
        assert.match(log, /\/here takes the request and starts no a-x, b-x: its log and the gate's say why/);
      });

      it("fail before anybody is told where the account may not look", async () => {
        runs = { "a-x": [403], "b-x": [403] };
        const forbidden = await run({ BUILD_ID: "x" }, { listeners: listeners() });
        assert.match(forbidden.log, /the account may not see PipelineRun [ab]-x: take account requester/);
        rmSync(join(folder, "token"));
        const nobody = await run({ BUILD_ID: "x" }, { listeners: listeners() });
        assert.match(nobody.log, /no token of an account is in \S+\/token: take account requester/);
        assert.deepEqual([forbidden.code, nobody.code, told.length], [1, 1, 0]);
      });
    });

    it("tell nobody of what is no request, or cannot be pinned", async () => {
      const base = { repository: "http://127.0.0.1:9", branch: "main" };
      for (const [environment, change, sentence] of [
        [{ VERSION: "4.99" }, {}, /no cluster builds okd-coreos 4\.99/],
        [{ BUILD_ID: "No Name" }, {}, /its buildId is not what one has/],
        [{ COMMITS: "base=main" }, {}, /its commits\.base is not what one has/],
        [{}, { sources: { base } }, /127\.0\.0\.1:9 does not answer: bad port/],
      ] as const) {
        const { code, log } = await run(environment, change);
        assert.equal(code, 1);
        assert.match(log, sentence);
      }
      assert.deepEqual(told, []);
      writeFileSync(join(folder, "other"), "\n");
      const { code, log } = await run();
      assert.equal(code, 1);
      assert.match(log, /other holds no key for \S+\/there/);
    });
  });
});
