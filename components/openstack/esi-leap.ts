import type { OpenStack } from "./client";
import { OpenStackError } from "./failure";

/** A window of time in which a node may be claimed. Times are UTC without saying so: `2026-11-24T00:00:00`. */
export interface Offer {
  uuid: string;
  name: string | null;
  /** The project that offers it, by id and name. */
  project_id: string;
  project: string | null;
  resource_uuid: string;
  resource: string | null;
  resource_class: string | null;
  resource_properties: Record<string, unknown> | null;
  status: string;
  start_time: string;
  end_time: string;
  /** What of the window nobody has claimed. */
  availabilities: [start: string, end: string][];
}

/** A node that a project holds for a time. */
export interface Lease {
  uuid: string;
  name: string | null;
  project_id: string;
  owner_id: string;
  resource_uuid: string;
  resource: string | null;
  resource_class: string | null;
  status: string;
  start_time: string;
  end_time: string;
  properties: Record<string, unknown> | null;
  offer_uuid: string | null;
}

/** Who holds what, as ESI-Leap lists it. */
export interface LeapNode {
  uuid: string;
  name: string;
  owner: string | null;
  lessee: string | null;
  lease_uuid: string | null;
  resource_class: string | null;
  provision_state: string;
  maintenance: string | boolean;
  properties: Record<string, unknown> | null;
}

export interface Claim {
  name: string;
  start_time: string;
  end_time: string;
  purpose: string;
  properties: Record<string, unknown>;
}

/** ESI-Leap: what of other people's machines may be used, and what is. */
export class EsiLeap {
  constructor(private readonly cloud: OpenStack) {}

  /** Offers open to this project. */
  async offers(resourceClass?: string): Promise<Offer[]> {
    const query = resourceClass ? `?${new URLSearchParams({ resource_class: resourceClass }).toString()}` : "";
    return (await this.cloud.request<{ offers: Offer[] }>("lease", "GET", `/v1/offers${query}`)).offers;
  }

  async nodes(): Promise<LeapNode[]> {
    return (await this.cloud.request<{ nodes?: LeapNode[] }>("lease", "GET", "/v1/nodes")).nodes ?? [];
  }

  /** Leases that this project holds or has granted, without those that have ended. */
  async leases(): Promise<Lease[]> {
    return (await this.cloud.request<{ leases: Lease[] }>("lease", "GET", "/v1/leases")).leases;
  }

  /** Also one that has ended; undefined where none was. */
  lease(uuid: string): Promise<Lease | undefined> {
    return this.cloud.request<Lease>("lease", "GET", `/v1/leases/${uuid}`, { absent: [404] });
  }

  /** @returns the lease; undefined where somebody else was faster, or the offer is gone */
  claim(offer: string, claim: Claim): Promise<Lease | undefined> {
    // By uuid: by name it answers 500.
    return this.take(`/v1/offers/${offer}/claim`, claim);
  }

  /** A node's owner leases it to a project. @returns the lease; undefined where somebody has it then */
  grant(lease: Claim & { resource_uuid: string; project_id: string }): Promise<Lease | undefined> {
    return this.take("/v1/leases", lease);
  }

  /** Gives the node back; an active node is undeployed. Does nothing where the lease has ended. */
  async end(uuid: string): Promise<void> {
    await this.cloud.request("lease", "DELETE", `/v1/leases/${uuid}`, { absent: [404] });
  }

  private async take(path: string, body: object): Promise<Lease | undefined> {
    try {
      return await this.cloud.request<Lease>("lease", "POST", path, { body });
    } catch (error) {
      if (error instanceof OpenStackError && isConflict(error)) return undefined;
      throw error;
    }
  }
}

/** ESI-Leap answers a conflict with 500 and a sentence. */
function isConflict({ status, words }: OpenStackError): boolean {
  return (
    status === 404 || status === 409 || (status === 500 && /time conflict|no availabilities|not available/i.test(words))
  );
}

/** A time as ESI-Leap takes it. */
export function leapTime(time: Date): string {
  return time.toISOString().slice(0, 19);
}

/** A time that ESI-Leap gave. */
export function fromLeapTime(text: string): Date {
  return new Date(/Z|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`);
}
