import { readFileSync } from "node:fs";
import type { Facts } from "./facts";
import type { Finding } from "./finding";

/** Flags of /proc/cpuinfo that make a CPU one of x86-64-v3; `abm` is LZCNT. */
const V3 = ["abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave"];

/** What of x86-64-v3 a CPU lacks; nothing where that cannot be seen, or the CPU is none of x86. */
export function lacksOfV3(cpuinfo: string): string[] | undefined {
  const flags = /^flags\s*: (.*)$/m.exec(cpuinfo)?.[1]?.split(" ");
  return flags && V3.filter((flag) => !flags.includes(flag));
}

/** Of this machine. */
export function hostLacksOfV3(): string[] | undefined {
  try {
    return lacksOfV3(readFileSync("/proc/cpuinfo", "utf8"));
  } catch {
    return undefined;
  }
}

/** Programs of Stream 10 do not start on an older CPU: https://github.com/okd-project/okd/issues/2275 */
export function levelFindings({ lacksOfV3: lacks }: Facts): Finding[] {
  if (!lacks) return [];
  const name = "x86-64-v3";
  if (lacks.length === 0) return [{ name, state: "ok", found: "what Stream 10 needs" }];
  const remedy = "variant c10s, OKD from 4.21 on, neither builds nor runs here";
  return [{ name, state: "note", found: `the CPU lacks ${lacks.join(", ")}`, remedy }];
}
