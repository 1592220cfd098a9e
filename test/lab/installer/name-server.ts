import { createSocket } from "node:dgram";

/** A name server on this machine that knows what it is told, and says of all else that there is none. */
export class NameServer {
  /** Addresses by names; `*.` stands for whatever there is before the rest. */
  readonly records = new Map<string, string>();
  /** Names that it was asked for. */
  readonly asked: string[] = [];
  /** Called with each question, before it is answered. */
  onQuestion: (name: string) => void | Promise<void> = () => undefined;
  private readonly socket = createSocket("udp4");

  /** @returns its address with its port */
  async start(host = "127.0.0.1", ownPort = 0): Promise<string> {
    this.socket.on("message", (question, { address, port }) => {
      void this.answer(question).then((answer) => this.socket.send(answer, port, address));
    });
    await new Promise<void>((resolve) => this.socket.bind(ownPort, host, resolve));
    return `${host}:${String(this.socket.address().port)}`;
  }

  stop(): void {
    this.socket.close();
  }

  private async answer(question: Buffer): Promise<Buffer> {
    const labels: string[] = [];
    let at = 12;
    for (let length = question[at]!; length > 0; length = question[at]!) {
      labels.push(question.subarray(at + 1, at + 1 + length).toString());
      at += 1 + length;
    }
    const name = labels.join(".").toLowerCase();
    this.asked.push(name);
    await this.onQuestion(name);
    const found = this.records.get(name) ?? this.records.get(`*.${labels.slice(1).join(".").toLowerCase()}`);
    const head = Buffer.from(question.subarray(0, at + 5));
    // An answer, and that it is recursive; without a record "no such name".
    head.writeUInt16BE(found ? 0x8180 : 0x8183, 2);
    head.writeUInt16BE(found ? 1 : 0, 6);
    head.writeUInt32BE(0, 8);
    if (!found) return head;
    // The name of the question, type A, class IN, some seconds, four bytes.
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, ...found.split(".").map(Number)]);
    return Buffer.concat([head, record]);
  }
}
