import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { PROJECT_FOLDER } from "../../../stacks/environment";

/** Writes down whatever a process asks of the network, names or addresses, except for this machine's own; and lets none of it out. */
const WATCH = `
const fs = require("node:fs");
const net = require("node:net");
const dns = require("node:dns");
const note = (what) => fs.appendFileSync(process.env.DIRECT_LOG, what + "\\n");
const own = (host) => !host || host === "localhost" || host.startsWith("127.") || host === "::1";
const { lookup } = dns;
dns.lookup = function (host, ...rest) {
  if (own(host)) return lookup.call(this, host, ...rest);
  note("name " + host);
  rest.at(-1)(Object.assign(new Error("getaddrinfo ENOTFOUND " + host), { code: "ENOTFOUND" }));
};
const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (options && options.port && !own(options.host)) note("connection " + options.host + ":" + options.port);
  return connect.apply(this, args);
};
`;

/** What a command came to, and what it asked for past the proxy. */
interface Ran {
  code: number | null;
  said: string;
  direct: string[];
}

/** A proxy that writes down where it is asked to lead to, and commands that may reach the network by it alone. */
export class BehindProxy {
  /** Hosts with their ports. */
  asked: string[] = [];
  /** Ports of this machine that stand for hosts, by `HOST:PORT`; it leads nowhere else. */
  readonly standIns: Record<string, number> = {};
  /** What it answers itself, by address. */
  readonly answers: Record<string, string> = {};

  private constructor(
    readonly folder: string,
    private readonly server: http.Server,
  ) {}

  static async start(): Promise<BehindProxy> {
    const server = http.createServer(({ url }, response) => {
      behind.asked.push(new URL(url!).host);
      const answer = behind.answers[url!];
      response.writeHead(answer === undefined ? 503 : 200).end(answer);
    });
    server.on("connect", ({ url }: http.IncomingMessage, socket: net.Socket) => {
      behind.asked.push(url!);
      socket.on("error", () => undefined); // whoever asked may be ended by then
      const port = behind.standIns[url!];
      if (port === undefined) return socket.end("HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n");
      const there = net.connect(port, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        socket.pipe(there).pipe(socket);
      });
      there.on("error", () => socket.destroy());
      return undefined;
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const behind = new BehindProxy(fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-")), server);
    fs.writeFileSync(path.join(behind.folder, "watch.cjs"), WATCH);
    return behind;
  }

  stop(): void {
    this.server.close();
    fs.rmSync(this.folder, { recursive: true });
  }

  /** Each host once. */
  get hosts(): string[] {
    return [...new Set(this.asked)].sort();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as net.AddressInfo).port}`;
  }

  /**
   * Runs a command of the project, whose processes are watched as far as they are Node's.
   *
   * @param options.once it is ended when it has asked for something
   * @param options.project another folder that holds the project
   */
  async run(
    args: string[],
    variables: Record<string, string> = {},
    { once = false, project = PROJECT_FOLDER }: { once?: boolean; project?: string } = {},
  ): Promise<Ran> {
    const log = path.join(this.folder, "direct.log");
    fs.rmSync(log, { force: true });
    const home = fs.mkdtempSync(path.join(this.folder, "home-"));
    const child = spawn(process.execPath, ["--import", "tsx", "stacks/commands/main.ts", ...args], {
      cwd: project,
      env: {
        ...{
          PATH: home,
          HOME: home,
          DIRECT_LOG: log,
          NODE_OPTIONS: `--require ${path.join(this.folder, "watch.cjs")}`,
        },
        ...{ HTTPS_PROXY: this.url, HTTP_PROXY: this.url },
        ...variables,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    if (once) this.server.once("connect", () => child.kill("SIGKILL"));
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text.toString()));
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { code, said, direct: fs.existsSync(log) ? fs.readFileSync(log, "utf8").trim().split("\n") : [] };
  }
}
