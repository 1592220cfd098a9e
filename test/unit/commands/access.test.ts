import assert from "node:assert/strict";
import { look } from "../../../stacks/commands/access";
import { renderAccess } from "../../../stacks/commands/access-text";
import { requireLastWorker } from "../../../stacks/commands/give-back";
import type { Outputs } from "../../../stacks/commands/outcome";

describe("access to a stack", () => {
  const installed = { mode: "installed" } as Outputs["platform"]["argoCd"];
  const dns = [{ name: "api.moc.example.org", address: "203.0.113.5" }];
  const cluster = (answers: Record<string, unknown>) => ({
    request: (_method: string, path: string) =>
      path in answers ? Promise.resolve(answers[path]) : Promise.reject(new Error("no such thing")),
  });
  const ARGO_CD = "/api/v1/namespaces/argocd/secrets/argocd-initial-admin-secret";
  const CONSOLE = "/apis/route.openshift.io/v1/namespaces/openshift-console/routes/console";
  const outputs = (more: Partial<Outputs>) => more as Outputs;

  it("of OKD is its console with kubeadmin's password, to a terminal", async () => {
    const answers = { [CONSOLE]: { spec: { host: "console-openshift-console.apps.moc.example.org" } } };
    const found = await look(cluster(answers), outputs({ dns, kubeadminPassword: "s3cret" }));
    const access = { stack: "moc", kubeconfig: "/home/me/moc.yaml", ...found };
    assert.deepEqual(renderAccess(access, { terminal: true }), [
      "Stack moc",
      "  kubeconfig    export KUBECONFIG=/home/me/moc.yaml",
      "  DNS           api.moc.example.org A 203.0.113.5",
      "  console       https://console-openshift-console.apps.moc.example.org as kubeadmin",
      "                password: s3cret",
    ]);
  });

  it("of KinD is Argo CD and the Dashboard", async () => {
    const platform = { argoCd: installed, tektonDashboard: installed } as Outputs["platform"];
    const answers = { [ARGO_CD]: { data: { password: Buffer.from("hidden").toString("base64") } } };
    const found = await look(cluster(answers), outputs({ platform }));
    const lines = renderAccess({ stack: "kind", kubeconfig: "k.yaml", ...found }, { terminal: true });
    assert.ok(lines.some((line) => /svc\/argocd-server 8080:443, then https:\/\/localhost:8080 as admin$/.test(line)));
    assert.ok(lines.includes("                password: hidden"));
    assert.ok(lines.some((line) => /tekton-dashboard 9097/.test(line)));
  });

  it("never gives a password to anything but a terminal", async () => {
    const answers = {
      [CONSOLE]: { spec: { host: "console" } },
      [ARGO_CD]: { data: { password: Buffer.from("hidden").toString("base64") } },
    };
    const platform = { argoCd: installed } as Outputs["platform"];
    const found = await look(cluster(answers), outputs({ platform, kubeadminPassword: "s3cret" }));
    const text = renderAccess({ stack: "moc", kubeconfig: "k.yaml", ...found }, { terminal: false }).join("\n");
    assert.doesNotMatch(text, /s3cret|hidden/);
    assert.equal(text.match(/shown to a terminal only/g)?.length, 2);
  });

  it("leaves out what the cluster does not say", async () => {
    const found = await look(cluster({}), outputs({ kubeadminPassword: "s3cret" }));
    const lines = renderAccess({ stack: "moc", kubeconfig: "k.yaml", ...found }, { terminal: true });
    assert.deepEqual(lines, ["Stack moc", "  kubeconfig    export KUBECONFIG=k.yaml"]);
  });

  it("is lines of a hosts file where there is no DNS", async () => {
    const found = await look(cluster({}), outputs({ dns, hosts: ["203.0.113.5 api.moc.example.org"] }));
    const lines = renderAccess({ stack: "moc", kubeconfig: "k.yaml", ...found }, { terminal: true });
    assert.equal(lines.at(-1), "  /etc/hosts    203.0.113.5 api.moc.example.org");
  });
});

describe("a node that is given back", () => {
  const nodes = ["control-plane-0", "control-plane-1", "control-plane-2", "worker-0", "worker-1"];

  it("is the last worker", () => requireLastWorker("moc", "worker-1", nodes));

  const refused: [node: string, nodes: string[], sentence: RegExp][] = [
    ["worker-0", nodes, /^worker-0 is not the last worker of stack moc: .* give worker-1 back first\.$/],
    ["control-plane-2", nodes, /^control-plane-2 is a control plane of stack moc, and its etcd would lose a member/],
    ["control-plane-0", nodes.slice(0, 3), /^control-plane-0 is a control plane of stack moc/],
    ["worker-7", nodes, /^Stack moc has no node worker-7, it has control-plane-0, .*worker-1\.$/],
  ];
  for (const [node, there, sentence] of refused) {
    it(`is not ${node} of ${String(there.length)}`, () => {
      assert.throws(() => requireLastWorker("moc", node, there), { message: sentence, exitCode: 2 });
    });
  }
});
