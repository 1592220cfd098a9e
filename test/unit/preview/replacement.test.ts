import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { OPENSTACK } from "../../../stacks/preview/replacement";

const FOLDER = join(__dirname, "../../../node_modules/@pulumi/openstack/networking");

/** Arguments of a resource of OpenStack's SDK, each with what its documentation says. */
function argumentsOf(kind: string): Map<string, string> {
  const file = join(FOLDER, `${kind[0]!.toLowerCase()}${kind.slice(1)}.d.ts`);
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const found = text.slice(text.indexOf(`interface ${kind}Args {`)).matchAll(/\/\*\*([\s\S]*?)\*\/\s*(\w+)\??:/g);
  return new Map([...found].map(([, doc, name]) => [name!, doc!.replace(/\s*\n\s*\*/g, " ")]));
}

describe("the table of OpenStack's inputs that make another resource", () => {
  for (const [kind, keys] of Object.entries(OPENSTACK)) {
    it(`names arguments of ${kind}, and each whose documentation says so`, () => {
      const known = argumentsOf(kind);
      const documented = [...known]
        .filter(([, doc]) => /changing this (attribute )?creates a new/i.test(doc))
        .map(([name]) => name);
      assert.ok(documented.length > 0);
      assert.deepEqual(
        documented.filter((name) => !keys.includes(name)),
        [],
      );
      assert.deepEqual(
        keys.filter((name) => !known.has(name)),
        [],
      );
    });
  }
});
