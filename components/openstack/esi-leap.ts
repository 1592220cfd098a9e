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

/** Of a lease that holds its node, or will. */
export const LIVE = ["created", "active", "wait fulfill", "error"];

/** ESI-Leap: what of other people's machines may be used, and what is. */
export class EsiLeap {
  constructor(private readonly cloud: OpenStack) {}

  /** Offers open to this project. */
  async offers(): Promise<Offer[]> {
    return (await this.cloud.request<{ offers: Offer[] }>("lease", "GET", "/v1/offers")).offers;
  }

  async nodes(): Promise<LeapNode[]> {
    return (await this.cloud.request<{ nodes: LeapNode[] }>("lease", "GET", "/v1/nodes")).nodes;
  }

  /** Leases that this project holds or has granted, without those that have ended. */
  async leases(): Promise<Lease[]> {
    return (await this.cloud.request<{ leases: Lease[] }>("lease", "GET", "/v1/leases")).leases;
  }

  /** Also one that has ended; undefined where none was. */
  lease(uuid: string): Promise<Lease | undefined> {
    return this.cloud.request<Lease>("lease", "GET", `/v1/leases/${uuid}`, { absent: [404] });
  }

  /** @returns the lease; undefined where somebody else was faster, which ESI-Leap answers with 500 and a sentence */
  async claim(offer: string, claim: Claim): Promise<Lease | undefined> {
    try {
      // By uuid: by name it answers 500.
      return await this.cloud.request<Lease>("lease", "POST", `/v1/offers/${offer}/claim`, { body: claim });
    } catch (error) {
      if (error instanceof OpenStackError && isConflict(error)) return undefined;
      throw error;
    }
  }

  /** Gives the node back; an active node is undeployed. Does nothing where the lease has ended. */
  async end(uuid: string): Promise<void> {
    await this.cloud.request("lease", "DELETE", `/v1/leases/${uuid}`, { absent: [404] });
  }
}

function isConflict({ status, words }: OpenStackError): boolean {
  if (status === 404 || status === 409) return true;
  return (
    status >= 400 && /time conflict|no availabilities|not available|status of .*(deleted|expired|error)/i.test(words)
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
