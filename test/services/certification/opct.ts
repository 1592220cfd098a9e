import { join } from "node:path";
import type { Answer, ClusterUnderTest, Condition, Thing } from "./cluster";

const DEDICATED = "node-role.kubernetes.io/tests";
const said = (code: number, stdout: string, files?: Answer["files"]): Answer => ({ code, stdout, stderr: "", files });
/** As the real one: its logger's line, and then the error itself. */
const refused = (sentence: string): Answer =>
  said(1, `time="2026" level=error msg="pre-run failed"\nError: ${sentence}\n${sentence}\n`);

const holds = (thing: Thing, type: string, status: string) =>
  (thing.status as { conditions: Condition[] }).conditions.some((it) => it.type === type && it.status === status);

/** `opct` v0.6, as far as pipelines use it: its rules are those of its pkg/run, status, retrieve and destroy. */
export function runOpct(cluster: ClusterUnderTest, [verb, ...args]: string[]): Answer {
  const { objects } = cluster;
  const running = objects.namespaces!.some(({ metadata }) => metadata.name === "opct");
  switch (verb) {
    case "run": {
      const fault = preflight(cluster, running);
      if (fault) return refused(fault);
      objects.namespaces!.push({ metadata: { name: "opct" } });
      for (const kind of ["clusterroles", "clusterrolebindings"])
        objects[kind]!.push({ metadata: { name: "opct-scc-privileged" } });
      if (cluster.cutShort) return said(1, "");
      const labels = { "sonobuoy-component": "aggregator" };
      objects.pods!.push({ metadata: { name: "sonobuoy", namespace: "opct", labels } });
      objects.namespaces!.push({ metadata: { name: "e2e-conformance-1" } });
      return said(
        0,
        'level=info msg="Jobs scheduled! Waiting for resources be created..."\nSonobuoy pods are ready!\n',
      );
    }
    case "status": {
      if (!running) {
        return refused(
          "looks like there is no validation environment running. use run command to start the validation process",
        );
      }
      const status = cluster.statuses.length > 1 ? cluster.statuses.shift()! : cluster.statuses[0]!;
      const line = `10-openshift-kube-conformance      | ${status.padEnd(10)} |            | 12/408 (0 failures)       | status=running`;
      return said(
        0,
        `Mon, 30 Nov 2026 03:00:00 UTC|1.2s> Global Status: ${status}\nJOB_NAME | STATUS\n${line}\nlevel=info msg=seen\n`,
      );
    }
    case "retrieve":
      if (!running)
        return refused("retrieve finished with errors: looks like there is no validation environment running.");
      if (cluster.statuses[0] !== "complete")
        return refused("retrieve finished with errors: Retrieval retry limit reached");
      return said(0, "Results saved\n", {
        [join(args[0]!, "opct_202611300300_0.tar.gz")]: cluster.archive().toString("base64"),
      });
    case "destroy": {
      // whatever cannot be done is a warning
      const gone = ({ metadata }: Thing) => metadata.name === "opct" || metadata.name.includes("e2e-");
      const stays = ({ metadata }: Thing) => cluster.stuck && metadata.name === "opct";
      objects.namespaces = objects.namespaces!.filter((thing) => !gone(thing) || stays(thing));
      objects.pods = [];
      const roles = objects.clusterroles!.length;
      objects.clusterroles = [];
      if (roles > 0) objects.clusterrolebindings = [];
      return said(0, `${roles === 0 ? 'level=warning msg="clusterroles not found"\n' : ""}Destroy done!\n`);
    }
    default:
      return refused(`unknown command "${verb}" for "opct"`);
  }
}

function preflight({ objects }: ClusterUnderTest, running: boolean): string | undefined {
  const unstable = objects.clusteroperators!.some(
    (operator) =>
      !holds(operator, "Available", "True") ||
      holds(operator, "Progressing", "True") ||
      holds(operator, "Degraded", "True"),
  );
  if (unstable)
    return "All Cluster Operators must be available, not progressing, and not degraded before validation can run.";
  const [registry] = objects["configs.imageregistry.operator.openshift.io"]! as (Thing & {
    spec: { managementState: string };
  })[];
  if (registry!.spec.managementState !== "Managed")
    return "OpenShift Image Registry must deployed before validation can run";
  const nodes = objects.nodes!.filter(({ metadata }) => metadata.labels && DEDICATED in metadata.labels);
  if (nodes.length === 0) return `missing dedicated node. Set the label "${DEDICATED}=" to a node and try again`;
  if (nodes.length > 2)
    return `too many nodes with label "${DEDICATED}=". Set the label to only one node and try again`;
  const { taints = [] } = nodes[0]!.spec as { taints?: { key: string }[] };
  if (!taints.some(({ key }) => key === DEDICATED)) return `missing taint "${DEDICATED}='':NoSchedule"`;
  return running
    ? "opct namespace already exists. You must run 'destroy' to clean the environment and try again."
    : undefined;
}
