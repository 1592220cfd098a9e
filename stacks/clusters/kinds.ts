import { z } from "zod";
import type { ClusterKind } from "./cluster-kind";
import { existing } from "./existing";
import { kind } from "./kind";
import { moc } from "./moc";

/** Kinds of clusters, by the `type` that a stack's `cluster` says: a new one is a file like theirs, and a row here. */
export const CLUSTER_KINDS = { kind, existing, moc };

type AnySchema = (typeof CLUSTER_KINDS)[keyof typeof CLUSTER_KINDS]["schema"];

const schemas = Object.values(CLUSTER_KINDS).map(({ schema }) => schema);

/** `cluster` of a stack's configuration. */
export const clusterSettings = z
  .discriminatedUnion("type", schemas as [AnySchema, ...AnySchema[]])
  .describe("Where the factory runs; the type decides which other keys there are.");

export type ClusterSettings = z.output<typeof clusterSettings>;

/** The kind of a cluster; its functions take these very settings. */
export function kindOf({ type }: ClusterSettings): ClusterKind<AnySchema> {
  return CLUSTER_KINDS[type] as ClusterKind<AnySchema>;
}
