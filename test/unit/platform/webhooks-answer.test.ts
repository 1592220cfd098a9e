import assert from "node:assert/strict";
import { PARTS } from "../../../components/platform/parts";
import { provider } from "../../../components/platform/webhooks-answer";
import { FakeApi, resources, Status } from "./fake-api";

const SAMPLE = PARTS.tektonPipelines.sample!;
const PATH = "/apis/tekton.dev/v1/namespaces/default/tasks/okd-streams-webhook-probe";
const NOT_UP = new Status(
  500,
  "InternalError",
  `failed calling webhook "webhook.pipeline.tekton.dev": connection refused`,
);

/** An API server that answers a dry run with these, one after another; the last one stays. */
function clusterThatAnswers(...answers: unknown[]): FakeApi {
  return new FakeApi((method, path) => {
    if (path === "/apis/tekton.dev/v1") return resources("tekton.dev/v1", "Task");
    if (method !== "PATCH") return undefined;
    return answers.length > 1 ? answers.shift() : answers[0];
  });
}

async function create(api: FakeApi, patience = 30, field?: string): Promise<unknown> {
  const kubeconfig = await api.start();
  const inputs = { part: "Tekton Pipelines", version: "1.15.0", kubeconfig, sample: SAMPLE, field, patience };
  try {
    assert.deepEqual(await provider.create(inputs), { id: "Tekton Pipelines", outs: inputs });
    assert.deepEqual(await provider.update!("x", inputs, inputs), { outs: inputs });
  } finally {
    await api.stop();
  }
  return api.requests.filter(({ method }) => method === "PATCH").map(({ path }) => path.split("?")[0]);
}

describe("WebhooksAnswer", () => {
  it("tries until the webhook answers, by dry runs only", async () => {
    const api = clusterThatAnswers(NOT_UP, NOT_UP, SAMPLE);
    // Three for the creation, one for the change.
    assert.deepEqual(await create(api), [PATH, PATH, PATH, PATH]);
    const patches = api.requests.filter(({ method }) => method === "PATCH");
    assert.ok(patches.every(({ path }) => new URL(path, "http://a").searchParams.get("dryRun") === "All"));
    assert.deepEqual(patches[0]!.body, SAMPLE);
  });

  it("takes a webhook's no for an answer", async () => {
    const denied = new Status(400, "BadRequest", `admission webhook "validation.webhook" denied the request: no steps`);
    assert.deepEqual(await create(clusterThatAnswers(denied)), [PATH, PATH]);
  });

  it("waits for a field that a controller fills in, and changes nothing", async () => {
    const states: unknown[] = [undefined, SAMPLE, { ...SAMPLE, spec: { ca: "" } }, { ...SAMPLE, spec: { ca: "PEM" } }];
    const api = new FakeApi((_method, path) => {
      if (path === "/apis/tekton.dev/v1") return resources("tekton.dev/v1", "Task");
      return states.length > 1 ? states.shift() : states[0];
    });
    assert.deepEqual(await create(api, 30, "spec.ca"), []);
    assert.deepEqual(states.length, 1);
    assert.ok(api.requests.every(({ method }) => method === "GET"));
    await assert.rejects(
      create(new FakeApi((_method, path) => (path === PATH ? SAMPLE : resources("x", "Task"))), 0, "spec.ca"),
      /Tekton Pipelines does not answer after 0 s: Task default\/okd-streams-webhook-probe has no spec\.ca$/,
    );
  });

  it("waits for the kind to be served", async () => {
    let looks = 0;
    const api = new FakeApi((method, path) => {
      if (path === "/apis/tekton.dev/v1") return ++looks > 1 ? resources("tekton.dev/v1", "Task") : undefined;
      return method === "PATCH" ? SAMPLE : undefined;
    });
    assert.deepEqual(await create(api), [PATH, PATH]);
    assert.ok(looks >= 2);
  });

  it("gives up in time, with the last reason", async () => {
    await assert.rejects(
      create(clusterThatAnswers(NOT_UP), 0),
      /^UserError: Tekton Pipelines does not answer after 0 s: failed calling webhook .* connection refused$/,
    );
  });

  it("does not try again what is forbidden", async () => {
    const api = clusterThatAnswers(new Status(403, "Forbidden", "tasks is forbidden"));
    await assert.rejects(create(api), /tasks is forbidden/);
    assert.equal(api.requests.filter(({ method }) => method === "PATCH").length, 1);
  });
});
