import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { EventEmitter, once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { PROJECT_FOLDER } from "../../../stacks/environment";

/** What a machine tries first when it starts; the rest follows where that has nothing to boot. */
export type First = "network" | "drive" | "disk";

/** QEMU's letters for it. */
const ORDER: Record<First, string> = { network: "n", drive: "dc", disk: "c" };

/** What a machine asks whenever it starts: its controller, and the network that it is at. */
export interface Outside {
  first: () => Promise<First>;
  /** What is in its drive. @default nothing */
  iso?: () => Promise<Buffer | undefined>;
  /** MAC address of its network card. */
  mac: string;
  /** What DHCP has it boot. @default nothing */
  bootFile?: () => Promise<string | undefined>;
}

/** No more often it starts: what it boots restarts it again and again. */
const STARTS = 10;
/** In `iso.s`. */
const MARK = "0".repeat(32);

/**
 * What `iso.s` of the lab is: the head of an ISO that installs a sector.
 *
 * @param mark 32 characters that the sector says when it is booted
 */
export function bootableHead(mark: string): Buffer {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-iso-"));
  try {
    const [object, binary] = [path.join(folder, "o"), path.join(folder, "bin")];
    execFileSync("as", ["--32", "-o", object, path.join(PROJECT_FOLDER, "test/lab/openstack/machine/iso.s")]);
    execFileSync("objcopy", ["-O", "binary", "-j", ".text", object, binary]);
    const head = fs.readFileSync(binary);
    head.write(mark, head.indexOf(MARK));
    return head;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/**
 * A PC of QEMU's with BIOS, a disk, a drive and a network card that boots by iPXE. What it boots talks by a serial line. As firmware
 * does, it asks what to boot each time that it starts, also where what runs on it restarts it. In software: a virtual machine's
 * /dev/kvm may open and run nothing. Its network is QEMU's own, a stand-in for the site's: its DHCP, and this machine's loopback
 * as the loopback's own addresses, as the lab's services have no others.
 */
export class Qemu {
  /** What it tried first, each time that it started. */
  readonly starts: First[] = [];
  outside?: Outside;
  private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-machine-"));
  private readonly news = new EventEmitter();
  private readonly reports: string[] = [];
  private on = false;
  private child?: ChildProcessWithoutNullStreams;
  /** One thing after the other. */
  private last: Promise<void> = Promise.resolve();
  private failure?: Error;

  constructor() {
    fs.writeFileSync(this.disk, Buffer.alloc(1 << 20));
  }

  get disk(): string {
    return path.join(this.folder, "disk");
  }

  switchOn(): Promise<void> {
    return this.then(async () => {
      if (this.on) return;
      this.on = true;
      await this.start();
    });
  }

  switchOff(): Promise<void> {
    return this.then(async () => {
      this.on = false;
      const { child } = this;
      this.child = undefined;
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    });
  }

  /** Has what the ISO started go on. */
  goOn(): void {
    this.child!.stdin.write("\n");
  }

  /** What is said next on its serial line, or was and nobody asked. */
  async report(): Promise<string> {
    while (this.reports.length === 0) {
      if (this.failure) throw this.failure;
      await once(this.news, "news");
    }
    return this.reports.shift()!;
  }

  /** What its firmware and iPXE have said. */
  get console(): string {
    const file = path.join(this.folder, "console");
    return fs.existsSync(file) ? fs.readFileSync(file, "latin1") : "";
  }

  async close(): Promise<void> {
    await this.switchOff();
    fs.rmSync(this.folder, { recursive: true });
  }

  private async start(): Promise<void> {
    const first = await this.outside!.first();
    this.starts.push(first);
    if (this.starts.length > STARTS) return this.fail(`started ${String(STARTS)} times`);
    // It ends with this process.
    const child = spawn("setpriv", ["--pdeathsig", "KILL", "qemu-system-x86_64", ...(await this.options(first))]);
    this.child = child;
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      const lines = (text += chunk.toString("latin1")).split("\n");
      text = lines.pop()!;
      for (const line of lines.filter((it) => it.startsWith("machine: "))) this.tell(line.slice("machine: ".length));
    });
    let complaint = "";
    child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
    child.on("error", (error) => this.fail(error.message));
    child.on("close", (code) => {
      void this.then(async () => {
        if (this.child !== child) return;
        if (code !== 0) return this.fail(`ended with ${String(code)}: ${complaint}`);
        // Restarted by what runs on it.
        await this.start();
      });
    });
  }

  private async options(first: First): Promise<string[]> {
    const { iso, mac, bootFile } = this.outside!;
    const [medium, file] = [await iso?.(), first === "network" ? await bootFile?.() : undefined];
    const drive = path.join(this.folder, "drive.iso");
    if (medium) fs.writeFileSync(drive, medium);
    return [
      ...["-machine", "pc,accel=tcg,graphics=off", "-m", "64", "-nodefaults", "-no-user-config", "-no-reboot"],
      ...["-display", "none", "-monitor", "none", "-boot", `order=${ORDER[first]}`],
      ...["-chardev", `file,id=console,append=on,path=${path.join(this.folder, "console")}`],
      ...["-serial", "chardev:console", "-serial", "stdio"],
      ...["-drive", `if=virtio,format=raw,file=${this.disk}`],
      ...["-drive", `if=ide,media=cdrom${medium ? `,format=raw,readonly=on,file=${drive}` : ""}`],
      ...["-netdev", `user,id=net,net=127.0.0.0/8,host=127.0.0.1,ipv6=off${file ? `,bootfile=${file}` : ""}`],
      ...["-device", `virtio-net-pci,netdev=net,mac=${mac}`],
    ];
  }

  private tell(line: string): void {
    this.reports.push(line);
    this.news.emit("news");
  }

  private fail(why: string): void {
    this.failure = new Error(`the machine ${why}\n${this.console.slice(-2000)}`);
    this.news.emit("news");
  }

  private then(act: () => Promise<void>): Promise<void> {
    this.last = this.last.then(act).catch((error: unknown) => this.fail(String(error)));
    return this.last;
  }
}
