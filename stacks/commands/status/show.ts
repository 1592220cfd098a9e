import { spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Status } from "../../../components/programs/status/model";
import { startStatusServer } from "../../../components/programs/status/server";

const HOST = "127.0.0.1";

/** Serves the page to this machine, opens it, and ends with ^C. */
export async function showPage(look: () => Promise<Status>): Promise<void> {
  await look(); // a cluster that is away is said here, not in a browser
  const warn = (message: string) => void process.stderr.write(`${message}\n`);
  const server = await startStatusServer({ port: 0, host: HOST, look, warn });
  const url = `http://${HOST}:${(server.address() as AddressInfo).port}/`;
  process.stdout.write(`${url} (until ^C)\n`);
  openBrowser(url);
  await once(process, "SIGINT");
  server.close();
  server.closeAllConnections();
}

/** Where there is no browser the URL was said. */
function openBrowser(url: string): void {
  const [command = "", ...args] = {
    darwin: ["open", url],
    win32: ["cmd", "/c", "start", "", url],
  }[process.platform as string] ?? ["xdg-open", url];
  const child = spawn(command, args, { stdio: "ignore", detached: true });
  child.once("error", () => undefined);
  child.unref();
}
