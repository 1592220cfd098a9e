import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Manifest } from "../../../components/kubernetes/object";
import { type Claim, endedClaims, type Pod, type Run } from "../../../components/programs/volumes/ended";
import { renderVolumesEnded, runVolume } from "../../../components/workplace/volumes";
import { runProgram } from "../run-program";

const PLACE = { namespace: "okd-release", labels: { "okd-streams.io/stack": "kind" } };
const NOW = new Date("2026-11-26T12:00:00Z");

const claim = (name: string, owner?: string, kind = "PipelineRun"): Claim => ({
  metadata: { name, uid: `uid-${name}`, ...(owner && { ownerReferences: [{ kind, uid: owner }] }) },
});
const run = (uid: string, succeeded: string, completionTime?: string): Run => ({
  metadata: { uid },
  status: { ...(completionTime && { completionTime }), conditions: [{ type: "Succeeded", status: succeeded }] },
});
const pod = (phase: string, claimName: string): Pod => ({
  spec: { volumes: [{ persistentVolumeClaim: { claimName } }, {}] },
  status: { phase },
});
const ended = (claims: Claim[], runs: Run[], pods: Pod[] = []) =>
  endedClaims({ claims, runs, pods, now: NOW, failedHours: 12 }).map(({ metadata }) => metadata.name);

describe("volumes of runs", () => {
  it("are made by the run itself", () => {
    assert.deepEqual(runVolume("shared", { size: "4Gi", storageClass: "fast" }), {
      name: "shared",
      volumeClaimTemplate: {
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: "fast",
          resources: { requests: { storage: "4Gi" } },
        },
      },
    });
  });

  it("go once their run has succeeded, or failed some hours ago", () => {
    const runs = [
      run("good", "True", "2026-11-26T11:59:59Z"),
      run("bad", "False", "2026-11-26T00:00:00Z"),
      run("bad-just-now", "False", "2026-11-26T00:00:01Z"),
      run("running", "Unknown"),
      run("ending", "Unknown", "2026-11-25T00:00:00Z"),
      { metadata: { uid: "new" } },
    ];
    const claims = runs.map(({ metadata: { uid } }) => claim(`of-${uid}`, uid));
    assert.deepEqual(ended(claims, runs), ["of-good", "of-bad"]);
  });

  it("stay where a Pod is at work, where the run is unknown, and where they are nobody's or another's", () => {
    const runs = [run("good", "True", "2026-11-26T11:00:00Z")];
    const claims = [claim("used", "good"), claim("read", "good"), claim("foreign", "other"), claim("registry")];
    claims.push(claim("set", "good", "StatefulSet"));
    const pods = [pod("Running", "used"), pod("Succeeded", "read"), pod("Failed", "read"), pod("Pending", "registry")];
    assert.deepEqual(ended(claims, runs, pods), ["read"]);
  });

  describe("as a program", () => {
    const rendered = renderVolumesEnded({ ...PLACE, image: "node:24" });
    let folder: string;
    let server: Server;
    let lists: Record<string, object[]>;
    let changes: { method: string; path: string; body: unknown; type?: string }[];
    let status: number;

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), "okd-streams-volumes-"));
      const { data } = rendered.find(({ kind }) => kind === "ConfigMap") as Manifest & { data: Record<string, string> };
      writeFileSync(join(folder, "volumes.js"), data["volumes.js"]!);
      writeFileSync(join(folder, "token"), "t0ken\n");
      [changes, status] = [[], 200];
      lists = {
        persistentvolumeclaims: [claim("a", "good"), claim("b", "running"), claim("c", "good")],
        pipelineruns: [run("running", "Unknown"), run("good", "True", "2026-11-26T11:00:00Z")],
        pods: [pod("Succeeded", "a"), pod("Running", "b")],
      };
      server = createServer((request, response) => {
        let body = "";
        request.on("data", (chunk: Buffer) => (body += chunk.toString()));
        request.on("end", () => {
          const { pathname, searchParams } = new URL(request.url!, "http://api");
          const { method = "", headers } = request;
          if (headers.authorization !== "Bearer t0ken") {
            response.writeHead(401).end();
          } else if (method !== "GET") {
            const type = headers["content-type"];
            changes.push({ method, path: pathname, body: JSON.parse(body), ...(method === "PATCH" && { type }) });
            response.writeHead(status).end("{}");
          } else {
            const all = lists[pathname.split("/").at(-1)!]!;
            const page = Number(searchParams.get("continue") ?? 0); // one a page
            const more = page + 1 < all.length ? { continue: String(page + 1) } : {};
            response.end(JSON.stringify({ items: all.slice(page, page + 1), metadata: more }));
          }
        });
      });
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    });
    afterEach(() => {
      server.close();
      rmSync(folder, { recursive: true });
    });
    const start = (environment: Record<string, string> = {}) =>
      runProgram([join(folder, "volumes.js")], {
        ...{ NAMESPACE: "okd-release", FAILED_HOURS: "12", TOKEN_FILE: join(folder, "token") },
        API_SERVER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        ...environment,
      });

    it("deletes the very claims that it saw, and takes their protection away, which Pods that have ended hold", async () => {
      const { code, log } = await start();
      assert.equal(code, 0, log);
      const path = "/api/v1/namespaces/okd-release/persistentvolumeclaims";
      assert.deepEqual(
        changes,
        ["a", "c"].flatMap((name) => [
          {
            ...{ method: "DELETE", path: `${path}/${name}` },
            body: { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid: `uid-${name}` } },
          },
          {
            ...{ method: "PATCH", path: `${path}/${name}`, type: "application/merge-patch+json" },
            body: { metadata: { uid: `uid-${name}`, finalizers: null } },
          },
        ]),
      );
      assert.match(log, /2 of 3 volumes deleted/);
      assert.doesNotMatch(log, /t0ken/);
    });

    it("passes over what is gone or another one by now, and fails with a sentence where it may not delete", async () => {
      status = 409;
      const gone = await start();
      assert.deepEqual([gone.code, changes.map(({ method }) => method)], [0, ["DELETE", "DELETE"]], gone.log);
      status = 403;
      const refused = await start();
      assert.equal(refused.code, 1);
      assert.match(refused.log, /volume a cannot be deleted: the API server answers 403/);
    });

    it("deletes nothing where nobody says for how long failed runs stay", async () => {
      for (const FAILED_HOURS of ["", "long"]) {
        const { code, log } = await start({ FAILED_HOURS });
        assert.equal(code, 1);
        assert.match(log, /a number from 0 on is allowed/);
      }
      assert.deepEqual(changes, []);
    });

    it("may list runs and pods, and delete claims, and nothing else", () => {
      const role = rendered.find(({ kind }) => kind === "Role") as unknown as { rules: object[] };
      assert.deepEqual(role.rules, [
        { apiGroups: ["tekton.dev"], resources: ["pipelineruns"], verbs: ["list"] },
        { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
        { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["list", "delete", "patch"] },
      ]);
      assert.ok(rendered.every(({ metadata }) => metadata.namespace === "okd-release"));
    });
  });
});
