import type { KubernetesClient, Ref } from "../../../components/kubernetes/client";
import type { PipelineRunObject } from "../../../components/programs/status/run";

/** All PipelineRuns of a namespace. */
export async function pipelineRuns(
  cluster: Pick<KubernetesClient, "list">,
  namespace: string,
): Promise<PipelineRunObject[]> {
  const ref: Ref = { apiVersion: "tekton.dev/v1", kind: "PipelineRun", metadata: { namespace } as Ref["metadata"] };
  return (await cluster.list(ref)) as PipelineRunObject[];
}
