import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { MARK } from "../../stacks/preview/report";

interface Workflow {
  jobs: { comment: { steps: [{ run: string; env: Record<string, string> }] } };
}

const [{ run: script, env }] = (parse(readFileSync(".github/workflows/review-comment.yaml", "utf8")) as Workflow).jobs
  .comment.steps;

/** Stands for GitHub's command: notes what it is asked, and answers what the test says. */
const GH = `#!/bin/bash
printf '%s\\n' "$*" >> "$GH_LOG"
case "$*" in
  *"/pulls -f"*) printf '%s' "$GH_NUMBER" ;;
  "run download"*) mkdir report && printf '%s' "$GH_REPORT" > report/report.md ;;
  *--paginate*) printf '%s' "$GH_COMMENTS" ;;
  *body=@*) cat comment.md >> "$GH_LOG" ;;
esac
`;

describe("the comment of a review", function () {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "review-comment-"));
    writeFileSync(join(folder, "gh"), GH, { mode: 0o755 });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const comment = (github: { number?: string; report?: string; comments?: string }) => {
    const { status, stdout } = spawnSync("bash", ["-e", "-o", "pipefail", "-c", script], {
      cwd: folder,
      encoding: "utf8",
      env: {
        ...{ PATH: `${folder}${delimiter}${process.env.PATH ?? ""}`, GH_LOG: join(folder, "log") },
        ...{ REPO: "okd/streams", RUN: "7", HEAD: "0123", FROM: "me:my;branch", MARK: env.MARK! },
        ...{ GH_NUMBER: github.number, GH_REPORT: github.report, GH_COMMENTS: github.comments },
      },
    });
    const said = readFileSync(join(folder, "log"), "utf8").trim().split("\n");
    return { status, stdout, said, wrote: said.filter((line) => line.includes("--method P")) };
  };

  it("is known by the report's own mark", () => assert.equal(env.MARK, MARK));

  it("is a new one at first, of the request that GitHub says, with where it comes from", () => {
    const { status, said, wrote } = comment({ number: "12", report: `${MARK}\n### What changes\n` });
    assert.equal(status, 0);
    assert.deepEqual(wrote, ["api --silent --method POST repos/okd/streams/issues/12/comments -F body=@comment.md"]);
    assert.match(said[0]!, /-f head=me:my;branch /);
    assert.ok(said.includes("### What changes"));
    assert.match(said.at(-1)!, /^Made by the change itself, .*\/okd\/streams\/actions\/runs\/7/);
  });

  it("is brought up to date afterwards", () => {
    const { wrote } = comment({ number: "12", report: `${MARK}\nx`, comments: "99\n100\n" });
    assert.deepEqual(wrote, ["api --silent --method PATCH repos/okd/streams/issues/comments/99 -F body=@comment.md"]);
  });

  it("is none for a request that went on or was closed", () => {
    const { status, stdout, said } = comment({});
    assert.deepEqual([status, stdout, said.length], [0, "No open pull request is at 0123 any more.\n", 1]);
  });

  it("is none of what is no report", () => {
    const { status, wrote } = comment({ number: "12", report: "hello" });
    assert.deepEqual([status, wrote], [1, []]);
  });
});
