import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { StandInCluster } from "./cluster";

export interface StandInHost {
  name: string;
  role: "master" | "worker";
  macAddress: string;
}

/** What the machines of an installation do. */
export interface Machines {
  /** Whether a machine boots its disk next, and not the ISO. */
  bootsDisk: (name: string) => boolean | Promise<boolean>;
}

interface Host extends StandInHost {
  /** What it runs from; a host that has booted the ISO again waits in it. */
  runs: "iso" | "disk" | "iso again" | "nothing";
  status: string;
  info: string;
  stage?: string;
  percentage?: number;
  failing: boolean;
  /** Looks that it takes from leaving the ISO until it boots: whoever sees that it leaves has time to act, as with a real machine. */
  rests: number;
}

/** The step with which machines begin to install: whoever looks has to see each that follows. */
const INSTALL = 6;
/** That with which they restart. */
const RESTART = 9;
const PORT = 8090;
const PATH = "/api/assisted-install/v2";
/** What the stand-in for openshift-install puts into its state. */
export const WATCHER_TOKEN = "stand-in.watcher.token";

/**
 * Stands in for a cluster's installation: the service on the rendezvous host and the cluster's API, in their real form and in the
 * real order. Control planes restart first; once two of them have joined, the workers follow; the rendezvous host comes last, and
 * the service ends with it. A single node does not report its restart. Each look at the cluster's nodes advances it by one step.
 */
export class StandInInstallation {
  readonly cluster = new StandInCluster();
  /** How often each machine has booted. */
  readonly boots: string[] = [];
  /** Statuses that the service asked for without its token. */
  refused = 0;
  /** Nothing goes on while it is set. */
  held = false;
  /** How often somebody looked. */
  looks = 0;
  private readonly hosts: Host[];
  private id = 1;
  private step = 0;
  /** Undefined as long as the service knows of no cluster. */
  private status?: string;
  private serves = false;
  /** A look that comes while a machine boots moves nothing on. */
  private moves = false;
  private readonly server = http.createServer((request, response) => this.answer(request, response));

  constructor(
    hosts: StandInHost[],
    private readonly machines: Machines,
    private readonly options: {
      /** Address that the service answers at. */
      address: string;
      port?: number;
      /** Of a host whose clock is wrong at first. */
      fails?: string;
      /** What runs is read from the ISO all the time. @default from memory */
      readsIso?: boolean;
      /** How much happens from one look to the next until machines install. @default one step */
      steps?: number;
    },
  ) {
    this.hosts = hosts.map((host) => ({
      ...host,
      runs: "iso",
      status: "discovering",
      info: "",
      failing: false,
      rests: 0,
    }));
  }

  async start(): Promise<void> {
    this.server.on("connection", (socket) => {
      if (!this.serves) socket.destroy();
    });
    const { address, port = PORT } = this.options;
    await new Promise<void>((resolve, reject) => {
      this.server.once("error", reject).listen(port, address, resolve);
    });
    await this.cluster.start(() => this.advance());
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
    this.cluster.stop();
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Somebody switches a machine off and on again. */
  restart(name: string): Promise<void> {
    return this.boot(this.host(name));
  }

  /** Somebody takes the ISO out of a machine's drive. */
  loseMedium(name: string): void {
    const host = this.host(name);
    if (host.runs !== "iso" || !this.options.readsIso || host.stage === "Rebooting") return;
    Object.assign(host, { runs: "nothing", status: "error", info: "Host failed to read its root file system" });
    this.status = "error";
  }

  /** The installation fails for good. */
  fail(info: string): void {
    this.status = "error";
    this.cluster.info = info;
  }

  private host(name: string): Host {
    return this.hosts.find((it) => it.name === name)!;
  }

  /** What happens from one look to the next. */
  private async advance(): Promise<void> {
    this.looks++;
    if (this.held || this.moves) return;
    if (this.status === "error") {
      this.serves = true;
      return;
    }
    const { steps = 1 } = this.options;
    this.moves = true;
    try {
      do await this.proceed();
      while (this.step < INSTALL && this.step % steps !== 0);
    } finally {
      this.moves = false;
    }
  }

  private async proceed(): Promise<void> {
    const [first, ...others] = this.hosts as [Host, ...Host[]];
    const step = this.step++;
    if (step === 1) this.serves = true;
    if (step === 3) this.register();
    if (step === 4) this.status = "ready";
    if (step === 5) this.status = "preparing-for-installation";
    if (step === 6) this.say("Starting installation", () => true);
    if (step === 7) this.say("Writing image to disk", () => true, 0);
    if (step === 8) this.say("Writing image to disk", () => true, 57);
    if (step < RESTART) return;
    if (step === RESTART && others.length === 0) return this.leave(first);
    if (step === RESTART) {
      this.say("Rebooting", (host) => host !== first && host.role === "master");
      return this.say("Waiting for control plane", (host) => host === first || host.role === "worker");
    }
    if (first.runs === "nothing") return this.hasRested(first) ? this.boot(first) : undefined;
    const leaving = others.filter((it) => it.runs === "iso" && it.stage === "Rebooting");
    for (const host of leaving.filter((it) => this.hasRested(it))) await this.boot(host);
    const masters = others.filter(({ role, runs }) => role === "master" && runs === "disk");
    if (masters.length >= 2 && !this.cluster.bootstrapped) {
      this.cluster.bootstrapped = true;
      return this.say("Rebooting", ({ role }) => role === "worker");
    }
    const allHaveLeft = others.every(({ runs }) => runs !== "iso");
    if (this.cluster.bootstrapped && first.runs === "iso" && allHaveLeft) {
      if (first.stage === "Rebooting") return this.leave(first);
      this.say("Rebooting", (host) => host === first);
    }
    // The version does not wait for the last node.
    if (this.cluster.bootstrapped) this.cluster.progress();
  }

  private hasRested(host: Host): boolean {
    return host.rests-- <= 0;
  }

  private register(): void {
    this.status = "insufficient";
    for (const host of this.hosts) host.failing = host.name === this.options.fails;
  }

  private say(stage: string, of: (host: Host) => boolean, percentage?: number): void {
    this.status = "installing";
    for (const host of this.hosts.filter(of)) {
      Object.assign(host, { status: "installing-in-progress", stage, percentage, failing: false, rests: 1 });
    }
  }

  /** The service is on it, and ends. A machine takes its time until it boots. */
  private leave(host: Host): void {
    this.serves = false;
    host.runs = "nothing";
    host.rests = 1;
  }

  private async boot(host: Host): Promise<void> {
    this.boots.push(host.name);
    if (await this.machines.bootsDisk(host.name)) {
      Object.assign(host, { runs: "disk", status: "installed", stage: "Done" });
      if (this.hosts.length === 1) this.cluster.bootstrapped = true;
      return this.cluster.join(host);
    }
    host.runs = "iso again";
    if (host === this.hosts[0]) this.beginAgain();
    else {
      host.status = "installing-pending-user-action";
      host.info = "Expected the host to boot from disk, but it booted the installation image";
    }
  }

  /** The service starts anew, and knows nothing of what it has done. */
  private beginAgain(): void {
    this.id++;
    this.serves = true;
    this.status = "insufficient";
    const [first] = this.hosts;
    Object.assign(first!, { status: "discovering", stage: undefined, percentage: undefined });
  }

  private answer({ url = "", headers }: http.IncomingMessage, response: http.ServerResponse): void {
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { "content-type": "application/json", connection: "close" });
      response.end(JSON.stringify(body));
    };
    if (headers["watcher-authorization"] !== WATCHER_TOKEN) {
      this.refused++;
      return send(401, { code: 401, message: "invalid token" });
    }
    const id = `00000000-0000-4000-8000-00000000000${String(this.id)}`;
    if (url === `${PATH}/clusters`) return send(200, this.status ? [{ id }] : []);
    if (url === `${PATH}/clusters/${id}`) return send(200, this.render(id));
    if (url === `${PATH}/events`)
      return send(200, [{ message: "Host: worker-0, reached installation stage Rebooting" }]);
    send(404, { code: 404, message: `no ${url}` });
  }

  private render(id: string): object {
    // One that has booted the ISO again knows of nobody but itself.
    const known = this.id > 1 ? this.hosts.slice(0, 1) : this.hosts;
    return {
      ...{ kind: "Cluster", id, status: this.status, status_info: this.cluster.info, validations_info: "{}" },
      hosts: known.map((host) => ({
        kind: "Host",
        requested_hostname: this.step < 5 ? "localhost" : host.name,
        ...{ status: host.status, status_info: host.info },
        inventory: JSON.stringify({
          hostname: "localhost",
          interfaces: [{ mac_address: host.macAddress.toUpperCase() }, { mac_address: "52:54:00:ff:ff:ff" }],
        }),
        progress: { current_stage: host.stage, installation_percentage: host.percentage },
        validations_info: JSON.stringify({
          network: [
            { id: "connected", status: "success", message: "Host is connected" },
            {
              id: "ntp-synced",
              status: host.failing ? "failure" : "success",
              message: host.failing ? "Host couldn't synchronize with any NTP server" : "Host NTP is synced",
            },
          ],
        }),
      })),
    };
  }
}
