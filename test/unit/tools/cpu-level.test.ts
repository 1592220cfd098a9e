import assert from "node:assert/strict";
import { lacksOfV3, levelFindings } from "../../../stacks/tools/cpu-level";
import { complete } from "./facts";

const V3 = "fpu sse4_2 movbe avx f16c fma bmi1 avx2 bmi2 xsave abm";
const cpuinfo = (flags: string) => `processor\t: 0\nflags\t\t: ${flags}\nbugs\t\t: none\n`;

describe("the CPU", () => {
  it("lacks what its flags lack of x86-64-v3; of one without such flags nobody knows", () => {
    assert.deepEqual(lacksOfV3(cpuinfo(V3)), []);
    assert.deepEqual(lacksOfV3(cpuinfo(V3.replace(" avx2", "").replace("fma ", ""))), ["avx2", "fma"]);
    assert.equal(lacksOfV3("processor\t: 0\nFeatures\t: fp asimd\n"), undefined);
  });

  it("is said, as Stream 10 does not start on an older one", () => {
    const of = (lacks?: string[]) => levelFindings({ ...complete, lacksOfV3: lacks });
    assert.deepEqual(of(undefined), []);
    assert.deepEqual(of([]), [{ name: "x86-64-v3", state: "ok", found: "what Stream 10 needs" }]);
    assert.deepEqual(of(["avx2", "fma"]), [
      {
        name: "x86-64-v3",
        state: "note",
        found: "the CPU lacks avx2, fma",
        remedy: "variant c10s, OKD from 4.21 on, neither builds nor runs here",
      },
    ]);
  });
});
