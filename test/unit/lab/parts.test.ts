import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";

const LAB = join(__dirname, "../../lab");

/** A lab of small parts: `a` is needed by `b`, `c` by none; each says in `order` when it begins and ends. */
const PARTS = `
  part a b 1 "first" "$PIN_A" "$BUILT/a"
  part b - 1 "second" "$PIN_B" "$BUILT/b"
  part c - 1 "third" "$PIN_C" "$BUILT/c"
  MODULES[c]=example.org/c@v1.0.0
  made() { echo "$1 begins" >>"$LAB/order"; "do_$1"; touch "$BUILT/$1"; echo "$1 ends" >>"$LAB/order"; }
  do_a() { :; }; do_b() { :; }; do_c() { :; }
  make_a() { made a; }; make_b() { made b; }; make_c() { made c; }
`;

describe("lab build", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "okd-streams-lab-"));
    mkdirSync(join(folder, "path"));
    goSays("{}");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  /** What `go mod download -json` answers. */
  const goSays = (answer: string) => {
    writeFileSync(join(folder, "path/go"), `#!/bin/sh\ncat <<'A'\n${answer}\nA\n`, { mode: 0o755 });
  };
  const script = (change: string, pins: string, build: string) => `set -euo pipefail
    HERE=${LAB} LAB=${folder}/lab; BIN=$LAB/bin MANIFESTS=$LAB/manifests IMAGES=$LAB/images WORK=$LAB/build BUILT=$LAB/build/bin
    say() { echo "lab: $*"; }
    die() { echo "lab: $1" >&2; exit "\${2:-1}"; }
    . "$HERE/modules.sh"; . "$HERE/parts.sh"
    needs_machine() { :; }; write_index() { :; }
    PIN_A=1 PIN_B=1 PIN_C=1; ${pins}
    ${PARTS}
    ${change}
    main() { build ${build}; }; main`;
  const environment = () => ({ ...process.env, PATH: `${join(folder, "path")}:${process.env.PATH}` });
  const build = (change = "", { pins = "", parts = "" } = {}) => {
    rmSync(join(folder, "lab/order"), { force: true });
    const { status, stdout, stderr } = spawnSync("bash", ["-c", script(change, pins, parts)], {
      encoding: "utf8",
      env: environment(),
    });
    return { status, stdout, stderr, order: order() };
  };
  const order = (): string[] => {
    const file = join(folder, "lab/order");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  };
  /** What a part does to wait until a file of the lab is there, at most ten seconds. */
  const awaits = (file: string) =>
    `for _ in $(seq 200); do [ ! -e "$LAB/${file}" ] || break; sleep 0.05; done; [ -e "$LAB/${file}" ]`;
  const made = (lines: string[]) => lines.filter((line) => line.endsWith("ends")).map((line) => line.split(" ")[0]);

  it("makes two parts side by side, one that another needs before it, and nothing the second time", () => {
    // Each of the two waits for the other to have begun.
    const { status, stderr, order, stdout } = build(
      `do_a() { touch "$LAB/a-begins"; ${awaits("c-begins")}; }; do_c() { touch "$LAB/c-begins"; ${awaits("a-begins")}; }`,
    );
    assert.equal(status, 0, stderr);
    assert.ok(order.indexOf("a ends") < order.indexOf("b begins"), order.join());
    assert.deepEqual(made(order).sort(), ["a", "b", "c"]);
    assert.match(stdout, /lab: \[1\/3\] a: done in \d+ s, at most about 1 min left\n/);
    assert.match(stdout, /lab: \[3\/3\] \w: done in \d+ s, at most about 0 min left\n/);
    assert.deepEqual(build().order, []);
  });

  it("makes again what a changed pin decides, and nothing else", () => {
    build();
    assert.deepEqual(made(build("", { pins: "PIN_C=2" }).order), ["c"]);
    assert.deepEqual(made(build("", { pins: "PIN_C=2 PIN_A=2 PIN_B=2" }).order), ["a", "b"]);
  });

  it("makes no more after a failure than what was begun, says why, and goes on there the next time", () => {
    const { status, stderr, order } = build(
      `do_a() { echo broken; touch "$LAB/a-fails"; false; echo "goes on" >>"$LAB/order"; }; do_c() { ${awaits("a-fails")}; }`,
    );
    assert.equal(status, 1);
    assert.match(stderr, /broken\nlab: part a failed; all that it said is in .*log\/a\.log/);
    assert.deepEqual(made(order), ["c"]);
    assert.ok(!order.includes("goes on") && !order.includes("b begins"), order.join());
    assert.deepEqual(made(build().order), ["a", "b"]);
  });

  it("ends with exit code 3 where modules are refused, before anything is built or while it is", () => {
    goSays('{"Error": "example.org/c@v1.0.0: reading https://proxy.example/c: 403 Forbidden"}');
    const probed = build();
    assert.equal(probed.status, 3);
    assert.match(probed.stderr, /part c needs the Go module example\.org\/c@v1\.0\.0, which cannot be had here/);
    assert.deepEqual(probed.order, []);
    assert.equal(build("", { parts: "b" }).status, 0);
    goSays("{}");
    const late = build(
      'do_c() { echo "go: example.org/d@v1.2.3: reading https://proxy.example/d: 403 Forbidden"; false; }',
    );
    assert.equal(late.status, 3, late.stderr);
    assert.match(late.stderr, /part c needs Go modules that cannot be had here: example\.org\/d@v1\.2\.3/);
  });

  it("fails with 1 where another part failed beside a refusal, and where a part makes nothing", () => {
    // The refusal comes when the other failure was taken note of.
    const refused = `eval "$(declare -f end_part | sed "1s/end_part/took_note/")"; end_part() { took_note "$1"; touch "$LAB/over-$1"; }
      do_c() { ${awaits("over-a")}; echo "go: example.org/d@v1.2.3: reading https://proxy.example/d: 403"; false; }`;
    assert.equal(build(`${refused}; do_a() { false; }`).status, 1);
    const { status, stderr } = build("make_b() { :; }", { parts: "b" });
    assert.equal(status, 1);
    assert.match(stderr, /part b did not make .*\/b/);
  });

  it("stops all that it started when it is killed, and goes on where it was", async () => {
    const work = `do_a() { :; }; do_b() { sleep 300 & echo $! >"$LAB/left"; wait; }; do_c() { :; }`;
    const child = spawn("bash", ["-c", script(work, "", "")], { env: environment(), stdio: "ignore" });
    await begun(child, join(folder, "lab/left"));
    child.kill("SIGTERM");
    assert.deepEqual(await once(child, "exit"), [130, null]);
    const left = Number(readFileSync(join(folder, "lab/left"), "utf8"));
    await untilGone(left);
    assert.deepEqual(made(build().order), ["b"]);
  });
  async function begun(child: ChildProcess, file: string): Promise<void> {
    while (!existsSync(file) || readFileSync(file, "utf8") === "" || !existsSync(join(folder, "lab/.stamps/c"))) {
      assert.equal(child.exitCode, null, "it ended before");
      await new Promise((next) => setTimeout(next, 50));
    }
  }
  async function untilGone(pid: number): Promise<void> {
    // A zombie that nobody has collected yet is gone, too.
    const state = () => (existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8") : ") Z");
    while (!/\) [ZX]/.test(state())) await new Promise((next) => setTimeout(next, 50));
  }
});

describe("keys of the lab's parts", () => {
  /** Keys as they are, or with one pin changed; functions that each part's recipe leads to. */
  const bash = (words: string): string => {
    const sourced = `set -euo pipefail; HERE=${LAB}; LAB=/lab; BIN=/lab/bin MANIFESTS=/lab/manifests IMAGES=/lab/images WORK=/lab/build BUILT=/lab/build/bin
      . "$HERE/pins.sh"; ${words}`;
    const { stdout, stderr, status } = spawnSync("bash", ["-c", sourced], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  // Not parts.sh, whose own functions no recipe calls.
  const sources = `part() { echo "$1=$5"; }; . "$HERE/modules.sh"; . "$HERE/debian.sh"
    for file in "$HERE"/parts/[!i]*.sh; do . "$file"; done`;
  const keys = (pin = ""): Record<string, string> => {
    const lines = bash(`${pin && `${pin}=changed;`} ${sources}`);
    return Object.fromEntries(
      lines
        .trim()
        .split("\n")
        .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
    );
  };
  const pins = [...readFileSync(join(LAB, "pins.sh"), "utf8").matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name!);

  it("change with every pin that the part's recipe reads", () => {
    const usual = keys();
    const functions = Object.fromEntries(
      bash(`{ ${sources}; } >/dev/null; declare -f`)
        .split(/^}$/m)
        .flatMap((text) => (/^(\w+) \(\)/m.exec(text)?.[1] ? [[/^(\w+) \(\)/m.exec(text)![1]!, text] as const] : [])),
    );
    const recipe = (name: string, seen = new Set<string>()): string => {
      if (seen.has(name) || !functions[name]) return "";
      seen.add(name);
      const words = new Set(functions[name].match(/\b[a-z_]\w*\b/g));
      return [functions[name], ...[...words].map((word) => recipe(word, seen))].join("\n");
    };
    assert.ok(pins.length > 15, pins.join());
    for (const pin of pins) {
      const changed = keys(pin);
      for (const part of Object.keys(usual)) {
        const reads = new RegExp(`\\$\\{?${pin}\\b`).test(recipe(`make_${part.replaceAll("-", "_")}`));
        if (reads) assert.notEqual(changed[part], usual[part], `${part} is made of ${pin}`);
      }
    }
  });

  it("change for few parts where one pin changes", () => {
    const usual = keys();
    const stale = (pin: string) =>
      Object.entries(keys(pin))
        .filter(([part, key]) => key !== usual[part])
        .map(([part]) => part);
    const expected: Record<string, string[]> = {
      KIND: ["host", "node"],
      KUBERNETES: ["kubernetes", "node", "tools"],
      ETCD: ["node-programs", "node"],
      COREDNS: ["node-programs", "node"],
      PULUMI: ["pulumi"],
      TEKTON_PIPELINES: ["tekton"],
      TEKTON_TRIGGERS: ["tekton"],
      ARGO_CD: ["argo-cd"],
      KUSTOMIZE: ["argo-cd"],
      HELM: ["argo-cd"],
      LOCAL_PATH: ["storage"],
      OPENSHIFT_API: ["openshift"],
      VERSITYGW: ["s3"],
      NODE_PACKAGES: ["node-root", "node"],
      TOOLS_PACKAGES: ["tools-root", "tools", "argo-cd"],
      COSA: ["tools"],
      NODEJS: ["programs"],
    };
    for (const [pin, parts] of Object.entries(expected)) assert.deepEqual(stale(pin).sort(), [...parts].sort(), pin);
  });
});
