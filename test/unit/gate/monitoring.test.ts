import assert from "node:assert/strict";
import { renderMonitoring } from "../../../components/gate/monitoring";
import { renderGate } from "../../../components/gate/objects";
import { createMetrics } from "../../../components/programs/gate/metrics";
import { STREAM } from "./samples";

interface Rule {
  alert: string;
  expr: string;
}

describe("what Prometheus' operator is told of the gate", () => {
  const [monitor, rules] = renderMonitoring({ namespace: "okd-coreos", labels: { a: "b" } });

  it("leads to the port of its Service that has the metrics", () => {
    const service = renderGate({
      ...{
        namespace: "okd-coreos",
        labels: { a: "b" },
        image: "node",
        program: "",
        keysSecret: "keys",
        recordKeys: {},
        registryPort: 443,
      },
      settings: {
        registry: { address: "registry", path: "", insecure: false },
        ...{ streams: [STREAM], eventListener: "http://listener", reconcileSeconds: 60 },
      },
    }).find(({ kind }) => kind === "Service")!;
    const { selector, endpoints } = monitor!.spec as {
      selector: { matchLabels: Record<string, string> };
      endpoints: { port: string }[];
    };
    for (const [key, value] of Object.entries(selector.matchLabels)) assert.equal(service.metadata.labels![key], value);
    const { ports } = service.spec as { ports: { name: string }[] };
    assert.ok(ports.some(({ name }) => name === endpoints[0]!.port));
  });

  it("asks for metrics that the gate has, of this namespace alone", async () => {
    const { registry } = createMetrics();
    const known = (await registry.getMetricsAsJSON()).map(({ name }) => name);
    const { groups } = rules!.spec as { groups: { rules: Rule[] }[] };
    for (const { alert, expr } of groups[0]!.rules) {
      const asked = [...expr.matchAll(/(okd_\w+)(\{[^}]*\})?/g)];
      assert.ok(asked.length > 0, alert);
      for (const [, name, selected] of asked) {
        assert.ok(known.includes(name!), `${alert} asks for ${name}`);
        assert.equal(selected, '{namespace="okd-coreos",service="gate"}');
      }
    }
  });
});
