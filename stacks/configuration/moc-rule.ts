import type { Problem } from "./problems";
import type { Rule } from "./rule";
import type { ClusterConfiguration, Configuration } from "./schema";

type MocCluster = Extract<ClusterConfiguration, { type: "moc" }>;
type MocRule = (cluster: MocCluster, configuration: Configuration) => (Problem | false | undefined)[];

/** A rule for stacks on the MOC, whose paths begin below `cluster`. */
export const rule =
  (find: MocRule): Rule =>
  (configuration) =>
    configuration.cluster.type !== "moc"
      ? []
      : find(configuration.cluster, configuration).map(
          (problem) => !!problem && { ...problem, path: ["cluster", ...problem.path] },
        );
