import { readFileSync } from "node:fs";
import { list } from "../api-server";
import { logJson } from "../events/log";
import type { BuildsAnswer } from "../gate/table";
import { ending, serve } from "../serve";
import { readFacts, type Sources } from "./read";
import { type PipelineRunObject, type Run } from "./run";
import { startStatusServer } from "./server";
import { type Declared, statusOf } from "./status";

// Serves the status of a stack: `node status.js declared.json`, with PORT, GATE_URL and what api-server.ts asks by in the environment.

const { PORT = "", GATE_URL = "" } = process.env;
const ANSWER_MS = 10_000;

const sources: Sources = {
  gate: async () => {
    const response = await fetch(GATE_URL, { signal: AbortSignal.timeout(ANSWER_MS) }).catch((error: unknown) => {
      throw new Error(`It does not answer: ${(error as Error).message}`);
    });
    if (!response.ok) throw new Error(`It answers ${response.status}`);
    return (await response.json()) as BuildsAnswer;
  },
  runs: (namespace, keep) =>
    list<PipelineRunObject, Run>(`/apis/tekton.dev/v1/namespaces/${namespace}/pipelineruns`, keep, {
      what: "PipelineRuns",
    }),
};

serve(async () => {
  const declared = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as Declared;
  const server = await startStatusServer({
    port: Number(PORT),
    look: async () => statusOf(declared, await readFacts(declared, sources), new Date()),
    warn: (message) => {
      logJson("warn", { event: "look", message });
    },
  });
  return { started: { message: `shows stack ${declared.stack}` }, end: ending(server) };
});
