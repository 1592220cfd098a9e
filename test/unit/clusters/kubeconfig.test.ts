import * as assert from "node:assert/strict";
import { parse, stringify } from "yaml";
import { isolateContext, readKubeconfig } from "../../../components/clusters/kubeconfig";

const kubeconfig = {
  apiVersion: "v1",
  kind: "Config",
  "current-context": "one",
  contexts: [
    { name: "one", context: { cluster: "near", user: "me", namespace: "mine" } },
    { name: "two", context: { cluster: "far", user: "you" } },
    { name: "broken", context: { cluster: "gone", user: "me" } },
  ],
  clusters: [
    { name: "near", cluster: { server: "https://near:6443", "certificate-authority": "certs/ca.pem" } },
    { name: "far", cluster: { server: "https://far:6443", "certificate-authority-data": "QQ==" } },
  ],
  users: [
    { name: "me", user: { "client-certificate": "/abs/me.pem", "client-key": "me.key", tokenFile: "../token" } },
    {
      name: "you",
      user: { exec: { apiVersion: "client.authentication.k8s.io/v1", command: "bin/login", args: ["x"] } },
    },
  ],
};
const text = stringify(kubeconfig);
const isolate = (context?: string, source = text) => isolateContext(source, "/home/me/.kube/config", context);

describe("isolateContext", () => {
  it("keeps the current context alone, and the files that it names by absolute paths", () => {
    assert.deepEqual(parse(isolate()), {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "one",
      contexts: [{ name: "one", context: { cluster: "near", user: "me", namespace: "mine" } }],
      clusters: [
        {
          name: "near",
          cluster: { server: "https://near:6443", "certificate-authority": "/home/me/.kube/certs/ca.pem" },
        },
      ],
      users: [
        {
          name: "me",
          user: {
            "client-certificate": "/abs/me.pem",
            "client-key": "/home/me/.kube/me.key",
            tokenFile: "/home/me/token",
          },
        },
      ],
    });
  });

  it("keeps another context alone", () => {
    assert.deepEqual(parse(isolate("two")), {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "two",
      contexts: [{ name: "two", context: { cluster: "far", user: "you" } }],
      clusters: [{ name: "far", cluster: { server: "https://far:6443", "certificate-authority-data": "QQ==" } }],
      users: [
        {
          name: "you",
          user: {
            exec: {
              apiVersion: "client.authentication.k8s.io/v1",
              command: "/home/me/.kube/bin/login",
              args: ["x"],
            },
          },
        },
      ],
    });
  });

  it("leaves a command that is looked up on PATH", () => {
    const source = text.replace("bin/login", "login");
    const [{ user }] = (parse(isolate("two", source)) as { users: [{ user: { exec: { command: string } } }] }).users;
    assert.equal(user.exec.command, "login");
  });

  const FILE = "/home/me/.kube/config";
  const refused: [what: string, context: string | undefined, source: string, message: string][] = [
    [
      "a context that is not there",
      "three",
      text,
      `cluster.context is three, which ${FILE} does not have: its contexts are one, two, broken.`,
    ],
    [
      "a current context that is not there",
      undefined,
      text.replace("current-context: one", "current-context: old"),
      `the current context is old, which ${FILE} does not have: its contexts are one, two, broken.`,
    ],
    [
      "no context at all",
      undefined,
      text.replace("current-context: one", 'current-context: ""'),
      `cluster.context is not set and ${FILE} has no current context: its contexts are one, two, broken.`,
    ],
    [
      "a context without its cluster",
      "broken",
      text,
      `Context broken of ${FILE} names clusters entry gone, which is not there.`,
    ],
    ["an empty file", undefined, "", `cluster.kubeconfig: ${FILE} is not a kubeconfig: it has no contexts.`],
    [
      "broken YAML",
      undefined,
      "\na: b: c",
      `cluster.kubeconfig: ${FILE} is not a kubeconfig: line 2: Nested mappings are not allowed in compact mappings.`,
    ],
    [
      "a kubeconfig without contexts",
      undefined,
      "contexts: null",
      `cluster.context is not set and ${FILE} has no current context: its contexts are none.`,
    ],
  ];
  for (const [what, context, source, message] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => isolate(context, source), { name: "UserError", message });
    });
  }
});

describe("readKubeconfig", () => {
  it("names a file that is not there", async () => {
    await assert.rejects(readKubeconfig("/not/there"), {
      name: "UserError",
      message: "cluster.kubeconfig: /not/there cannot be read (ENOENT): name the kubeconfig of your cluster.",
    });
  });
});
