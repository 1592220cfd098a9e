import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { spawnSync } from "node:child_process";

const PROJECT = join(__dirname, "../..");

/** What `npm run lint` says of who imports whom in a small project that is laid out as this one. */
function findings(files: Record<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), "okd-streams-structure-"));
  try {
    for (const [path, text] of Object.entries({ ...files, "tsconfig.json": "{}", "stacks/index.ts": "" })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    symlinkSync(join(PROJECT, "node_modules"), join(folder, "node_modules"));
    const program = join(PROJECT, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
    const config = join(PROJECT, ".dependency-cruiser.mjs");
    const args = [program, "--output-type", "json", "--config", config, "stacks", "components"];
    const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string } }[] } };
    return summary.violations.map(({ rule }) => rule.name);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("who imports whom", () => {
  it("a circle is found, also one of types alone", () => {
    assert.deepEqual(
      findings({
        "components/clusters/a.ts": 'import type { B } from "./b";\nexport type A = B[];\n',
        "components/clusters/b.ts": 'import type { A } from "./a";\nexport type B = A | string;\n',
      }),
      ["no circles"],
    );
  });

  it("an import upwards is found, and one of the outside in a program that runs in the cluster", () => {
    assert.deepEqual(
      findings({
        "components/workplace/a.ts": 'import type { B } from "../streams/b";\nexport type A = B;\n',
        "components/programs/gate/c.ts": 'import type { B } from "../../streams/b";\nexport type C = B;\n',
        "components/streams/b.ts": 'import type { D } from "../../stacks/d";\nexport type B = D;\n',
        "stacks/d.ts": "export type D = string;\n",
      }).sort(),
      [
        "components know no stack",
        "components/workplace imports from clusters, kubernetes, openshift, pipelines, programs",
        "programs stand alone",
      ],
    );
  });

  it("what is in order is not", () => {
    assert.deepEqual(
      findings({
        "components/streams/a.ts": 'import type { B } from "../workplace/b";\nexport type A = B;\n',
        "components/workplace/b.ts": "export type B = string;\n",
      }),
      [],
    );
  });
});
