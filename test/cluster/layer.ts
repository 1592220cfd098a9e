import * as assert from "node:assert/strict";
import { type EventsLab, FIRST, VERSION } from "./events-lab";
import { inspect, REGISTRY } from "./images";

interface Run {
  status: { results: { name: string; value: string }[] };
}
interface Pod {
  spec: { containers: { name: string; securityContext?: { privileged?: boolean; runAsUser?: number } }[] };
}

/** Tests of the layer that pipelines/layering has as its example, on a cluster that has built the node image before. */
export function describeLayer(lab: () => EventsLab): void {
  it("builds a layer on the node image for a request, without a privileged step, and composes it", async () => {
    const { kubectl } = lab();
    const run = `rehearsal-layer-crio-amd64-${FIRST}`;
    await lab().sendUntil(run, () => lab().send({ type: "build-requested", stream: "layer-crio", buildId: FIRST }));
    await lab().succeeds(run, 300);
    const { status } = JSON.parse(await kubectl("get", "pipelinerun", run, "-o", "json")) as Run;
    const results = Object.fromEntries(status.results.map(({ name, value }) => [name, value]));
    assert.ok(results.usage!.includes(`${REGISTRY.pods}/okd/layer-crio@${results.digest}`), results.usage);
    const pods = JSON.parse(await kubectl("get", "pods", "-l", `tekton.dev/pipelineRun=${run}`, "-o", "json")) as {
      items: Pod[];
    };
    const steps = pods.items.flatMap(({ spec }) => spec.containers);
    assert.ok(steps.some(({ name }) => name === "step-build"));
    for (const { name, securityContext } of steps) {
      assert.deepEqual([securityContext?.privileged ?? false, securityContext?.runAsUser === 0], [false, false], name);
    }

    await lab().succeeds(`compose-layer-crio-4-21-${FIRST}`, 120);
    const list = JSON.parse(inspect(`${REGISTRY.here}/okd/layer-crio:${VERSION}-${FIRST}-rehearsal`)) as {
      manifests: { digest: string; platform: { architecture: string } }[];
    };
    assert.deepEqual(
      list.manifests.map(({ digest, platform }) => [platform.architecture, digest]),
      [["amd64", results.digest]],
    );
  });
}
