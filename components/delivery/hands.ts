import type { Manifest } from "../kubernetes/object";
import { isDelivered } from "./delivered";

/** Who brings the objects of the pipeline sets into the cluster, as the settings say it. */
export type Deliverer = "pulumi" | "argocd";

/** What a stack does of the delivery of its sets. */
export interface Hands {
  /** Objects that are not Pulumi's. */
  delivered: (object: Manifest) => boolean;
  /** Objects that stay in the cluster, as they are, when Pulumi drops them. */
  retained: (object: Manifest) => boolean;
  /** Argo CD's Applications; those that wait look and change nothing. @default there are none */
  applications?: "waiting" | "syncing";
}

const none = () => false;

/**
 * No two hands at a time change an object, and none that drops one removes it. On the way to Argo CD it looks while Pulumi still
 * has everything; on the way back it has let go before Pulumi takes anything.
 */
const HANDS: Record<Deliverer, { settled: Hands; switching: Hands }> = {
  pulumi: {
    settled: { delivered: none, retained: none },
    switching: { delivered: isDelivered, retained: none },
  },
  argocd: {
    settled: { delivered: isDelivered, retained: none, applications: "syncing" },
    switching: { delivered: none, retained: isDelivered, applications: "waiting" },
  },
};

/**
 * @param by who delivers, or is to
 * @param switching half-way to it from the other
 */
export function handsOf(by: Deliverer, switching = false): Hands {
  return HANDS[by][switching ? "switching" : "settled"];
}
