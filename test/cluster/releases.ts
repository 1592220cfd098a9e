import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { signEvent } from "../../components/programs/events/envelope";
import { Keys } from "../unit/release/keys";
import { Outside } from "../unit/release/outside";
import { COMPONENTS, pushPayload } from "../unit/release/payload";
import { OC } from "../unit/release/pipeline-run";
import { WATCHED_TOOLS } from "../unit/release/watched-tools";
import { requireTools } from "../unit/scripts/machine";
import { Factory } from "./factory";
import { REGISTRY } from "./images";
import { inSequence } from "../sequence";
import { offlineFolder, skipUnless } from "./needs";
import { pushNodeImage } from "./node-image";
import { pushReleaseToolsImage } from "./release-tools-image";

const NAMESPACE = "okd-release";
const STREAM = "4.22.0-0.okd-scos-nightly";
const PAYLOAD = "4.22.0-0.okd-scos-nightly-2026-02-19-063212";
const NAME = "4.22.0-okd-scos.ec.4";
const CLUSTER = "t-release";
/** Repositories of this run of the test alone: a registry keeps what others pushed. */
const PATH = `t-release-${Date.now()}`;

/**
 * From configuration to a published release, with real Tekton, registry, gpg and skopeo; `oc` is the stand-in that is held to the recorded
 * contract, or the real one that OKD_STREAMS_OC names the folder of. Release controller, signature store, GitHub and the channel's cluster
 * are one server on this machine.
 */
describe("releases, on KinD with Tekton", function () {
  this.timeout("20m");
  inSequence(this);
  let factory: Factory;
  let outside: Outside;
  let keys: Keys;
  let digest: string;

  before(async function () {
    requireTools(this, "gpg", "openssl", "skopeo");
    skipUnless(this, {
      bin: ["kind", "kubectl", "pulumi", "pulumi-resource-kubernetes", "pulumi-resource-pulumi-nodejs"],
      manifests: ["tekton-pipelines", "tekton-triggers", "tekton-interceptors"],
    });
    const { images } = parse(fs.readFileSync(path.join(offlineFolder(), "settings.yaml"), "utf8")) as {
      images: Record<string, string>;
    };
    factory = new Factory(offlineFolder(), {
      cluster: { type: "kind", name: CLUSTER },
      platform: { argoCd: { mode: "none" }, kvmDevicePlugin: "none" },
      streams: [],
    });
    await factory.succeeds("up", "kind");
    const folder = fs.mkdtempSync(path.join(factory.home, "test-"));
    keys = await Keys.make(folder);
    outside = await Outside.start(REGISTRY.here, keys.app, gateway());
    const repository = (host: string, name: string) => `${host}/${PATH}/${name}`;
    const known = repository(REGISTRY.pods, "payload");
    ({ digest } = await pushPayload(folder, repository(REGISTRY.here, "payload"), PAYLOAD, "4.0.0", known));
    Object.assign(outside, {
      key: keys.maker,
      all: { [STREAM]: [PAYLOAD], "4-scos-next": ["4.22.0-okd-scos.ec.3", "4.21.0-okd-scos.ec.9"] },
      accepted: { [STREAM]: [PAYLOAD], "4-scos-next": ["4.22.0-okd-scos.ec.3", "4.21.0-okd-scos.ec.9"] },
      latest: { [STREAM]: { name: PAYLOAD, pullSpec: `${known}:${PAYLOAD}`, phase: "Accepted" } },
      signatures: { [signature()]: await keys.sign(digest) },
    });
    const { url } = outside;
    const dry = {
      ...{ from: { stream: STREAM }, controller: `${url}/controller`, target: "4-scos-next" },
      repositories: {
        content: repository(REGISTRY.pods, "scos-content"),
        release: repository(REGISTRY.pods, "scos-release"),
      },
      signatures: { store: `${url}/store`, key: `${url}/key` },
      storage: { size: "100Mi" },
    };
    const tools = pushReleaseToolsImage(images.curl!, OC, folder, `${url}/arguments`);
    factory.settings({
      images: { node: pushNodeImage(REGISTRY.here, folder), "coreos-assembler": tools, "openshift-cli": tools },
      events: { enabled: true, replicas: 1 },
      releases: [
        { ...dry, name: "dry" },
        {
          ...{ ...dry, name: "next", schedule: { cron: "0 5 1 1 *" } },
          publish: {
            pushSecret: "push",
            signing: { secret: "signing", key: "release@example.org" },
            github: {
              ...{ repository: "okd-project/okd", app: "42", installation: "7", secret: "github-app" },
              api: `${url}/github`,
            },
            channel: { cluster: `${url}/cluster`, imageStream: "release-scos-next", secret: "prow" },
          },
        },
      ],
    });
    await factory.succeeds("up", "kind");
  });
  after(async () => {
    outside?.stop();
    if (!factory) return;
    await factory.succeeds("destroy", "kind");
    factory.close();
  });

  const kubectl = (...args: string[]) => factory.kubectl("-n", NAMESPACE, ...args);
  const signature = () => `${digest.replace(":", "=")}/signature-1`;
  async function tagsOf(name: string): Promise<string[]> {
    const answer = await fetch(`http://${REGISTRY.here}/v2/${PATH}/${name}/tags/list`);
    return answer.ok ? ((await answer.json()) as { tags: string[] }).tags.sort() : [];
  }
  const published = async () => ({
    images: await tagsOf("scos-release"),
    github: outside.releases.filter(({ draft }) => !draft).map(({ tag_name }) => tag_name),
    channel: outside.tags.map(({ name }) => name),
  });
  const NOTHING = { images: [], github: [], channel: [] };
  const release = (name: string) => factory.run("release", "kind", name);

  it("plans a release without any Secret, and publishes nothing", async () => {
    const { exitCode, text } = await release("dry");
    assert.equal(exitCode, 0, text);
    const [pod] = (await kubectl("get", "pods", "-l", "tekton.dev/pipelineTask=mirror", "-o", "name"))
      .trim()
      .split("\n");
    const log = await kubectl("logs", pod!, "--all-containers");
    assert.match(
      log,
      new RegExp(`would push ${REGISTRY.pods}/${PATH}/scos-release:${NAME}, updates to it from: 4\\.21`),
    );
    assert.deepEqual([await published(), await tagsOf("scos-content"), outside.changes], [NOTHING, [], []]);
  });

  it("publishes nothing without Secrets, and nothing that is wrongly signed", async () => {
    const secretless = await release("next");
    assert.equal(secretless.exitCode, 1);
    assert.match(secretless.text, /there is no Secret \S+ with key "/);
    await createSecrets();
    outside.signatures = { [signature()]: await keys.sign(digest, "stranger") };
    const wrong = await release("next");
    assert.equal(wrong.exitCode, 1);
    assert.match(wrong.text, /has no good signature in .*: it is not released/);
    assert.deepEqual([await published(), await tagsOf("scos-content"), outside.changes], [NOTHING, [], []]);
    outside.signatures = { [signature()]: await keys.sign(digest) };
  });

  it("publishes it when its time comes, by a signed event", async () => {
    const job = `okd-release-next-${Math.floor(Date.now() / 60_000)}`;
    await kubectl("create", "job", job, "--from=cronjob/okd-release-next");
    await kubectl("wait", "--for=condition=complete", `job/${job}`, "--timeout=5m");
    const [run, ...others] = (await kubectl("get", "pipelineruns", "-o", "name"))
      .split("\n")
      .filter((name) => name.includes("next-periodic-"));
    assert.deepEqual(others, []);
    await kubectl("wait", "--for=condition=Succeeded", run!, "--timeout=10m");

    assert.deepEqual(await published(), { images: [NAME], github: [NAME], channel: [NAME] });
    assert.deepEqual(
      await tagsOf("scos-content"),
      COMPONENTS.map((component) => `${NAME}-${component}`),
    );
    for (const component of COMPONENTS) {
      assert.match(outside.releases[0]!.body as string, new RegExp(`${component}\\s+\\S+@sha256:[0-9a-f]{64}`));
    }
    const downloads = fs.mkdtempSync(path.join(factory.home, "downloads-"));
    for (const [name, data] of Object.entries(outside.contents)) fs.writeFileSync(path.join(downloads, name), data);
    await keys.gpg(
      "release",
      "--verify",
      ...["sha256sum.txt.asc", "sha256sum.txt"].map((name) => path.join(downloads, name)),
    );
    execFileSync("sha256sum", ["--check", "--quiet", "sha256sum.txt"], { cwd: downloads });
  });

  it("changes nothing when it is made again, and when the same time comes again", async () => {
    outside.requests = [];
    const { exitCode, text } = await release("next");
    assert.equal(exitCode, 0, text);
    const runs = await kubectl("get", "pipelineruns", "-o", "name");
    const name = runs.split("\n").find((line) => line.includes("next-periodic-"))!;
    await send({ release: "next", id: name.split("okd-release-next-")[1]! });
    await send({ release: "next", id: "unsigned" }, false);
    await new Promise((next) => setTimeout(next, 3_000));
    assert.equal(await kubectl("get", "pipelineruns", "-o", "name"), runs);
    assert.deepEqual(outside.changes, []);
  });

  it("leaves no secret in logs, arguments of its tools, events, results, objects or state", async () => {
    const objects = "pods,events,configmaps,jobs,cronjobs,pipelineruns,taskruns,eventlisteners,triggers,deployments";
    const pods = (await kubectl("get", "pods", "-o", "name"))
      .trim()
      .split("\n")
      .filter((pod) => !pod.startsWith("pod/affinity-assistant-")); // which come and go with runs, and say nothing
    const logs: string[] = [];
    for (const pod of pods) logs.push(await kubectl("logs", pod, "--all-containers", "--prefix"));
    assert.match(logs.join("\n"), /pushed kind-registry/);
    for (const tool of [...WATCHED_TOOLS, "oc"]) {
      assert.match(outside.arguments, new RegExp(`^${tool} `, "m"), `arguments of ${tool} are watched`);
    }
    const files = execFileSync("grep", ["-rlF", "okd-release-next", path.join(factory.home, "data")], {
      encoding: "utf8",
    });
    const state = files
      .trim()
      .split("\n")
      .map((file) => fs.readFileSync(file, "utf8"));
    for (const text of [await kubectl("get", objects, "-o", "yaml"), outside.arguments, ...logs, ...state]) {
      assert.deepEqual(await secretsIn(text), []);
    }
  });

  async function createSecrets(): Promise<void> {
    const values = keys.secrets(`${REGISTRY.pods}/${PATH}`);
    const folder = fs.mkdtempSync(path.join(factory.home, "secrets-"));
    for (const [secret, key] of Object.entries({
      push: ".dockerconfigjson",
      signing: "private.key",
      "github-app": "githubapp-private-key",
      prow: "ci-prow-token",
    })) {
      fs.writeFileSync(path.join(folder, key), values[key]!);
      await kubectl("create", "secret", "generic", secret, `--from-file=${path.join(folder, key)}`);
    }
  }

  /** Beginnings of the secrets that a text holds. */
  async function secretsIn(text: string): Promise<string[]> {
    const all = [...keys.secretTexts, await eventKey()];
    return all.filter((secret) => text.includes(secret)).map((secret) => `${secret.slice(0, 8)}…`);
  }

  async function eventKey(): Promise<string> {
    const value = await kubectl("get", "secret", "event-signing-keys", "-o", "jsonpath={.data.keys}");
    return Buffer.from(value, "base64").toString().trim();
  }

  /** Tells the EventListener of a request, from this machine. */
  async function send(event: object, signed = true): Promise<void> {
    const address = await factory.forwardTo(NAMESPACE, "service/el-promotions", 8080);
    try {
      const body = JSON.stringify({ schema: 1, type: "promotion-requested", ...event });
      const headers = signed ? signEvent(body, await eventKey(), new Date()) : {};
      const response = await fetch(address, { method: "POST", body, headers });
      assert.equal(response.status, 202, "an EventListener says that of every event");
    } finally {
      factory.endForwards();
    }
  }
});

/** This machine's address as KinD's nodes and pods see it. */
function gateway(): string {
  const networks = JSON.parse(execFileSync("docker", ["network", "inspect", "kind"], { encoding: "utf8" })) as {
    IPAM: { Config: { Subnet: string; Gateway?: string }[] };
  }[];
  const address = networks[0]!.IPAM.Config.map(({ Gateway }) => Gateway).find((it) => it && !it.includes(":"));
  assert.ok(address, "network kind has a gateway");
  return address;
}
