import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const RUN = join(__dirname, "../../../.ci/run");

/** Says and does what npm's scripts would, as far as `.ci/run` can tell; OpenStack's and the cluster's tests wait for the services' begin, `npm test` for OpenStack's. */
const NPM = `#!/bin/bash
echo "$*" >>"$CALLS"
for_() {
  for _ in $(seq 200); do [ ! -e "$CALLS.$1" ] || return 0; sleep 0.05; done
  exit 9
}
case "$*" in
*"test:openstack") touch "$CALLS.openstack" && for_ services ;;
test) for_ openstack ;;
*"test:cluster") for_ services ;;
*"test:services") touch "$CALLS.services" ;;
esac
echo "npm $* says this"
for code in $CODES; do [[ "$*" != *\${code%=*} ]] || exit \${code#*=}; done
`;

describe(".ci/run", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "okd-streams-ci-"));
    mkdirSync(join(folder, ".ci"));
    mkdirSync(join(folder, "bin"));
    copyFileSync(RUN, join(folder, ".ci/run"));
    for (const [name, script] of Object.entries({ npm: NPM, id: "#!/bin/sh\necho 0\n", "apt-get": "", go: "" })) {
      writeFileSync(join(folder, "bin", name), script, { mode: 0o755 });
    }
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  /** @param codes exit codes of npm, by how its arguments end: `test:services=1` */
  const run = (codes = "") => {
    const calls = join(folder, "calls");
    rmSync(calls, { force: true });
    for (const suite of ["services", "openstack"]) rmSync(`${calls}.${suite}`, { force: true });
    const { status, stdout } = spawnSync("bash", [join(folder, ".ci/run")], {
      encoding: "utf8",
      env: { HOME: folder, PATH: `${join(folder, "bin")}:${process.env.PATH}`, CALLS: calls, CODES: codes },
    });
    return { status, stdout, calls: readFileSync(calls, "utf8").trim().split("\n") };
  };
  const SUITES = ["run --silent test:cluster", "run --silent test:openstack", "run --silent test:services", "test"];
  /** Each as often as it ran. */
  const suitesIn = (calls: string[]) => calls.filter((call) => SUITES.includes(call)).sort();

  it("runs OpenStack's tests beside npm test, the services' beside the cluster's, and shows what each said as a whole", () => {
    const { status, stdout, calls } = run();
    assert.equal(status, 0, stdout);
    assert.deepEqual(suitesIn(calls), SUITES);
    const places = [
      "npm run --silent lab -- build says",
      "npm test says",
      "test:services says",
      "test:openstack says",
      "test:cluster says",
    ];
    const found = places.map((text) => stdout.indexOf(text));
    assert.deepEqual(
      [...found].sort((a, b) => a - b),
      found,
      stdout,
    );
    assert.ok(!found.includes(-1), stdout);
  });

  for (const fails of ["test", "test:services", "test:openstack", "test:cluster", "lab -- build", "openstack up"]) {
    it(`fails where ${fails} fails, and has run all suites`, () => {
      const { status, stdout, calls } = run(`${fails.split(" ").at(-1)!}=1`);
      assert.equal(status, 1);
      assert.deepEqual(suitesIn(calls), SUITES);
      const told = stdout
        .split("=== in all")[1]!
        .split("\n")
        .filter((line) => line.startsWith("failed"));
      assert.equal(told.length, 1, stdout);
      assert.match(
        told[0]!,
        new RegExp(`^failed after \\d+ s: (leaving_no_openstack )?(nice -n \\d+ )?npm .*${fails} \\(exit code 1\\)$`),
      );
    });
  }

  it("says of all that failed, beside each other too", () => {
    const { status, stdout } = run("test=1 build=1");
    assert.equal(status, 1);
    for (const text of [/^failed .*npm test /m, /^failed .*lab -- build /m]) assert.match(stdout, text);
  });

  it("skips by name what package registries refuse, and builds the rest", () => {
    const { status, stdout, calls } = run("build=3 up=3");
    assert.equal(status, 0, stdout);
    assert.ok(calls.includes("run --silent lab -- build node registry tools"));
    const told = stdout
      .split("=== in all")[1]!
      .split("\n")
      .filter((line) => line.startsWith("skipped: "));
    assert.equal(told.length, 2, stdout);
    assert.deepEqual(suitesIn(calls), SUITES);
  });
});
