import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import type { Manifest } from "../../../components/kubernetes/object";
import { KEEP, keptRuns } from "../../../components/streams/keep";
import { renderCleanUp } from "../../../components/workplace/clean-up";
import { type KeptRuns, type Run, surplusRuns } from "../../../components/programs/clean-up/surplus";
import { find } from "./created";
import { runProgram } from "../run-program";

const PLACE = { namespace: "okd-coreos", labels: { "okd-streams.io/stack": "kind" } };
const rendered = renderCleanUp({ ...PLACE, image: "node:24", kept: keptRuns(KEEP, {}) });

interface Given {
  resource?: Run["resource"];
  stream?: string;
  architecture?: string;
  trigger?: string;
  pipeline?: string;
  /** Hours after some time; nothing: it runs. */
  ended?: number;
  succeeded?: string;
}
const BEGIN = Date.parse("2026-11-26T00:00:00Z");
let count = 0;

function run(given: Given = {}): Run {
  const { resource = "pipelineruns", stream = "4.21", architecture = "amd64", trigger = "build-4-21", ended } = given;
  const { pipeline = "okd-coreos", succeeded = ended === undefined ? "Unknown" : "True" } = given;
  const number = ++count;
  return {
    resource,
    metadata: {
      ...{ name: `run-${number}`, uid: `uid-${number}`, resourceVersion: String(number) },
      labels: {
        "okd-streams.io/stream": stream,
        "okd-streams.io/architecture": architecture,
        "triggers.tekton.dev/trigger": trigger,
      },
    },
    spec: { [resource === "taskruns" ? "taskRef" : "pipelineRef"]: { name: pipeline } },
    status: {
      ...(ended !== undefined && { completionTime: new Date(BEGIN + ended * 3_600_000).toISOString() }),
      conditions: [{ type: "Succeeded", status: succeeded }],
    },
  };
}
const surplus = (runs: Run[], keep: number, more: Partial<KeptRuns> = {}) =>
  surplusRuns(runs, { runs: keep, pullRequests: keep, of: {}, ...more }).map(({ metadata }) => metadata.name);
const hasEnded = ({ status }: Run) => status!.conditions![0]!.status !== "Unknown";

const kept = (count: number) => JSON.stringify({ runs: count, pullRequests: count, of: {} } satisfies KeptRuns);

describe("surplus runs", () => {
  it("are those that ended before the newest of their like", () => {
    const [old, newest, middle] = [run({ ended: 1 }), run({ ended: 3 }), run({ ended: 2, succeeded: "False" })];
    assert.deepEqual(surplus([old, newest, middle], 2), [old.metadata.name]);
    assert.deepEqual(surplus([old, newest, middle], 1).sort(), [old.metadata.name, middle.metadata.name].sort());
    assert.deepEqual(surplus([old, newest, middle], 3), []);
  });

  it("are of one stream, architecture, Pipeline and trigger: what is built seldom stays", () => {
    const others: Given[] = [
      { stream: "4.20" },
      { architecture: "arm64" },
      { pipeline: "compose-manifest-list" },
      { trigger: "git-4-21-base-pull-requests" },
      { resource: "taskruns" },
    ];
    assert.deepEqual(surplus([run({ ended: 9 }), ...others.map((other) => run({ ...other, ended: 1 }))], 1), []);
  });

  it("are never the newest that succeeded", () => {
    const [older, succeeded] = [1, 2].map((ended) => run({ ended }));
    const failed = [3, 4, 5].map((ended) => run({ ended, succeeded: "False" }));
    const names = [older!, ...failed.slice(0, 2)].map(({ metadata }) => metadata.name);
    assert.deepEqual(surplus([older!, succeeded!, ...failed], 1).sort(), names.sort());
  });

  it("are as many as the thing that is made has a number of its own for, and pull requests one of theirs", () => {
    const runs = (given: Given) => [1, 2, 3].map((ended) => run({ ...given, ended }));
    const [own, other, asked] = [
      runs({ stream: "5.0" }),
      runs({ stream: "4.22" }),
      runs({ stream: "5.0", trigger: "git-5-0-base-pull-requests" }),
    ];
    const gone = surplus([...own, ...other, ...asked], 3, { pullRequests: 1, of: { "stream=5.0": 2 } });
    assert.deepEqual(gone.sort(), [own[0]!, asked[0]!, asked[1]!].map(({ metadata }) => metadata.name).sort());
  });

  it("are of everything that runs make: releases, payloads, operators, tests; nobody else's in the namespace", () => {
    for (const makes of ["release", "payload", "operators", "certification", "upgrade"]) {
      const [old, newest] = [1, 2].map((ended) => {
        const one = run({ ended });
        return { ...one, metadata: { ...one.metadata, labels: { [`okd-streams.io/${makes}`]: "next" } } };
      });
      assert.deepEqual(surplus([old!, newest!], 1), [old!.metadata.name], makes);
    }
    const others = [1, 2].map((ended) => {
      const one = run({ ended });
      return { ...one, metadata: { ...one.metadata, labels: {} } };
    });
    assert.deepEqual(surplus(others, 1), []);
  });

  it("are never such that run, nor such without a word of how they ended", () => {
    const unfinished = [run(), run({ ended: 1, succeeded: "Unknown" }), { ...run(), status: undefined }];
    assert.deepEqual(surplus([...unfinished, run({ ended: 5 })], 1), []);
  });

  it("leave the newest of each, whatever there is", () => {
    const given = fc.record({
      stream: fc.constantFrom("4.20", "4.21"),
      architecture: fc.constantFrom("amd64", "arm64"),
      ended: fc.option(fc.integer({ min: 0, max: 50 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(given, { maxLength: 30 }), fc.integer({ min: 1, max: 4 }), (all, keep) => {
        const runs = all.map(run);
        const gone = surplusRuns(runs, { runs: keep, pullRequests: keep, of: {} });
        assert.ok(gone.every(hasEnded));
        for (const one of gone) {
          const labels = JSON.stringify(one.metadata.labels);
          const stay = runs.filter(
            (other) => JSON.stringify(other.metadata.labels) === labels && hasEnded(other) && !gone.includes(other),
          );
          assert.equal(stay.length, keep);
          assert.ok(stay.every(({ status }) => status!.completionTime! >= one.status!.completionTime!));
        }
      }),
    );
  });
});

describe("clean-up", () => {
  it("may list and delete runs, and nothing else", () => {
    const role = find(rendered, "Role", "clean-up") as unknown as { rules: object[] };
    assert.deepEqual(role.rules, [
      { apiGroups: ["tekton.dev"], resources: ["pipelineruns", "taskruns"], verbs: ["list", "delete"] },
    ]);
    const { spec } = find(rendered, "CronJob", "clean-up");
    assert.deepEqual([spec.schedule, spec.concurrencyPolicy], ["17 * * * *", "Forbid"]);
    const pod = spec.jobTemplate.spec.template.spec;
    assert.equal(pod.serviceAccountName, "clean-up");
    assert.deepEqual(pod.containers[0].securityContext.capabilities, { drop: ["ALL"] });
    assert.ok(rendered.every(({ metadata }) => metadata.namespace === "okd-coreos"));
  });

  describe("as a program", () => {
    let folder: string;
    let server: Server;
    let asked: { method: string; path: string; query: URLSearchParams; body: string; authorization?: string }[];
    let lists: Record<string, Run[]>;
    let answer: (name: string) => number;

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), "okd-streams-clean-up-"));
      const { data } = find(rendered, "ConfigMap", "clean-up") as Manifest & { data: Record<string, string> };
      writeFileSync(join(folder, "clean-up.js"), data["clean-up.js"]!);
      writeFileSync(join(folder, "token"), "t0ken\n");
      [asked, lists, answer] = [[], { pipelineruns: [], taskruns: [] }, () => 200];
      server = createServer((request, response) => {
        let body = "";
        request.on("data", (chunk: Buffer) => (body += chunk.toString()));
        request.on("end", () => {
          const { pathname, searchParams } = new URL(request.url!, "http://api");
          const { method = "", headers } = request;
          asked.push({ method, path: pathname, query: searchParams, body, authorization: headers.authorization });
          const [resource, name] = pathname.replace("/apis/tekton.dev/v1/namespaces/okd-coreos/", "").split("/");
          if (method === "DELETE") {
            response.writeHead(answer(name!)).end("{}");
            return;
          }
          // One run a page.
          const page = Number(searchParams.get("continue") ?? 0);
          const all = lists[resource!]!;
          const more = page + 1 < all.length ? { continue: String(page + 1) } : {};
          response.writeHead(200).end(JSON.stringify({ items: all.slice(page, page + 1), metadata: more }));
        });
      });
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    });
    afterEach(() => {
      server.close();
      rmSync(folder, { recursive: true });
    });
    const start = (environment: Record<string, string> = {}) =>
      runProgram([join(folder, "clean-up.js")], {
        ...{ NAMESPACE: "okd-coreos", KEEP: kept(1), TOKEN_FILE: join(folder, "token") },
        API_SERVER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        ...environment,
      });
    const deletions = () => asked.filter(({ method }) => method === "DELETE");

    it("deletes the very runs that it saw, on every page, and leaves those that run", async () => {
      const [old, newest, running] = [run({ ended: 1 }), run({ ended: 2 }), run()];
      const [oldTask, newTask] = [1, 2].map((ended) => run({ resource: "taskruns", ended }));
      lists = { pipelineruns: [old, running, newest], taskruns: [oldTask!, newTask!] };
      const { code, log } = await start();
      assert.equal(code, 0, log);
      assert.deepEqual(
        deletions().map(({ path, body }) => [path.split("/").slice(-2).join("/"), JSON.parse(body)]),
        [old, oldTask!].map(({ resource, metadata: { name, uid, resourceVersion } }) => [
          `${resource}/${name}`,
          {
            ...{ apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Background" },
            preconditions: { uid, resourceVersion },
          },
        ]),
      );
      assert.ok(asked.every(({ authorization }) => authorization === "Bearer t0ken"));
      const queries = asked.flatMap(({ method, query }) => (method === "GET" ? [query.get("labelSelector")] : []));
      assert.deepEqual([...new Set(queries)], ["!tekton.dev/pipelineRun"]);
      assert.doesNotMatch(log, /t0ken/);
      assert.match(log, /2 of 5 runs deleted/);
    });

    it("leaves what has changed or gone in between, and fails with a sentence where it may not delete", async () => {
      const runs = [1, 2, 3, 4].map((ended) => run({ ended }));
      lists.pipelineruns = runs;
      answer = (name) => (name === runs[0]!.metadata.name ? 409 : name === runs[1]!.metadata.name ? 404 : 200);
      const changed = await start();
      assert.equal(changed.code, 0, changed.log);
      assert.match(changed.log, /1 of 4 runs deleted/);
      answer = () => 403;
      const refused = await start();
      assert.equal(refused.code, 1);
      assert.match(refused.log, /pipelineruns\/run-\d+ cannot be deleted: the API server answers 403/);
    });

    it("deletes nothing where nobody says how many stay", async () => {
      lists.pipelineruns = [run({ ended: 1 }), run({ ended: 2 })];
      for (const KEEP of ["", kept(0), '{"runs": 1}', '{"runs": 1, "pullRequests": 1, "of": {"stream=5.0": "all"}}']) {
        const { code, log } = await start({ KEEP });
        assert.equal(code, 1);
        assert.match(log, /numbers from 1 on are allowed/);
      }
      assert.deepEqual(asked, []);
    });
  });
});
