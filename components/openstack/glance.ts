import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import * as http from "node:http";
import * as https from "node:https";
import { pipeline } from "node:stream/promises";
import type { OpenStack } from "./client";
import { OpenStackError, wordsOf } from "./failure";
import { markedName, properties, type Mark } from "./marks";

interface Image {
  id: string;
  /** `queued` until there is something in it. */
  status: string;
}

/** Milliseconds that an upload may stand still. */
const STANDSTILL = 300_000;

/** Images of the project. */
export class Glance {
  constructor(private readonly cloud: OpenStack) {}

  /** Ids of the images that bear a mark. */
  async marked(mark: Mark): Promise<string[]> {
    const wanted = Object.entries(properties(mark)).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
    const owner = (await this.cloud.projectId()) ?? "";
    const path = `/v2/images?owner=${owner}&${wanted.join("&")}`;
    return (await this.cloud.request<{ images: Image[] }>("image", "GET", path)).images.map(({ id }) => id);
  }

  /** Whether it is there and complete. */
  async has(id: string): Promise<boolean> {
    const image = await this.cloud.request<Image>("image", "GET", `/v2/images/${id}`, { absent: [404] });
    return image?.status === "active";
  }

  /**
   * Makes an image of an ISO that nobody but the project sees.
   *
   * @param member id of another project that sees it
   * @returns its id
   */
  async uploadIso(mark: Mark, file: string, member?: string): Promise<string> {
    const { id } = await this.cloud.request<Image>("image", "POST", "/v2/images", {
      body: {
        name: markedName(mark),
        disk_format: "iso",
        container_format: "bare",
        visibility: member ? "shared" : "private",
        ...properties(mark),
      },
    });
    if (member) await this.cloud.request("image", "POST", `/v2/images/${id}/members`, { body: { member } });
    await this.upload(`/v2/images/${id}/file`, file);
    return id;
  }

  async remove(id: string): Promise<void> {
    await this.cloud.request("image", "DELETE", `/v2/images/${id}`, { absent: [404] });
  }

  /** With its length ahead, as not every server in front of Glance takes a body in chunks, and larger than memory. */
  private async upload(path: string, file: string): Promise<void> {
    const { url, headers, tls } = await this.cloud.target("image", path);
    const { size } = await stat(file);
    const call = `PUT ${path}`;
    const { request } = url.startsWith("https:") ? https : http;
    const upload = request(url, {
      ...tls,
      method: "PUT",
      headers: { ...headers, "content-type": "application/octet-stream", "content-length": size },
      timeout: STANDSTILL,
    });
    upload.on("timeout", () => upload.destroy(new Error(`nothing moved for ${String(STANDSTILL / 1000)} s`)));
    const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
      upload.on("response", resolve).on("error", reject);
    });
    // A refusal may come before everything was sent: it is worth more than the broken pipe.
    const sent = pipeline(createReadStream(file), upload).catch((error: unknown) => error);
    let response: http.IncomingMessage;
    try {
      response = await answered;
    } catch (error) {
      throw new OpenStackError("image", call, 0, (error as Error).message);
    }
    const body = Buffer.concat((await response.toArray()) as Buffer[]).toString();
    const status = response.statusCode ?? 0;
    if (status >= 300) {
      upload.destroy();
      throw new OpenStackError("image", call, status, wordsOf(body));
    }
    await sent;
  }
}
