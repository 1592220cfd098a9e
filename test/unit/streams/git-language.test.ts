import assert from "node:assert/strict";
import { Environment } from "@marcbachmann/cel-js";
import { loadPipelines } from "../../../components/pipelines/load";

const COMMIT = "1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d";
const FORMER = "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432";
const NOTHING = "0".repeat(40);

interface Group {
  name: string;
  interceptors: { name: string; params: { name: string; value: unknown }[] }[];
}

const listener = loadPipelines(["pipelines/git"]).find(({ object }) => object.kind === "EventListener")!.object;
const groups = (listener.spec as { triggerGroups: Group[] }).triggerGroups;

/** CEL with the functions that Triggers adds: https://tekton.dev/docs/triggers/cel_expressions/ */
const cel = new Environment()
  .registerVariable("body", "dyn")
  .registerFunction("string.truncate(int): string", (text: string, length: bigint) => text.slice(0, Number(length)));

/** What the listener makes of an event by the words of a group; absent where it is nothing to it. */
function read(group: string, body: object): Record<string, unknown> | undefined {
  const { params } = groups.find(({ name }) => name === group)!.interceptors.find(({ name }) => name === "read")!;
  const param = (name: string) => params.find((it) => it.name === name)!.value;
  if (cel.evaluate(param("filter") as string, { body }) !== true) return undefined;
  const overlays = param("overlays") as { key: string; expression: string }[];
  return Object.fromEntries(
    overlays.map(({ key, expression }) => [key.replace("git.", ""), cel.evaluate(expression, { body })]),
  );
}

describe("what Git hosts say", () => {
  // As each host documents its push events, and no more of it than is read.
  const github = (more: object = {}) => ({
    ...{ ref: "refs/heads/main", before: FORMER, after: COMMIT, deleted: false, forced: false },
    ...{ commits: [{ id: COMMIT }], head_commit: { id: COMMIT } },
    repository: { html_url: "https://github.com/CoreOS/rhel-coreos-config" },
    ...more,
  });
  /** Gitea 1.22 and Forgejo 9: neither `deleted` nor `forced`. */
  const gitea = (more: object = {}) => ({
    ...{ ref: "refs/heads/main", before: FORMER, after: COMMIT },
    ...{ commits: [{ id: COMMIT }], total_commits: 1, head_commit: { id: COMMIT } },
    repository: { html_url: "https://code.example/OKD/os" },
    ...more,
  });
  const gitlab = (more: object = {}) => ({
    ...{ ref: "refs/heads/main", before: FORMER, after: COMMIT, checkout_sha: COMMIT },
    ...{ commits: [{ id: COMMIT }], total_commits_count: 1, project: { web_url: "https://gitlab.example/okd/os" } },
    ...more,
  });
  const none = { commits: [] };
  const gone = { after: NOTHING, head_commit: null, commits: [] };

  const cases: [what: string, group: string, body: object, build: string | undefined][] = [
    ["a push", "github-push", github(), "push-1a2b3c4d5e6f"],
    ["a push to Gitea or Forgejo", "github-push", gitea(), "push-1a2b3c4d5e6f"],
    ["a push to GitLab", "gitlab-push", gitlab(), "push-1a2b3c4d5e6f"],
    ["a new branch", "github-push", github({ before: NOTHING, ...none }), "push-1a2b3c4d5e6f"],
    ["a new branch of GitLab", "gitlab-push", gitlab({ before: NOTHING, ...none }), "push-1a2b3c4d5e6f"],
    ["a branch that is forced", "github-push", github({ forced: true }), "push-1a2b3c4d5e6f-9f8e7d"],
    ["a branch that is forced back", "github-push", github({ forced: true, ...none }), "push-1a2b3c4d5e6f-9f8e7d"],
    ["one of Gitea's that is forced back", "github-push", gitea(none), "push-1a2b3c4d5e6f-9f8e7d"],
    ["the same, as null", "github-push", gitea({ commits: null }), "push-1a2b3c4d5e6f-9f8e7d"],
    ["one of GitLab's that is forced back", "gitlab-push", gitlab(none), "push-1a2b3c4d5e6f-9f8e7d"],
    ["a tag", "github-push", github({ ref: "refs/tags/v4.21.0", ...none }), "tag-1a2b3c4d5e6f"],
    ["a tag that is moved", "github-push", github({ ref: "refs/tags/4.21", forced: true }), "tag-1a2b3c4d5e6f"],
    ["a tag of Gitea's", "github-push", gitea({ ref: "refs/tags/v4.21.0", ...none }), "tag-1a2b3c4d5e6f"],
    ["a tag that is called as a branch", "github-push", github({ ref: "refs/tags/main" }), "tag-1a2b3c4d5e6f"],
    ["a branch that is deleted", "github-push", github({ deleted: true, ...gone }), undefined],
    ["one of Gitea's that is deleted", "github-push", gitea(gone), undefined],
    ["one of GitLab's that is deleted", "gitlab-push", gitlab({ checkout_sha: null, after: NOTHING }), undefined],
  ];
  for (const [what, group, body, build] of cases) {
    it(`is, of ${what}, ${build ?? "nothing"}`, () => {
      const said = read(group, body);
      assert.equal(said?.build, build);
      if (build !== undefined) {
        assert.equal(said!.commit, COMMIT);
        assert.equal(said!.ref, (body as { ref: string }).ref);
        // What a build's id may be: components/programs/events/build.ts
        assert.match(build, /^[a-z0-9]([-a-z0-9]{0,22}[a-z0-9])?$/);
      }
    });
  }

  it("names a repository in lower case", () => {
    assert.equal(read("github-push", github())?.repository, "https://github.com/coreos/rhel-coreos-config");
    assert.equal(read("github-push", gitea())?.repository, "https://code.example/okd/os");
  });
});
