/** What the installer's service on the rendezvous host says, as far as it is used; see its swagger.yaml. */
export interface ServiceLook {
  /** Another one after the rendezvous host has booted the ISO again. */
  id: string;
  /** `insufficient`, `installing`, `error` … */
  status: string;
  info: string;
  /** What is wrong with the cluster as a whole. */
  failures: Failure[];
  hosts: HostLook[];
}

export interface HostLook {
  /** As the host calls itself; other than its name in the stack as long as its settings were not applied. */
  hostname: string;
  macAddresses: string[];
  /** `known`, `installing-in-progress`, `installing-pending-user-action` … */
  status: string;
  info: string;
  /** `Writing image to disk`, `Rebooting` … @default it does not install yet */
  stage?: string;
  /** Per cent of what the stage does. */
  percentage?: number;
  failures: Failure[];
}

/** A validation that failed. */
export interface Failure {
  /** `ntp-synced` */
  id: string;
  message: string;
}

/** No service answered, and why. */
export interface NoService {
  unreached: string;
  /** There is a host at the address, but nothing listens: it is booting, or was installed. */
  refused: boolean;
}

/** Where the service answers on the rendezvous host. */
export const SERVICE_PORT = 8090;
const PATH = "/api/assisted-install/v2";
/** Milliseconds for an answer: who does not reach the network waits for as long. */
const PATIENCE = 5_000;

/** The cluster as the service has it; strings hold JSON in it. */
interface Cluster {
  id: string;
  status: string;
  status_info?: string;
  validations_info?: string;
  hosts?: Host[];
}

interface Host {
  requested_hostname?: string;
  status: string;
  status_info?: string;
  inventory?: string;
  validations_info?: string;
  progress?: { current_stage?: string; installation_percentage?: number };
}

/** The service that installs a cluster: it runs on the rendezvous host for as long as that runs from the ISO. */
export class AssistedService {
  constructor(
    /** Where the rendezvous host may be reached, as addresses that are tried in turn. */
    readonly addresses: string[],
    /** What the ISO lets somebody in with who watches. @default none is wanted, as before OKD 4.19 */
    private readonly token?: string,
    private readonly port = SERVICE_PORT,
  ) {}

  /** How it is; undefined as long as it knows of no cluster. */
  async look(): Promise<ServiceLook | NoService | undefined> {
    const clusters = await this.ask<{ id: string }[]>("/clusters");
    if ("unreached" in clusters) return clusters;
    const [cluster] = clusters;
    if (!cluster) return undefined;
    const found = await this.ask<Cluster>(`/clusters/${cluster.id}`);
    return "unreached" in found ? found : readCluster(found);
  }

  /** All that has happened so far, oldest first; undefined where nobody answers. */
  async events(): Promise<unknown[] | undefined> {
    const events = await this.ask<unknown[]>("/events");
    return "unreached" in events ? undefined : events;
  }

  private async ask<T extends object>(path: string): Promise<T | NoService> {
    let last: NoService | undefined;
    for (const address of this.addresses) {
      const answer = await this.askAt<T>(address, path);
      if (!("unreached" in answer)) return answer;
      if (!last?.refused) last = answer;
    }
    return last!;
  }

  private async askAt<T extends object>(address: string, path: string): Promise<T | NoService> {
    const at = `${address}:${String(this.port)}`;
    try {
      const response = await fetch(`http://${at}${PATH}${path}`, {
        headers: { accept: "application/json", ...(this.token && { "watcher-authorization": this.token }) },
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (response.ok) return (await response.json()) as T;
      return { unreached: `${at} answers ${String(response.status)}`, refused: true };
    } catch (error) {
      const { name, message, cause } = error as Error & { cause?: { code?: string } };
      const code = cause?.code ?? message;
      const why = name === "TimeoutError" ? "no answer" : code;
      return { unreached: `${at}: ${why}`, refused: ["ECONNREFUSED", "ECONNRESET", "UND_ERR_SOCKET"].includes(code) };
    }
  }
}

function readCluster({ id, status, status_info = "", validations_info, hosts = [] }: Cluster): ServiceLook {
  return { id, status, info: status_info, failures: failuresIn(validations_info), hosts: hosts.map(readHost) };
}

function readHost({
  requested_hostname,
  status,
  status_info = "",
  inventory,
  validations_info,
  progress,
}: Host): HostLook {
  const { hostname, interfaces = [] } = parsed<{ hostname?: string; interfaces?: { mac_address?: string }[] }>(
    inventory,
  );
  const { current_stage: stage, installation_percentage: percentage } = progress ?? {};
  return {
    hostname: requested_hostname || hostname || "",
    macAddresses: interfaces.flatMap(({ mac_address }) => mac_address?.toLowerCase() ?? []),
    status,
    info: status_info,
    ...(stage && { stage }),
    ...(percentage !== undefined && { percentage }),
    failures: failuresIn(validations_info),
  };
}

/** Validations by category, each with `success`, `pending`, `failure` or `error`. */
function failuresIn(validations: string | undefined): Failure[] {
  const categories = parsed<Record<string, { id: string; status: string; message: string }[]>>(validations);
  return Object.values(categories)
    .flat()
    .filter(({ status }) => status === "failure" || status === "error")
    .map(({ id, message }) => ({ id, message }));
}

function parsed<T extends object>(json: string | undefined): Partial<T> & T {
  return JSON.parse(json || "{}") as Partial<T> & T;
}
