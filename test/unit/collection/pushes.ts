import { createHash } from "node:crypto";

const CONFIG = "application/vnd.oci.image.config.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar";
export const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const INDEX = "application/vnd.oci.image.index.v1+json";

export interface Image {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  created?: string;
  /** What is in its layers. @default it has none */
  layers?: (string | Buffer)[];
  tags: string[];
}

/** Pushes into a registry, as Tasks do, without a tool. */
export class Pushes {
  constructor(private readonly address: string) {}

  /** @returns its digest */
  async image(
    repository: string,
    { labels = {}, annotations = {}, created, layers = [], tags }: Image,
  ): Promise<string> {
    const config = {
      ...{ architecture: "amd64", os: "linux", config: { Labels: labels } },
      ...{ rootfs: { type: "layers", diff_ids: layers.map(digestOf) }, ...(created && { created }) },
    };
    const manifest = {
      ...{ schemaVersion: 2, mediaType: MANIFEST, annotations },
      config: await this.blob(repository, CONFIG, JSON.stringify(config)),
      layers: await Promise.all(layers.map((layer) => this.blob(repository, LAYER, layer))),
    };
    return this.put(repository, MANIFEST, manifest, tags);
  }

  /** @returns the digest of a list of images of the same repository */
  async list(repository: string, digests: string[], tags: string[]): Promise<string> {
    const manifests = await Promise.all(
      digests.map(async (digest) => {
        const { size } = await (await this.get(repository, digest)).blob();
        return { mediaType: MANIFEST, digest, size, platform: { architecture: "amd64", os: "linux" } };
      }),
    );
    return this.put(repository, INDEX, { schemaVersion: 2, mediaType: INDEX, manifests }, tags);
  }

  get(repository: string, reference: string): Promise<Response> {
    return fetch(this.url(repository, `manifests/${reference}`), { headers: { accept: `${MANIFEST}, ${INDEX}` } });
  }

  async tags(repository: string): Promise<string[]> {
    const { tags } = (await (await fetch(this.url(repository, "tags/list"))).json()) as { tags?: string[] | null };
    return (tags ?? []).sort();
  }

  /** Everything that a manifest needs to be pulled, which is not there. */
  async missing(repository: string, reference: string): Promise<string[]> {
    const answer = await this.get(repository, reference);
    if (answer.status !== 200) return [`${repository} ${reference}: ${answer.status}`];
    const {
      config,
      layers = [],
      manifests = [],
    } = (await answer.json()) as Record<string, { digest: string }[]> & {
      config?: { digest: string };
    };
    const blobs = [...(config ? [config] : []), ...layers].map(async ({ digest }) => {
      const { status } = await fetch(this.url(repository, `blobs/${digest}`), { method: "HEAD" });
      return status === 200 ? [] : [`${repository} ${reference}: blob ${status}`];
    });
    const inner = manifests.map(({ digest }) => this.missing(repository, digest));
    return (await Promise.all([...blobs, ...inner])).flat();
  }

  private async put(repository: string, type: string, content: object, tags: string[]): Promise<string> {
    const body = JSON.stringify(content);
    for (const tag of tags) {
      const headers = { "content-type": type };
      const { status } = await fetch(this.url(repository, `manifests/${tag}`), { method: "PUT", headers, body });
      if (status !== 201) throw new Error(`${repository}:${tag} is answered ${status}`);
    }
    return digestOf(body);
  }

  private async blob(repository: string, mediaType: string, body: string | Buffer) {
    const digest = digestOf(body);
    const upload = await fetch(this.url(repository, "blobs/uploads/"), { method: "POST" });
    const target = new URL(upload.headers.get("location")!, `http://${this.address}`);
    target.searchParams.set("digest", digest);
    const headers = { "content-type": "application/octet-stream" };
    const { status } = await fetch(target, { method: "PUT", headers, body: new Uint8Array(Buffer.from(body)) });
    if (status !== 201) throw new Error(`a blob of ${repository} is answered ${status}`);
    return { mediaType, digest, size: Buffer.byteLength(body) };
  }

  private url(repository: string, path: string): string {
    return `http://${this.address}/v2/okd/${repository}/${path}`;
  }
}

export function digestOf(text: string | Buffer): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
