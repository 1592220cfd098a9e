import * as assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import type { EventsLab } from "./events-lab";

const KEYS = { github: "github's key", gitlab: "gitlab's token" };
/** What no log may hold. */
const CONTENT = "what-an-event-says";
const BASE = "file:///rehearsal/rhel-coreos-config";
const NODE = "file:///rehearsal/os";
/** Commits that no repository has: runs of them begin, and end where sources are fetched. */
const commit = (letter: string) => letter.repeat(40);
const short = (letter: string) => letter.repeat(12);

/** Events of Git hosts, with the fields that GitHub and GitLab document. */
const github = {
  push: (ref: string, id: string, html_url = BASE) => ({
    ...{ ref, after: id, deleted: false, head_commit: { id }, message: CONTENT },
    repository: { full_name: "rehearsal/config", html_url },
  }),
  release: (id: number, tag_name: string, action = "published") => ({
    ...{ action, release: { id, tag_name } },
    repository: { full_name: "rehearsal/config", html_url: BASE },
  }),
  pullRequest: (number: number, sha: string, from: string) => ({
    ...{ action: "opened", number },
    pull_request: { head: { sha, ref: "fix", repo: { full_name: from } }, base: { ref: "main" } },
    repository: { full_name: "rehearsal/config", html_url: BASE },
  }),
};
const gitlab = {
  push: (ref: string, checkout_sha: string | null) => ({
    ref,
    checkout_sha,
    project: { web_url: NODE },
    message: CONTENT,
  }),
  release: (id: number, tag: string, sha: string) => ({
    ...{ action: "create", id, tag, commit: { id: sha }, project: { web_url: NODE } },
  }),
  mergeRequest: (iid: number, sha: string, source_project_id: number) => ({
    object_attributes: {
      ...{ action: "open", iid, source_project_id, target_project_id: 1, source_branch: "fix" },
      ...{ target_branch: "release-4.21", last_commit: { id: sha } },
    },
    project: { web_url: NODE },
  }),
};

/** Tests of the EventListener of Git hosts, on a cluster that others have tests on before. */
export function describeGitEvents(lab: () => EventsLab): void {
  describe("of Git hosts", () => {
    let listener: string;
    let known: { taskruns: string[]; pipelineruns: string[] };

    before(async () => {
      const { kubectl } = lab();
      const literals = Object.entries(KEYS).map(([host, key]) => `--from-literal=${host}=${key}`);
      await kubectl("create", "secret", "generic", "git-webhooks", ...literals);
      await kubectl("rollout", "status", "deployment/el-git", "--timeout=120s");
      listener = await lab().forwardTo("service/el-git", 8080);
      known = await existing();
    });

    const existing = async () => ({
      taskruns: await lab().names("taskruns", "--selector=!tekton.dev/pipelineRun"),
      pipelineruns: await lab().names("pipelineruns"),
    });
    const fresh = async () => {
      const now = await existing();
      return {
        taskruns: now.taskruns.filter((name) => !known.taskruns.includes(name)),
        pipelineruns: now.pipelineruns.filter((name) => !known.pipelineruns.includes(name)),
      };
    };
    async function send(headers: Record<string, string>, body: string, status = 202): Promise<void> {
      const all = { "content-type": "application/json", ...headers };
      const response = await fetch(listener, { method: "POST", body, headers: all });
      assert.equal(response.status, status);
    }
    const fromGithub = (event: string, payload: object, key = KEYS.github, headers: Record<string, string> = {}) => {
      const body = JSON.stringify(payload);
      const signature = `sha256=${createHmac("sha256", key).update(body).digest("hex")}`;
      return send({ "x-github-event": event, "x-hub-signature-256": signature, ...headers }, body);
    };
    const fromGitlab = (event: string, payload: object, token: string = KEYS.gitlab) =>
      send({ "x-gitlab-event": event, ...(token && { "x-gitlab-token": token }) }, JSON.stringify(payload));

    it("starts nothing by events that no host signed, counts them, and logs why without what they say", async () => {
      const push = github.push("refs/heads/main", commit("0"));
      const merge = gitlab.push("refs/heads/release-4.21", commit("0"));
      const form = { "content-type": "application/x-www-form-urlencoded" };
      /** By what the interceptors log of it. */
      const refused: Record<string, () => Promise<void>> = {
        "payload signature check failed": () => fromGithub("push", push, "another key"),
        "no X-Hub-Signature-256 header set": () => send({ "x-github-event": "push" }, JSON.stringify(push)),
        "form parameter encoding not supported": () => fromGithub("push", push, KEYS.github, form),
        "event type star is not allowed": () => fromGithub("star", push),
        "Invalid X-GitLab-Token": () => fromGitlab("Push Hook", merge, "another-token"),
        "no X-Gitlab-Token header set": () => fromGitlab("Push Hook", merge, ""),
      };
      await fromGitlab("Wiki Page Hook", merge);
      await send({ "x-github-event": "push" }, `${CONTENT} is no JSON`, 400);
      const { factory } = lab();
      const core = ["logs", "deployment/tekton-triggers-core-interceptors", "--since=2m"];
      const interceptors = () => factory.kubectl("-n", "tekton-pipelines", ...core);
      await lab().sendAll(refused, async () => {
        const log = await interceptors();
        return (reason) => log.includes(reason);
      });
      assert.deepEqual(await fresh(), { taskruns: [], pipelineruns: [] });
      for (const log of [await interceptors(), await lab().kubectl("logs", "deployment/el-git", "--all-pods")]) {
        assert.doesNotMatch(log, new RegExp([CONTENT, "another-token", ...Object.values(KEYS)].join("|")));
      }
      const metrics = `${await lab().forwardTo("service/el-git", 9000)}metrics`;
      let text = "";
      /** It counts an event when it is done with it, which is after it has logged why it refuses it. */
      const areCounted = async () => {
        text = await (await fetch(metrics)).text();
        return ['status="succeeded".*} ([7-9]|\\d\\d)', 'status="failed".*} 1'].every((it) =>
          new RegExp(`^eventlistener_event_received_total\\{.*${it}$`, "m").test(text),
        );
      };
      await lab().until(areCounted, 60, () => `all events are counted: ${text}`);
      assert.doesNotMatch(text, /eventlistener_triggered_resources_total\{/);
    });

    it("starts one build of a commit of the stream's branch, tag or release, however often it is told", async () => {
      const tag = github.push("refs/tags/v4.21.0", commit("c"));
      const asking: Record<string, () => Promise<void>> = {
        [`git-4-21-base-push-${short("a")}`]: () => fromGithub("push", github.push("refs/heads/main", commit("a"))),
        "git-4-21-base-release-1017654321": () => fromGithub("release", github.release(1017654321, "v4.21.0")),
        [`git-4-21-base-tag-${short("c")}`]: () => fromGithub("push", { ...tag, after: commit("d") }),
        [`git-4-21-node-push-${short("e")}`]: () =>
          fromGitlab("Push Hook", gitlab.push("refs/heads/release-4.21", commit("e"))),
        "git-4-21-node-release-55": () => fromGitlab("Release Hook", gitlab.release(55, "4.21-rc.1", commit("f"))),
      };
      for (const [run, tell] of Object.entries(asking)) {
        await lab().sendUntil(run, tell, "taskruns");
        await tell();
        await tell();
      }
      await fromGithub("push", github.push("refs/heads/other", commit("b")));
      await fromGithub("push", github.push("refs/heads/main", commit("b"), `${BASE}-fork`));
      await fromGithub("push", { ...github.push("refs/heads/main", commit("0")), deleted: true, head_commit: null });
      await fromGithub("push", github.push("refs/tags/v4.210", commit("b")));
      await fromGithub("release", github.release(102, "v4.21.1", "created"));
      await fromGithub("release", github.release(103, "v4.21.1 $(id)"));
      await fromGitlab("Push Hook", gitlab.push("refs/heads/release-4.21", null));
      const built = [`push-${short("a")}`, `push-${short("e")}`, `tag-${short("c")}`, `tag-${short("f")}`];
      const runs = built.map((build) => `rehearsal-okd-coreos-4-21-amd64-${build}`).sort();
      await lab().until(async () => (await fresh()).pipelineruns.length >= runs.length, 240, runs.join());
      assert.deepEqual(await fresh(), { taskruns: Object.keys(asking), pipelineruns: runs });
      const path = 'jsonpath={.spec.params[?(@.name=="base-commit")].value}';
      assert.equal(await lab().kubectl("get", "pipelinerun", runs[0]!, "-o", path), commit("a"));
      for (const [name, commits] of [
        [`git-4-21-base-tag-${short("c")}`, `base=${commit("c")}`],
        ["git-4-21-node-release-55", `node=${commit("f")}`],
      ] as const) {
        const given = 'jsonpath={.spec.params[?(@.name=="commits")].value}';
        assert.equal(await lab().kubectl("get", "taskrun", name, "-o", given), commits);
      }
      // Its tag cannot be asked for: a repository on disk has no server.
      const status = "jsonpath={.status.conditions[0].status}";
      const release = () => lab().kubectl("get", "taskrun", "git-4-21-base-release-1017654321", "-o", status);
      await lab().until(async () => (await release()) === "False", 120, "the release's TaskRun");
    });

    it("tests pull requests of the repository's own branches, and of no fork", async () => {
      known = await existing();
      const testing: Record<string, () => Promise<void>> = {
        [`rehearsal-okd-coreos-4-21-amd64-pr-7-${short("1")}`]: () =>
          fromGithub("pull_request", github.pullRequest(7, commit("1"), "rehearsal/config")),
        [`rehearsal-okd-coreos-4-21-amd64-pr-9-${short("3")}`]: () =>
          fromGitlab("Merge Request Hook", gitlab.mergeRequest(9, commit("3"), 1)),
      };
      await fromGithub("pull_request", github.pullRequest(8, commit("2"), "stranger/config"));
      await fromGitlab("Merge Request Hook", gitlab.mergeRequest(10, commit("4"), 2));
      for (const [run, tell] of Object.entries(testing)) await lab().sendUntil(run, tell);
      await new Promise((next) => setTimeout(next, 2_000));
      const runs = Object.keys(testing);
      assert.deepEqual(await fresh(), { taskruns: [], pipelineruns: runs });
      const volumes = "jsonpath={.spec.workspaces[*].volumeClaimTemplate.spec.resources.requests.storage}";
      assert.equal(await lab().kubectl("get", "pipelinerun", runs[0]!, "-o", volumes), "2Gi");
    });
  });
}
