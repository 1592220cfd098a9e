import { execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";

const IDENTITY = ["-c", "user.name=a test", "-c", "user.email=test@example.invalid"];

/** Repositories of a folder, served by git's own smart HTTP, as hosts do. */
export class GitServer {
  private constructor(
    private readonly folder: string,
    private readonly address: string,
    private readonly server: Server,
  ) {}

  /** @param folder for the repositories @param address of this machine to listen on */
  static async start(folder: string, address: string): Promise<GitServer> {
    const server = createServer((request, response) => {
      answer(folder, request, response);
    });
    await new Promise<void>((done) => server.listen(0, address, done));
    return new GitServer(folder, address, server);
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  get url(): string {
    return `http://${this.address}:${(this.server.address() as AddressInfo).port}`;
  }

  /** Makes a repository, or a further commit in it, and gives the commit a tag if one is named. @returns the commit */
  commit(name: string, files: Record<string, string>, { branch = "release-4.22", tag = "" } = {}): string {
    const repository = path.join(this.folder, name);
    const git = (...args: string[]) =>
      execFileSync("git", ["-C", repository, ...IDENTITY, ...args], { encoding: "utf8" });
    if (!fs.existsSync(repository)) {
      fs.mkdirSync(repository);
      git("init", "--quiet", `--initial-branch=${branch}`);
      git("config", "uploadpack.allowAnySHA1InWant", "true");
      git("config", "uploadpack.allowFilter", "true");
    }
    for (const [file, text] of Object.entries(files)) {
      fs.mkdirSync(path.join(repository, path.dirname(file)), { recursive: true });
      fs.writeFileSync(path.join(repository, file), text);
    }
    git("add", "--all");
    git("commit", "--quiet", "--message=a test's");
    if (tag) git("tag", tag);
    return git("rev-parse", "HEAD").trim();
  }
}

/** By `git http-backend`, a program of CGI. */
function answer(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url!, "http://git");
  const { "content-type": type, "content-encoding": encoding, "git-protocol": protocol } = request.headers;
  const env = {
    ...{ PATH: process.env.PATH, GIT_PROJECT_ROOT: folder, GIT_HTTP_EXPORT_ALL: "1" },
    ...{ REQUEST_METHOD: request.method, PATH_INFO: pathname.replace(/^(\/[^/]+)/, "$1/.git") },
    QUERY_STRING: searchParams.toString(),
    ...(type && { CONTENT_TYPE: type }),
    ...(encoding && { HTTP_CONTENT_ENCODING: encoding as string }),
    ...(protocol && { GIT_PROTOCOL: protocol as string }),
  };
  const backend = spawn("git", ["http-backend"], { env, stdio: ["pipe", "pipe", "inherit"] });
  request.pipe(backend.stdin);
  let head = Buffer.alloc(0);
  backend.stdout.on("data", (chunk: Buffer) => {
    if (response.headersSent) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    for (const line of head.toString("latin1", 0, end).split("\r\n")) {
      const [name, value] = line.split(": ");
      if (name === "Status") response.statusCode = parseInt(value!);
      else response.setHeader(name!, value!);
    }
    response.write(head.subarray(end + 4));
  });
  backend.stdout.on("end", () => response.end());
}
