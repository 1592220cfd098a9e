import type { Manifest } from "../kubernetes/object";
import { GATE, SELECTOR } from "./objects";

/**
 * What Prometheus' operator reads: where the gate's metrics are, and which of them somebody on call wants to hear of. On OpenShift its
 * monitoring of users' projects has to be enabled.
 */
export function renderMonitoring({
  namespace,
  labels,
}: {
  namespace: string;
  labels: Record<string, string>;
}): Manifest[] {
  const metadata = { name: GATE, namespace, labels: { ...labels, ...SELECTOR } };
  return [
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "ServiceMonitor",
      metadata,
      spec: { selector: { matchLabels: SELECTOR }, endpoints: [{ port: "status", interval: "60s" }] },
    },
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "PrometheusRule",
      metadata,
      spec: { groups: [{ name: "okd-streams", rules: RULES.map((rule) => renderRule(rule, namespace)) }] },
    },
  ];
}

interface Rule {
  alert: string;
  /** In PromQL; `SELECTED` stands for the gate's labels. */
  expression: string;
  /** For how long it has to hold. */
  lasts: string;
  severity: "warning" | "critical";
  summary: string;
}

/** One and a half of the schedule's interval, as `npm run builds` has it. */
const OVERDUE =
  "time() - max by (stream, version) (okd_streams_last_success_timestamp_seconds{SELECTED})" +
  " > 1.5 * max by (stream, version) (okd_streams_schedule_interval_seconds{SELECTED})";

const RULES: Rule[] = [
  {
    alert: "OkdStreamsBuildOverdue",
    expression: OVERDUE,
    // A stream that was deployed just now has no build yet, and may take a day for one.
    lasts: "1d",
    severity: "warning",
    summary: "{{ $labels.stream }} {{ $labels.version }} has no whole build for longer than its schedule promises.",
  },
  {
    alert: "OkdStreamsGateBlind",
    expression: "time() - max(okd_streams_gate_reconciled_timestamp_seconds{SELECTED}) > 900",
    lasts: "10m",
    severity: "critical",
    summary: "The gate has not read all records in its registry for a quarter of an hour: nothing is composed.",
  },
  {
    alert: "OkdStreamsGateDown",
    expression: "absent(okd_streams_gate_reconciled_timestamp_seconds{SELECTED})",
    lasts: "10m",
    severity: "critical",
    summary: "The gate says nothing: builds of several architectures stay incomplete.",
  },
];

function renderRule({ alert, expression, lasts, severity, summary }: Rule, namespace: string): object {
  return {
    alert,
    expr: expression.replaceAll("SELECTED", `namespace="${namespace}",service="${GATE}"`),
    for: lasts,
    labels: { severity },
    annotations: { summary, description: "npm run builds -- STACK says which builds, and what was decided of them." },
  };
}
