import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

/**
 * Pushes an image of the lab's tools with oc over it, in place of the published one that cannot be reached.
 *
 * @param tools reference of the image with a shell and what scripts call, in a registry in plain HTTP
 * @param oc folder of oc: the stand-in's with its contract, or that of a real one
 * @param folder for what it works on
 * @returns its reference
 */
export function pushOcImage(tools: string, oc: string, folder: string): string {
  const skopeo = (...args: string[]) => execFileSync("skopeo", args);
  const layout = path.join(folder, "oc-layout");
  skopeo("copy", "--quiet", "--src-tls-verify=false", `docker://${tools}`, `oci:${layout}`);
  const blob = (digest: string) => path.join(layout, "blobs/sha256", digest.replace("sha256:", ""));
  const read = <T>(digest: string) => JSON.parse(fs.readFileSync(blob(digest), "utf8")) as T;
  const store = (mediaType: string, bytes: Buffer): Descriptor => {
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    fs.writeFileSync(blob(digest), bytes);
    return { mediaType, digest, size: bytes.length };
  };

  const root = path.join(folder, "oc-root");
  fs.cpSync(oc, path.join(root, "usr/local/bin"), { recursive: true });
  fs.chmodSync(path.join(root, "usr/local/bin/oc"), 0o755);
  const archive = path.join(folder, "oc.tar");
  execFileSync("tar", ["-C", root, "--owner=0", "--group=0", "-cf", archive, "."]);
  const layer = store("application/vnd.oci.image.layer.v1.tar", fs.readFileSync(archive));

  const index = JSON.parse(fs.readFileSync(path.join(layout, "index.json"), "utf8")) as { manifests: Descriptor[] };
  const [descriptor] = index.manifests;
  const manifest = read<{ config: Descriptor; layers: Descriptor[] }>(descriptor!.digest);
  const config = read<{ rootfs: { diff_ids: string[] }; history?: object[] }>(manifest.config.digest);
  config.rootfs.diff_ids.push(layer.digest);
  config.history?.push({ created_by: "oc" });
  const json = (mediaType: string, value: object) => store(mediaType, Buffer.from(JSON.stringify(value)));
  manifest.layers.push(layer);
  manifest.config = json(manifest.config.mediaType, config);
  const pushed = json(descriptor!.mediaType, manifest);
  fs.writeFileSync(path.join(layout, "index.json"), JSON.stringify({ ...index, manifests: [pushed] }));
  const reference = `${tools.split("/")[0]}/lab/openshift-cli:${pushed.digest.slice(7, 19)}`;
  skopeo("copy", "--quiet", "--dest-tls-verify=false", `oci:${layout}`, `docker://${reference}`);
  return reference;
}
