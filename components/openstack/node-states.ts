import type { Node, Target } from "./ironic";

// The states of Ironic's own machine (ironic/common/states.py and state_machine.py, from Wallaby to 2026), by what they mean
// for whoever deployed the node. One that is not named here is of a newer Ironic: what it bears runs, as far as is known.

/** What was deployed is there and runs, or is only interrupted: such a node is never deployed anew. */
const RUNNING = [
  "active",
  "rescuing",
  "rescue wait",
  "rescue",
  "rescue failed",
  "unrescuing",
  "unrescue failed",
  "servicing",
  "service wait",
  "service failed",
  "service hold",
];

/** What is to be deployed is on its way, or held on its way. */
const DEPLOYING = ["deploying", "wait call-back", "deploy hold"];

/** Nothing that was deployed runs. */
const WITHOUT = [
  "enroll",
  "verifying",
  "manageable",
  "available",
  "deploy failed",
  "deleting",
  "error",
  "cleaning",
  "clean wait",
  "clean hold",
  "clean failed",
  "inspecting",
  "inspect wait",
  "inspect failed",
  "adopting",
  "adopt failed",
];

/** Nothing of anybody's is deployed. A node that its owner has to look after is its owner's matter, and keeps nothing else from its end. */
const FREE = ["available", "manageable", "enroll", "inspect failed", "adopt failed", "clean failed", "clean hold"];

/** What Ironic's machine lets one ask for to take off what is deployed, or is being deployed. In other states it is waited. */
const WAY_OUT: Record<string, Target> = {
  active: "deleted",
  "wait call-back": "deleted",
  "deploy failed": "deleted",
  error: "deleted",
  rescue: "deleted",
  "rescue wait": "deleted",
  "rescue failed": "deleted",
  "unrescue failed": "deleted",
  "service wait": "deleted",
  "service failed": "deleted",
  // Held until somebody says how it goes on.
  "deploy hold": "abort",
  "service hold": "abort",
};

/** States that a node leaves by itself. */
const MOVING = [
  "deploying",
  "wait call-back",
  "deleting",
  "cleaning",
  "clean wait",
  "verifying",
  "inspecting",
  "inspect wait",
  "adopting",
];

type Stated = Pick<Node, "provision_state">;

export function isRunning({ provision_state: state }: Stated): boolean {
  return !WITHOUT.includes(state) && !DEPLOYING.includes(state);
}

export function isBeingDeployed({ provision_state: state }: Stated): boolean {
  return DEPLOYING.includes(state);
}

export function isFree({ provision_state: state }: Stated): boolean {
  return FREE.includes(state);
}

export function isMoving({ provision_state: state }: Stated): boolean {
  return MOVING.includes(state);
}

/** What takes off what is deployed; undefined where the node has to come to rest first. */
export function wayOut({ provision_state: state }: Stated): Target | undefined {
  return WAY_OUT[state];
}

/** It runs, and somebody is about something with it: `rescue`, `servicing` … */
export function isInterrupted(node: Stated): boolean {
  return isRunning(node) && node.provision_state !== "active";
}

/** As ESI-Leap or Ironic say it of a node. */
export interface Health {
  provision_state: string;
  /** ESI-Leap says it as text. */
  maintenance: boolean | string;
}

/**
 * Why a node cannot be used by whoever claims it now, for people; undefined where nothing is known against it. Claims and
 * `capacity` both ask this.
 */
export function brokenReason({ provision_state: state, maintenance }: Health): string | undefined {
  if (/^true$/i.test(String(maintenance))) return "in maintenance";
  return BROKEN.includes(state) ? state : undefined;
}

/** States that only a node's owner leads out of. */
const BROKEN = ["clean failed", "clean hold", "adopt failed", "enroll"];

/** All that Ironic's machine has. */
export const KNOWN_STATES = [...RUNNING, ...DEPLOYING, ...WITHOUT];
