import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

/**
 * Pushes an image with this machine's Node and what it loads, in place of the published one that cannot be reached.
 *
 * @param registry `host:port` as seen from here, in plain HTTP
 * @returns its reference
 */
export function pushNodeImage(registry: string, folder: string): string {
  const root = path.join(folder, "root");
  const layout = path.join(folder, "layout");
  fs.mkdirSync(path.join(layout, "blobs/sha256"), { recursive: true });
  const libraries = execFileSync("ldd", [process.execPath], { encoding: "utf8" }).match(/\/[^ )]+/g) ?? [];
  for (const [from, to] of [
    [process.execPath, "/usr/bin/node"],
    ...libraries.map((file) => [file.trim(), file.trim()]),
  ]) {
    fs.mkdirSync(path.join(root, path.dirname(to!)), { recursive: true });
    fs.copyFileSync(fs.realpathSync(from!), path.join(root, to!));
  }
  const archive = path.join(folder, "layer.tar");
  execFileSync("tar", ["-C", root, "--owner=0", "--group=0", "-cf", archive, "."]);

  const store = (mediaType: string, bytes: Buffer) => {
    const sum = createHash("sha256").update(bytes).digest("hex");
    fs.writeFileSync(path.join(layout, "blobs/sha256", sum), bytes);
    return { mediaType, digest: `sha256:${sum}`, size: bytes.length };
  };
  const json = (mediaType: string, value: object) => store(mediaType, Buffer.from(JSON.stringify(value)));
  const layer = store("application/vnd.oci.image.layer.v1.tar", fs.readFileSync(archive));
  const config = json("application/vnd.oci.image.config.v1+json", {
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    config: { Env: ["PATH=/usr/bin"] },
    rootfs: { type: "layers", diff_ids: [layer.digest] },
  });
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = json(mediaType, { schemaVersion: 2, mediaType, config, layers: [layer] });
  fs.writeFileSync(path.join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
  fs.writeFileSync(path.join(layout, "oci-layout"), '{"imageLayoutVersion": "1.0.0"}');
  const reference = `${registry}/lab/node:${process.versions.node}`;
  execFileSync("skopeo", ["copy", "--quiet", "--dest-tls-verify=false", `oci:${layout}`, `docker://${reference}`]);
  return reference;
}
