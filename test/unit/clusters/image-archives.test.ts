import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ContainerEngine } from "../../../components/clusters/kind/container-engine";
import { ensureEngineImage } from "../../../components/clusters/kind/image-archives";
import { FakeTools } from "./fake-tools";

describe("an image of the container engine", () => {
  const PODMAN: ContainerEngine = {
    ...{ name: "podman", version: "4.3.1", cpus: 2, memoryBytes: 8e9, rootless: false, cgroupVersion: 2, lacks: [] },
  };
  let tools: FakeTools;
  afterEach(() => tools.stop());

  it("is what kind will ask Podman for: a full name, by which an archive's short one is not found", async () => {
    tools = await FakeTools.start([]);
    // As Podman 4.3.1 does it: what was loaded as lab/node:1 is localhost/lab/node:1.
    const script = `#!/bin/bash
echo "$*" >>'${tools.file("calls")}'
[ "$1 $2" != "image inspect" ] || exit 125
`;
    tools.write("podman", script);
    chmodSync(tools.file("podman"), 0o755);
    mkdirSync(tools.file("images"));
    writeFileSync(join(tools.file("images"), "index.txt"), "lab/node:1 node.tar\n");
    execFileSync("tar", ["-cf", join(tools.file("images"), "node.tar"), "-T", "/dev/null"]);
    await ensureEngineImage(PODMAN, "lab/node:1", "cluster.nodeImage", { folder: tools.file("images") });
    assert.deepEqual(readFileSync(tools.file("calls"), "utf8").trim().split("\n"), [
      "image inspect --format {{.Id}} docker.io/lab/node:1",
      `load --input ${tools.file("images")}/node.tar`,
      "tag lab/node:1 docker.io/lab/node:1",
    ]);
  });
});
