import * as http from "node:http";
import * as https from "node:https";

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  bytes: Buffer;
  text: string;
}

/** The answer has more bytes than anybody wants to read. */
export class TooLarge extends Error {}

const REDIRECTS = [301, 302, 303, 307, 308];
const HOPS = 3;

/**
 * HTTP over connections that are kept. Node's `fetch` costs several times as much of a processor, and a gate under load does
 * little else than to ask.
 */
export class Transport {
  private readonly agents: Record<string, http.Agent> = {
    "http:": new http.Agent({ keepAlive: true }),
    "https:": new https.Agent({ keepAlive: true }),
  };

  /** @param sizeLimit bytes of an answer */
  constructor(private readonly sizeLimit: number) {}

  /** Follows redirections of reads; to another origin goes no authorization. @throws TooLarge, or what the network says */
  async send(
    method: string,
    url: string,
    headers: Record<string, string>,
    signal: AbortSignal,
    hops = HOPS,
  ): Promise<Answer> {
    const answer = await this.once(method, new URL(url), headers, signal);
    const { location } = answer.headers;
    if (!REDIRECTS.includes(answer.status) || location === undefined || hops === 0) return answer;
    const [from, to] = [new URL(url), new URL(location, url)];
    const { authorization, ...others } = headers;
    return this.send(method, to.href, from.origin === to.origin ? headers : others, signal, hops - 1);
  }

  private once(
    method: string,
    url: URL,
    headers: Record<string, string>,
    signal: AbortSignal,
    again = false,
  ): Promise<Answer> {
    return new Promise((done, failed) => {
      const { request: open } = url.protocol === "https:" ? https : http;
      const request = open(url, { method, headers, signal, agent: this.agents[url.protocol] }, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > this.sizeLimit) response.destroy(new TooLarge());
          else chunks.push(chunk);
        });
        response.on("end", () => {
          const { statusCode: status = 0, headers } = response;
          const bytes = Buffer.concat(chunks);
          done({ status, headers, bytes, text: bytes.toString("utf8") });
        });
        response.on("error", failed);
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        // The server closed a kept connection just when it was taken again: it has not seen the request.
        const stale = request.reusedSocket && error.code === "ECONNRESET" && !again;
        if (stale) done(this.once(method, url, headers, signal, true));
        else failed(error);
      });
      request.end();
    });
  }
}
