import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

/** The registry of a stack `kind`, as this machine and as pods see it. */
export const REGISTRY = { here: "localhost:5001", pods: "kind-registry:5000" };

const OCI = "application/vnd.oci.image";

/** An image in a folder, as `oci:` of skopeo has it, which tests make or change and push in plain HTTP. */
export class Image {
  /** @param config @param manifest what they hold, to be changed before the push */
  private constructor(
    private readonly folder: string,
    readonly config: {
      architecture: string;
      os: string;
      config?: object;
      rootfs: { type: "layers"; diff_ids: string[] };
      history?: object[];
    },
    readonly manifest: { layers: Descriptor[]; annotations?: Record<string, string> },
  ) {}

  /** One without anything in it. @param folder a new one */
  static empty(folder: string, architecture: string): Image {
    fs.mkdirSync(path.join(folder, "blobs/sha256"), { recursive: true });
    return new Image(folder, { architecture, os: "linux", rootfs: { type: "layers", diff_ids: [] } }, { layers: [] });
  }

  /** One of a registry. @param folder a new one */
  static pull(folder: string, reference: string): Image {
    skopeo(`docker://${reference}`, `oci:${folder}`); // in OCI's form, whichever the registry has
    const read = (digest: string) =>
      JSON.parse(fs.readFileSync(path.join(folder, "blobs/sha256", digest.slice(7)), "utf8")) as unknown;
    const index = JSON.parse(fs.readFileSync(path.join(folder, "index.json"), "utf8")) as { manifests: Descriptor[] };
    const manifest = read(index.manifests[0]!.digest) as Image["manifest"] & { config: Descriptor };
    return new Image(folder, read(manifest.config.digest) as Image["config"], manifest);
  }

  /** Adds what a folder holds as a layer. */
  add(root: string): void {
    const archive = path.join(this.folder, "layer.tar");
    execFileSync("tar", ["-C", root, "--owner=0", "--group=0", "-cf", archive, "."]);
    const layer = this.store(`${OCI}.layer.v1.tar`, fs.readFileSync(archive));
    this.config.rootfs.diff_ids.push(layer.digest);
    this.config.history?.push({ created_by: "a test" });
    this.manifest.layers.push(layer);
  }

  /** @returns the digest that the registry has it under */
  push(reference: string): string {
    const json = (mediaType: string, value: object) => this.store(mediaType, Buffer.from(JSON.stringify(value)));
    const mediaType = `${OCI}.manifest.v1+json`;
    const config = json(`${OCI}.config.v1+json`, this.config);
    const manifest = json(mediaType, { ...this.manifest, schemaVersion: 2, mediaType, config });
    fs.writeFileSync(path.join(this.folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
    fs.writeFileSync(path.join(this.folder, "oci-layout"), '{"imageLayoutVersion": "1.0.0"}');
    skopeo(`oci:${this.folder}`, `docker://${reference}`, "--preserve-digests");
    return manifest.digest;
  }

  private store(mediaType: string, bytes: Buffer): Descriptor {
    const digest = digestOf(bytes);
    fs.writeFileSync(path.join(this.folder, "blobs/sha256", digest.slice(7)), bytes);
    return { mediaType, digest, size: bytes.length };
  }
}

/** A manifest as the registry has it. */
export function inspect(reference: string): string {
  return execFileSync("skopeo", ["inspect", "--raw", "--tls-verify=false", `docker://${reference}`], {
    encoding: "utf8",
  });
}

export function digestOf(content: string | Buffer): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

function skopeo(from: string, to: string, ...options: string[]): void {
  execFileSync("skopeo", [
    ...["copy", "--quiet", "--src-tls-verify=false", "--dest-tls-verify=false", ...options],
    ...[from, to],
  ]);
}
