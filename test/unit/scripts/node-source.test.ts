import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { requireTools } from "./machine";
import { run, sharedScripts } from "./task";

const CALL = `set -euo pipefail
fail() { echo "error: $*" >&2; exit 1; }
. "$1"
node_source "$2" main "$3" "$4"
`;

const NODE = { Containerfile: "FROM x\n", "build-node-image.sh": "#!/bin/sh\n" };
const PACKAGES = `metadata:
  ocp_version: "4.22"
conditional-include:
  - if: osversion == "centos-10"
    include:
      repos:
        - c10s-baseos
        # - rhel-10.2-server-ose-4.22-okd
        - rhel-9.8-server-ose-4.22-okd
`;
const ARGUMENTS = "build-args-5.0-c10s.conf";
const SAID = `# names
OPENSHIFT_VERSION=5.0
STREAM_CLASS=centos-10
YUM_REPO_NAMES=c10s-baseos,rhel-10.2-server-ose-5.0`;
const NEEDING = "FROM x\nARG OPENSHIFT_VERSION=overridden\nARG STREAM_CLASS\nLABEL a=${STREAM_CLASS}\n";

describe("what a checkout of openshift/os is", () => {
  let folder: string;

  before(function () {
    requireTools(this, "jq");
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "okd-streams-source-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const ask = async (files: Record<string, string>, version = "5.0", variant = "c10s") => {
    for (const [name, text] of Object.entries({ ...NODE, ...files })) {
      mkdirSync(dirname(join(folder, "os", name)), { recursive: true });
      writeFileSync(join(folder, "os", name), text);
    }
    writeFileSync(join(folder, "source.sh"), sharedScripts["node-source.sh"]!);
    const { code, log } = await run("bash", [
      "-c",
      CALL,
      "call",
      `${folder}/source.sh`,
      `${folder}/os`,
      version,
      variant,
    ]);
    return code === 0 ? (JSON.parse(log) as object) : log.trim();
  };

  const known: [string, Record<string, string>, string, string, object][] = [
    [
      "up to 2026-04: packages-openshift.yaml alone",
      { "packages-openshift.yaml": PACKAGES },
      "4.22",
      "c10s",
      { arguments: "", repository: "rhel-9.8-server-ose-4.22", streamclass: "centos-10" },
    ],
    [
      "2026-05: arguments by variant and version beside it",
      { "packages-openshift.yaml": PACKAGES, "build-args-c10s-4.22.conf": "IMAGE_FROM=x\n" },
      "4.22",
      "c10s",
      { arguments: "build-args-c10s-4.22.conf", repository: "rhel-9.8-server-ose-4.22", streamclass: "centos-10" },
    ],
    [
      "since 2026-06: all of it in arguments by version and variant, the last line without an end",
      { Containerfile: NEEDING, [ARGUMENTS]: SAID },
      "5.0",
      "c10s",
      { arguments: ARGUMENTS, repository: "rhel-10.2-server-ose-5.0", streamclass: "" },
    ],
    [
      "a repository without a version",
      { [ARGUMENTS]: SAID.replace("rhel-10.2-server-ose-5.0", "rhel-9-server-ose-okd,c10s-nfv") },
      "5.0",
      "c10s",
      { arguments: ARGUMENTS, repository: "rhel-9-server-ose", streamclass: "centos-10" },
    ],
  ];
  for (const [what, files, version, variant, answer] of known) {
    it(`knows ${what}`, async () => assert.deepEqual(await ask(files, version, variant), answer));
  }

  const refused: [string, Record<string, string>, string][] = [
    [
      "arguments for others only",
      { "build-args-5.0-9.8.conf": SAID, "build-args-5.1-c10s.conf": SAID },
      "branch main has build arguments, but none for OKD 5.0 on c10s: looked for build-args-5.0-c10s.conf and build-args-c10s-5.0.conf; found build-args-5.0-9.8.conf build-args-5.1-c10s.conf",
    ],
    [
      "a version that only arguments say",
      { [ARGUMENTS]: SAID.replace("=5.0", "=5.1") },
      `branch main is OKD 5.1, not 5.0 (${ARGUMENTS})`,
    ],
    [
      "no version at all",
      { [ARGUMENTS]: "STREAM_CLASS=centos-10\n" },
      "branch main does not say which OKD it is: looked for ocp_version in packages-openshift.yaml and for OPENSHIFT_VERSION in build-args-5.0-c10s.conf",
    ],
    [
      "an argument that the extensions need and the file lacks",
      { [ARGUMENTS]: SAID, "extensions/Containerfile": "ARG EXTENSIONS_YUM_REPO_NAMES=overridden\n" },
      `branch main needs build argument EXTENSIONS_YUM_REPO_NAMES, which ${ARGUMENTS} does not say`,
    ],
    [
      "a stream class that would be empty",
      { Containerfile: NEEDING, [ARGUMENTS]: SAID.replace("STREAM_CLASS=centos-10", "STREAM_CLASS=") },
      `label io.openshift.os.streamclass, which the Machine Config Operator reads, would be empty: ${ARGUMENTS} of branch main has no STREAM_CLASS`,
    ],
    [
      "repositories without OpenShift's",
      { [ARGUMENTS]: SAID.replace(",rhel-10.2-server-ose-5.0", ",c10s-nfv") },
      `YUM_REPO_NAMES of ${ARGUMENTS} in branch main names no repository of OpenShift's RPMs: looked for *-server-ose*; found c10s-baseos,c10s-nfv`,
    ],
    [
      "no repositories",
      { [ARGUMENTS]: "OPENSHIFT_VERSION=5.0\n" },
      `branch main does not say where OpenShift's RPMs come from: looked for YUM_REPO_NAMES in ${ARGUMENTS} and for packages-openshift.yaml`,
    ],
  ];
  for (const [what, files, message] of refused) {
    it(`refuses ${what}`, async () => assert.equal(await ask(files), `error: ${message}`));
  }

  it("refuses a variant that packages-openshift.yaml does not know", async () => {
    assert.equal(
      await ask({ "packages-openshift.yaml": PACKAGES }, "4.22", "c9s"),
      "error: OKD 4.22 has no node image on variant c9s: packages-openshift.yaml of branch main does not know centos-9",
    );
  });
});
