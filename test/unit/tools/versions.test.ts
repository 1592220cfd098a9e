import assert from "node:assert/strict";
import { atLeast, versionIn } from "../../../stacks/tools/versions";

describe("versions", () => {
  const outputs: [string, string | undefined][] = [
    ["kind v0.33.0 go1.26.8 linux/amd64", "0.33.0"],
    ["v3.246.0\n", "3.246.0"],
    ["go version go1.26.8 linux/amd64", "1.26.8"],
    ["Client Version: v1.35.4\nKustomize Version: v5.7.1", "1.35.4"],
    ["v3.249.0-alpha.x1234", "3.249.0-alpha.x1234"],
    ["no such command", undefined],
  ];
  for (const [output, version] of outputs) {
    it(`reads ${version} from ${JSON.stringify(output)}`, () => assert.equal(versionIn(output), version));
  }

  const pairs: [string | undefined, string, boolean][] = [
    ["1.26.4", "1.26.4", true],
    ["1.26.10", "1.26.4", true],
    ["1.9.0", "1.26.4", false],
    ["2.0", "1.26.4", true],
    ["3.206.0-dev.1", "3.206.0", true],
    [undefined, "0.0.1", false],
  ];
  for (const [found, wanted, expected] of pairs) {
    it(`${found} is ${expected ? "" : "not "}at least ${wanted}`, () => assert.equal(atLeast(found, wanted), expected));
  }
});
