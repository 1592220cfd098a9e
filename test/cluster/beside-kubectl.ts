import * as assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { readKubeconfig } from "../../components/clusters/kubeconfig";
import { type KubeObject, Refused } from "../../components/kubernetes/client";
import { connect } from "../../components/kubernetes/connection";
import { parseManifests } from "../../components/kubernetes/manifest";
import { readDocuments } from "../../components/kubernetes/yaml";

const CORPUS = path.join(__dirname, "../unit/kubernetes/yaml-corpus.json");

/** Kinds that the API server judges field by field, written as people write them. */
const AWKWARD = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: awkward
  labels: &labels {app: awkward, "on": "yes"}
spec:
  replicas: 0x2
  selector: {matchLabels: *labels}
  template:
    metadata: {labels: {<<: *labels, tier: cache}}
    spec:
      automountServiceAccountToken: no
      terminationGracePeriodSeconds: 0o17
      containers:
        - name: c
          image: registry.example.org:5000/x:1.30
          env: [{name: VERSION, value: "1.30"}, {name: EMPTY}]
          ports: [{containerPort: 6_379}]
          resources: {requests: {cpu: 1e-1, memory: 64Mi}}
          volumeMounts: [{name: v, mountPath: /v, readOnly: Yes}]
      volumes: [{name: v, secret: {secretName: s, defaultMode: 0440}}]
---
apiVersion: v1
kind: ConfigMapList
items:
  - {metadata: {name: of-a-list}, data: {date: "2026-01-05", "1.0": ~}}
---
{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "of-json"}, "automountServiceAccountToken": false}
`;

const execute = promisify(execFile);

/** @returns what it printed; undefined where it failed */
async function kubectl(args: string[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return execute("kubectl", args, { env, timeout: 60_000 }).then(
    ({ stdout }) => stdout,
    () => undefined,
  );
}

/** What the API server makes of objects has an identity and a time of its own each time. */
function comparable({ metadata, ...object }: KubeObject): unknown {
  const { uid, creationTimestamp, managedFields, resourceVersion, ...rest } = metadata;
  void [uid, creationTimestamp, managedFields, resourceVersion];
  return { ...object, metadata: rest };
}

/**
 * Sends awkward manifests by dry runs, by us and by kubectl.
 * @returns what the server made of each object of either, by kind and name
 */
export async function objectsSent(kubeconfig: string, scratch: string): Promise<Record<"ours" | "kubectls", object>> {
  const cases = JSON.parse(fs.readFileSync(CORPUS, "utf8")) as { text: string; objects?: { kind: string }[] }[];
  // The server has no definition of the corpus's other kinds.
  const builtIn = cases.filter(({ objects = [] }) => objects.length > 0 && objects.every((it) => it.kind !== "Thing"));
  const texts = [AWKWARD, ...builtIn.map(({ text }, index) => text.replaceAll("NAME", `case${index}`))];
  const folder = path.join(scratch, "manifests");
  fs.mkdirSync(folder);
  texts.forEach((text, index) => fs.writeFileSync(path.join(folder, `${index}.yaml`), text));
  const label = ({ kind, metadata }: KubeObject) => `${kind} ${String(metadata.name)}`;
  const entries = (objects: KubeObject[]) => Object.fromEntries(objects.map((it) => [label(it), comparable(it)]));

  const client = await connect(await readKubeconfig(kubeconfig));
  const ours: KubeObject[] = [];
  for (const object of texts.flatMap((text, index) => parseManifests(text, `${index}.yaml`))) {
    const made = await client
      .create(object as KubeObject, { fieldManager: "kubectl-create", dryRun: true })
      .catch((error: unknown) => {
        if (error instanceof Refused && [400, 422].includes(error.code)) return undefined;
        throw error;
      });
    if (made) ours.push(made);
  }
  const args = ["create", "--dry-run=server", "--validate=ignore", "--output", "json", "--filename", folder];
  // It goes on behind what the server refuses, and fails in the end.
  const said = await execute("kubectl", ["--kubeconfig", kubeconfig, ...args]).catch((error: unknown) => error);
  const { stdout } = said as { stdout: string };
  const theirs = readDocuments(stdout, "kubectl").map(({ value }) => value as KubeObject);
  return { ours: entries(ours), kubectls: entries(theirs) };
}

interface WhoAmI {
  status: { userInfo: { username: string } };
}

/**
 * Asks by awkward kubeconfigs of one cluster who asks there, and which it is.
 * @returns by what is awkward: as we are answered, and as kubectl is
 */
export async function clustersAsked(file: string, scratch: string): Promise<Record<"ours" | "kubectls", object>> {
  const folder = path.join(scratch, "kubeconfigs");
  fs.mkdirSync(folder);
  const { clusters, users } = readDocuments(fs.readFileSync(file, "utf8"), file)[0]!.value as {
    clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
    users: { user: Record<"client-certificate-data" | "client-key-data", string> }[];
  };
  const [{ cluster }, { user }] = [clusters[0]!, users[0]!];
  const write = (name: string, text: string, mode = 0o600) => fs.writeFileSync(path.join(folder, name), text, { mode });
  const decoded = (data: string) => Buffer.from(data, "base64").toString();
  write("ca.pem", decoded(cluster["certificate-authority-data"]));
  write("me.pem", decoded(user["client-certificate-data"]));
  write("me.key", decoded(user["client-key-data"]));
  const environment = { PATH: process.env.PATH, HOME: folder };
  const token = (await kubectl(["--kubeconfig", file, "create", "token", "default"], environment))!.trim();
  write("token", token);
  const credential = { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: { token } };
  write("plugin", `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`, 0o700);
  const config = (of: object, by: object, name = "c") =>
    stringify({
      ...{ apiVersion: "v1", kind: "Config", "current-context": name },
      contexts: [{ name, context: { cluster: name, user: name } }],
      ...{ clusters: [{ name, cluster: of }], users: [{ name, user: by }] },
    });
  const trusted = { server: cluster.server, "certificate-authority": "ca.pem" };
  const apiVersion = "client.authentication.k8s.io/v1";
  const exec = { apiVersion, command: "./plugin", interactiveMode: "Never", provideClusterInfo: true };
  const me = { "client-certificate": "me.pem", "client-key": "me.key" };

  const proxy = spawn("kubectl", ["--kubeconfig", file, "proxy", "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const address = await new Promise<string>((found, failed) => {
      proxy.on("error", failed).on("close", failed);
      proxy.stdout.on("data", (text: Buffer) => found(/127\.0\.0\.1:\d+/.exec(text.toString())![0]));
    });
    write("elsewhere", config({ server: "https://127.0.0.1:1" }, {}, "d"));
    const cases: Record<string, string> = {
      "files beside the kubeconfig": config(trusted, me),
      "a token's file": config(trusted, { tokenFile: "token" }),
      "a plugin beside the kubeconfig": config(trusted, { exec }),
      "another's name": config(trusted, { ...me, as: "system:serviceaccount:default:default" }),
      "another name of the server": config({ ...trusted, "tls-server-name": "kubernetes.default" }, me),
      "no check of its certificate": config({ server: cluster.server, "insecure-skip-tls-verify": true }, me),
      "a proxy of kubectl's": config({ server: `http://${address}` }, { token: "ignored" }),
    };
    const [ours, kubectls]: Record<string, unknown>[] = [{}, {}];
    const ask = async (what: string, files: string | string[], args: string[], env: NodeJS.ProcessEnv) => {
      const client = await connect(await readKubeconfig(files));
      const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
      const review = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
      const who = (await client.request("POST", review, { body })) as WhoAmI;
      ours![what] = who.status.userInfo.username;
      const said = await kubectl([...args, "auth", "whoami", "--output", "json"], { ...environment, ...env });
      kubectls![what] = said && (JSON.parse(said) as WhoAmI).status.userInfo.username;
    };
    for (const [what, text] of Object.entries(cases)) {
      write("config", text);
      await ask(what, path.join(folder, "config"), ["--kubeconfig", path.join(folder, "config")], {});
    }
    write("config", cases["files beside the kubeconfig"]!);
    const list = ["gone", "config", "elsewhere"].map((name) => path.join(folder, name));
    await ask("a list with gaps", list, [], { KUBECONFIG: `:${list.join("::")}:` });
    return { ours: ours!, kubectls: kubectls! };
  } finally {
    proxy.removeAllListeners("close").kill();
  }
}

/** Fails where they differ, and where there was little to compare. */
export function assertSame({ ours, kubectls }: Record<"ours" | "kubectls", object>, atLeast: number): void {
  assert.deepEqual(ours, kubectls);
  assert.ok(Object.keys(ours).length >= atLeast, `${Object.keys(ours).length} were compared`);
}
