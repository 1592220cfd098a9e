import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import * as net from "node:net";
import type { Duplex } from "node:stream";
import { forwardToPod } from "../../../components/kubernetes/forward";
import { FakeApi, resources } from "../platform/fake-api";

const OF = { namespace: "okd-registry", selector: "app.kubernetes.io/name=registry", port: 5000 };
const PODS = `/api/v1/namespaces/${OF.namespace}/pods`;

/** A WebSocket as Kubernetes speaks it for `port-forward`: the first byte is a channel, the first two after it the port, once. */
class Channel {
  private rest: Buffer = Buffer.alloc(0);
  constructor(
    private readonly socket: Duplex,
    request: IncomingMessage,
    take: (channel: number, data: Buffer) => void,
  ) {
    const key = `${request.headers["sec-websocket-key"]!}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash("sha1").update(key).digest("base64");
    const lines = [
      "101 Switching Protocols",
      "upgrade: websocket",
      "connection: upgrade",
      `sec-websocket-accept: ${accept}`,
    ];
    socket.write(`HTTP/1.1 ${lines.join("\r\n")}\r\nsec-websocket-protocol: v4.channel.k8s.io\r\n\r\n`);
    const port = Buffer.from([OF.port & 255, OF.port >> 8]);
    for (const channel of [0, 1]) this.send(channel, port);
    socket.on("error", () => socket.destroy());
    socket.on("data", (data: Buffer) => {
      this.rest = Buffer.concat([this.rest, data]);
      for (let frame = this.frame(); frame; frame = this.frame()) {
        if (frame.opcode === 8) socket.end();
        else take(frame.data[0]!, frame.data.subarray(1));
      }
    });
  }

  send(channel: number, data: Buffer): void {
    const size = data.length + 1;
    const head = size < 126 ? Buffer.from([0x82, size]) : Buffer.from([0x82, 126, size >> 8, size & 255]);
    this.socket.write(Buffer.concat([head, Buffer.from([channel]), data]));
  }

  /** The next whole frame of a client, whose data are masked. */
  private frame(): { opcode: number; data: Buffer } | undefined {
    if (this.rest.length < 6) return undefined;
    const short = this.rest[1]! & 127;
    const start = short === 126 ? 4 : short === 127 ? 10 : 2;
    const size =
      short === 126 ? this.rest.readUInt16BE(2) : short === 127 ? Number(this.rest.readBigUInt64BE(2)) : short;
    if (this.rest.length < start + 4 + size) return undefined;
    const mask = this.rest.subarray(start, start + 4);
    const data = this.rest.subarray(start + 4, start + 4 + size).map((byte, at) => byte ^ mask[at % 4]!);
    const opcode = this.rest[0]! & 15;
    this.rest = this.rest.subarray(start + 4 + size);
    return { opcode, data: Buffer.from(data) };
  }
}

describe("a port that leads into a cluster", () => {
  let api: FakeApi, kubeconfig: string;
  let pods: object[], asked: string[], users: unknown[];

  beforeEach(async () => {
    [pods, asked, users] = [[], [], []];
    api = new FakeApi((_, path) => {
      if (path === "/api/v1") return resources("v1", "Pod");
      if (path.startsWith(PODS)) return { items: path.includes(OF.selector) ? pods : [] };
      return undefined;
    });
    // Of what the client itself does not read.
    kubeconfig = (await api.start()).replace("token: not-a-secret", "as: somebody");
    api.upgrades((request, socket) => {
      asked.push(request.url!);
      users.push(request.headers["impersonate-user"]);
      // The Pod gives back what it hears, doubled.
      const channel = new Channel(socket, request, (of, data) => channel.send(of, Buffer.concat([data, data])));
    });
  });
  afterEach(() => api.stop());

  const pod = (name: string, phase: string, deletionTimestamp?: string) => ({
    metadata: { name, namespace: OF.namespace, ...(deletionTimestamp && { deletionTimestamp }) },
    status: { phase },
  });
  const said = (address: string, text: string, size: number) =>
    new Promise<string>((done, failed) => {
      const [host, port] = address.split(":");
      const socket = net.connect(Number(port), host);
      let heard = "";
      socket.on("error", failed);
      socket.on("data", (data: Buffer) => {
        heard += data.toString();
        if (heard.length >= size) socket.end();
      });
      socket.on("close", () => done(heard));
      socket.write(text);
    });

  it("is one of this machine alone, to a Pod that runs, as who the kubeconfig is, and to nothing but what is said there", async () => {
    pods = [pod("ended", "Failed"), pod("leaving", "Running", "2026-11-30T00:00:00Z"), pod("serves", "Running")];
    const { address, close } = await forwardToPod(kubeconfig, OF);
    try {
      assert.match(address, /^127\.0\.0\.1:\d+$/);
      const long = "x".repeat(20_000);
      assert.deepEqual(await Promise.all([said(address, "one", 6), said(address, long, 40_000)]), [
        "oneone",
        long + long,
      ]);
      const path = `${PODS}/serves/portforward?ports=5000`;
      assert.deepEqual(asked, [path, path]);
      assert.deepEqual(users, ["somebody", "somebody"]);
    } finally {
      close();
    }
  });

  it("is none where no such Pod runs, which is a sentence", async () => {
    pods = [pod("ended", "Failed")];
    await assert.rejects(forwardToPod(kubeconfig, OF), {
      name: "UserError",
      message:
        "No Pod of app.kubernetes.io/name=registry runs in namespace okd-registry: kubectl -n okd-registry get pods.",
    });
  });
});
