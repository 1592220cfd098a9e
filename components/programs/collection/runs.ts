import { list } from "../api-server";
import { digestsIn } from "./digests";

interface Run {
  metadata: { name: string; labels?: Record<string, string> };
  status?: { completionTime?: string };
}

interface Seen {
  name: string;
  ended: boolean;
  /** The PipelineRun that it is a part of. */
  of?: string;
  digests: string[];
}

/** What runs need which have not ended. */
export interface InUse {
  /** What they name, in their parameters and in the results of their Tasks. */
  digests: ReadonlySet<string>;
  /** Namespaces that such runs are in. */
  namespaces: string[];
}

export async function inUse(namespaces: readonly string[]): Promise<InUse> {
  const used = new Set<string>();
  const busy: string[] = [];
  for (const namespace of namespaces) {
    const all = (resource: string) => list(`/apis/tekton.dev/v1/namespaces/${namespace}/${resource}`, seen);
    const pipelineRuns = await all("pipelineruns");
    const taskRuns = await all("taskruns");
    const unfinished = pipelineRuns.filter(({ ended }) => !ended);
    const running = new Set(unfinished.map(({ name }) => name));
    const counts = [
      ...unfinished,
      ...taskRuns.filter(({ ended, of }) => (of === undefined ? !ended : running.has(of))),
    ];
    if (counts.some(({ ended }) => !ended)) busy.push(namespace);
    for (const digest of counts.flatMap(({ digests }) => digests)) used.add(digest);
  }
  return { digests: used, namespaces: busy };
}

function seen(run: Run): Seen {
  const { name, labels = {} } = run.metadata;
  const { "tekton.dev/pipelineRun": of } = labels;
  const ended = run.status?.completionTime !== undefined;
  return { name, ended, ...(of !== undefined && { of }), digests: digestsIn(JSON.stringify(run)) };
}
