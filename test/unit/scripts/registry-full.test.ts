import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, sharedScripts } from "./task";

const HOLDS = 'set -euo pipefail\nfail() { echo "error: $*" >&2; exit 1; }\n';
const COPY = 'time="2026-11-30T00:00:00Z" level=fatal msg="writing blob: uploading layer chunked: ';

/** What a registry says of a push → what a Task says of that. */
const REASONS: [reason: string, says: RegExp][] = [
  [
    `${COPY}received unexpected HTTP status: 500 Internal Server Error"`,
    /^the registry fails, as one does whose volume is full: make it larger or keep less \(the stack's keep\), then run again\. It says: time=.* 500 /,
  ],
  [
    `${COPY}received unexpected HTTP status: 507 Insufficient Storage"`,
    /^the registry's volume is full: make it larger or keep less \(the stack's keep\), then run again$/,
  ],
  [`${COPY}write /var/lib/registry/x: no space left on device"`, /^the registry's volume is full: /],
  [`${COPY}unauthorized: authentication required"`, /^who are you\? It says: time=.*unauthorized/],
];

describe("unpushed, of the scripts that Tasks share", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "okd-streams-"))));
  after(() => rmSync(folder, { recursive: true }));

  for (const [reason, says] of REASONS) {
    it(`says of ${/(?:status: )?(\w[\w ]*)"?$/.exec(reason)![1]} what to do`, async () => {
      writeFileSync(join(folder, "reason"), `Getting image source signatures\n${reason}\n`);
      const script = `${HOLDS}${sharedScripts["oci.sh"]}\nunpushed "$1" "who are you?"`;
      const { code, log } = await run("bash", ["-c", script, "unpushed", join(folder, "reason")]);
      assert.equal(code, 0, log);
      assert.match(log.trim(), says);
    });
  }
});
