import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry as Metrics } from "prom-client";
import { OUTCOMES } from "./interceptor";

/** What the gate tells Prometheus. */
export function createMetrics() {
  const registers = [new Metrics()];
  collectDefaultMetrics({ register: registers[0] });
  const judgements = new Counter({
    name: "okd_streams_gate_judgements_total",
    help: "Requests of Tekton Triggers by their outcome; everything but verified and compose creates nothing.",
    labelNames: ["outcome"],
    registers,
  });
  for (const outcome of OUTCOMES) judgements.inc({ outcome }, 0);
  const reposts = new Counter({
    name: "okd_streams_gate_reposts_total",
    help: "Complete builds that were told to the EventListener again.",
    labelNames: ["result"],
    registers,
  });
  for (const result of ["sent", "failed"]) reposts.inc({ result }, 0);
  return {
    registry: registers[0]!,
    judgements,
    reposts,
    seconds: new Histogram({
      name: "okd_streams_gate_judgement_seconds",
      help: "Time from a request of Tekton Triggers to its answer.",
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3],
      registers,
    }),
    builds: new Gauge({
      name: "okd_streams_gate_builds",
      help: "Builds with records in the registry by what was decided of them last.",
      labelNames: ["outcome"],
      registers,
    }),
    lastSuccess: new Gauge({
      name: "okd_streams_last_success_timestamp_seconds",
      help: "When the newest build of a stream that is whole was complete.",
      labelNames: ["stream", "version"],
      registers,
    }),
    interval: new Gauge({
      name: "okd_streams_schedule_interval_seconds",
      help: "What a stream's schedule leaves between builds at most; only of streams that have one.",
      labelNames: ["stream", "version"],
      registers,
    }),
    reconciled: new Gauge({
      name: "okd_streams_gate_reconciled_timestamp_seconds",
      help: "When the last look through all records ended well.",
      registers,
    }),
  };
}

export type GateMetrics = ReturnType<typeof createMetrics>;
