import type { MocSettings } from "../../components/clusters/moc/schema";
import type { Rule } from "../configuration/rule";
import type { StackSettings } from "./cluster-kind";

export type MocRule = Rule<[cluster: MocSettings, stack: StackSettings]>;

/** A rule whose paths begin below `cluster`. */
export const rule =
  (find: MocRule): MocRule =>
  (cluster, stack) =>
    find(cluster, stack).map((problem) => !!problem && { ...problem, path: ["cluster", ...problem.path] });
