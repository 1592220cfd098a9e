import assert from "node:assert/strict";
import { CommanderError } from "commander";
import { UserError } from "../../../components/errors";
import { clusterSettings } from "../../../stacks/clusters/kinds";
import { planLines } from "../../../stacks/commands/begin/plan";
import { failureOf, Interrupted } from "../../../stacks/commands/failure";
import { renderOutcome, type Outputs } from "../../../stacks/commands/outcome";
import { findObstacles } from "../../../stacks/commands/preflight";
import { loadConfiguration } from "../../../stacks/configuration/load";
import { PROJECT_FOLDER } from "../../../stacks/environment";
import { decide } from "../../../stacks/tools/decide";
import type { Facts } from "../../../stacks/tools/facts";
import { complete } from "../tools/facts";

describe("a command that fails", () => {
  const cases: [string, unknown, ReturnType<typeof failureOf>][] = [
    [
      "a mistake of the user",
      new UserError("No stack is called x.", 2),
      { sentence: "No stack is called x.", exitCode: 2 },
    ],
    ["a missing prerequisite", new UserError("No Docker.", 3), { sentence: "No Docker.", exitCode: 3 }],
    ["^C", new Interrupted(), { sentence: "Interrupted: the same command again goes on from here.", exitCode: 1 }],
    [
      "wrong usage, which commander has explained",
      new CommanderError(1, "commander.unknownOption", "x"),
      { exitCode: 2 },
    ],
    ["help", new CommanderError(0, "commander.helpDisplayed", "x"), { exitCode: 0 }],
    ["words that were thrown", "lost", { sentence: "Unexpected: lost", exitCode: 1 }],
  ];
  for (const [title, error, expected] of cases) {
    it(`ends in one sentence after ${title}`, () => {
      const { sentence, exitCode } = failureOf(error);
      assert.deepEqual({ ...(sentence && { sentence }), exitCode }, expected);
    });
  }

  const system = (code: string, syscall: string, path?: string) =>
    Object.assign(new Error(`${code}: ${syscall}`), { code, syscall, ...(path && { path }) });
  const elsewhere = "set HOME, or XDG_CACHE_HOME, XDG_DATA_HOME and XDG_CONFIG_HOME, to folders that can be written to";
  const machines: [Error, string][] = [
    [
      system("ENOSPC", "write", "/h/x"),
      "No space is left on the disk for /h/x: free some and run the same command again.",
    ],
    [system("ENOSPC", "write"), "No space is left on the disk: free some and run the same command again."],
    [
      system("EDQUOT", "open", "/h/x"),
      "This user's quota of the disk is used up for /h/x: free some space and run the same command again.",
    ],
    [system("EROFS", "open", "/h/x"), `The disk is read-only for /h/x: ${elsewhere}.`],
    [
      system("EACCES", "open", "/h/it's x"),
      `This user may not open /h/it's x: look with ls -ld '/h/it'\\''s x', or ${elsewhere}.`,
    ],
    [system("ENOTDIR", "mkdir", "/dev/null/x"), `/dev/null/x cannot be used (ENOTDIR): ${elsewhere}.`],
    [system("EMFILE", "open"), "Too many files are open: ulimit -n 4096, then the same command again."],
  ];
  for (const [error, sentence] of machines) {
    it(`ends in one sentence after what the machine refuses: ${error.message}`, () => {
      assert.deepEqual(failureOf(error), { sentence, exitCode: 1 });
    });
  }

  it("takes a file that is not there for its own mistake", () => {
    assert.equal(failureOf(system("ENOENT", "open", "/h/x")).sentence, "Unexpected: ENOENT: open");
  });

  it("keeps a stack trace for the log", () => {
    const { sentence, detail } = failureOf(new Error("broken\nin many lines"));
    assert.equal(sentence, "Unexpected: broken");
    assert.match(detail!, /sentences\.test\.ts/);
  });
});

describe("what stands in the way of a stack", () => {
  const kind = { cluster: clusterSettings.parse({ type: "kind" }) };
  const existing = { cluster: clusterSettings.parse({ type: "existing" }) };

  it("is nothing on a complete machine", () => {
    assert.deepEqual(findObstacles(complete, kind), []);
    assert.deepEqual(findObstacles(complete, existing), []);
  });

  it("differs between a cluster of ours and one that exists", () => {
    const bare: Facts = { ...complete, engine: undefined, kind: undefined, pulumi: undefined };
    assert.deepEqual(findObstacles(bare, kind), [
      "container engine: no Docker and no Podman (apt-get install docker.io, or https://docs.docker.com/engine/install)",
      "there is no kind (npm start gets it, or https://kind.sigs.k8s.io)",
      "there is no Pulumi (npm start gets it, or https://www.pulumi.com/docs/iac/download-install)",
    ]);
    assert.deepEqual(findObstacles(bare, existing), [
      "there is no Pulumi (npm start gets it, or https://www.pulumi.com/docs/iac/download-install)",
    ]);
  });

  it("is Pulumi on a cloud too, in words, and no container engine", () => {
    const lacks = findObstacles(
      { ...complete, engine: undefined, kind: undefined, pulumi: undefined },
      {
        cluster: loadConfiguration(PROJECT_FOLDER, "moc").cluster,
      },
    );
    assert.ok(
      lacks.includes("there is no Pulumi (npm start gets it, or https://www.pulumi.com/docs/iac/download-install)"),
    );
    assert.ok(!/none|container engine|kind/.test(lacks.join()), lacks.join());
  });

  it("is the stand-in plugin for every stack but kind", () => {
    const facts: Facts = { ...complete, kubernetesPlugin: { path: "/lab/plugin", standIn: true } };
    assert.deepEqual(findObstacles(facts, kind), []);
    assert.deepEqual(findObstacles(facts, existing), [
      "the published Kubernetes plugin is needed, as the stand-in /lab/plugin serves stack kind only (take it off PATH)",
    ]);
  });
});

describe("what npm start says beforehand", () => {
  const hosts = (reachable: boolean) => [{ url: "https://github.com", serves: "kind", reachable }];
  const lines = (facts: Facts) => planLines(decide(facts, "/lab", { terminal: false, yes: false }), facts, "/cache");

  it("names what is fetched, from where, and where it is put", () => {
    assert.deepEqual(lines({ ...complete, hosts: hosts(true), kind: undefined, pulumi: undefined }), [
      "kind v0.33.0 is fetched from github.com, checked against its pinned checksum, and put into /cache/bin.",
      "Pulumi 3.248.0 is fetched from get.pulumi.com, checked against the checksum that is published there, and put into /cache/bin.",
      "Pulumi's Kubernetes plugin is fetched from github.com, or else get.pulumi.com, by Pulumi and put into /cache/pulumi.",
    ]);
  });

  it("names the hosts of builds that do not answer", () => {
    const buildHosts = [
      { url: "https://quay.io/v2/", serves: "bases and builders", reachable: true },
      { url: "https://mirror.stream.centos.org/", serves: "packages", reachable: false },
    ];
    assert.deepEqual(lines({ ...complete, hosts: hosts(true), buildHosts }).slice(-2), [
      "Builds will not get what they need: no answer from mirror.stream.centos.org (packages).",
      "Everything that is needed is here.",
    ]);
  });

  it("names how long a build from package registries takes, and what it adds", () => {
    assert.deepEqual(lines({ ...complete, hosts: hosts(false), engine: undefined, missingPackages: ["docker.io"] }), [
      "No answer from github.com (kind): everything comes from package registries (Debian, Go, npm) instead.",
      "Debian packages are added: docker.io.",
      "Tools and images are built in /lab: about half an hour and 15 GB, once.",
      "dockerd is started (npm run lab -- engine stop ends it).",
    ]);
  });

  it("names the offline folder", () => {
    const offline = { folder: "/offline", missing: [] };
    const kubernetesPlugin = { path: "/offline/bin/pulumi-resource-kubernetes", standIn: true };
    assert.deepEqual(lines({ ...complete, offline, kubernetesPlugin }), [
      "Tools, manifests and images come from /offline; nothing is downloaded.",
      "Everything that is needed is here.",
    ]);
  });

  it("names what is missing where nothing can be done", () => {
    assert.deepEqual(lines({ ...complete, hosts: hosts(true), engine: { name: "podman", running: false } }), [
      "Missing: container engine: podman does not answer; start it.",
    ]);
  });
});

describe("what a deployed stack says", () => {
  const outputs: Outputs = {
    kubeconfig: "a secret",
    platform: {
      tektonPipelines: { mode: "installed", version: "1.15.0" },
      tektonTriggers: { mode: "used", version: "0.37.0" },
      argoCd: { mode: "installed", version: "3.6.0" },
      tektonDashboard: { mode: "none" },
      storage: { mode: "none" },
    },
    registry: { address: "kind-registry:5000", pullAddress: "localhost:5001", insecure: true },
    namespace: "okd-coreos",
    streams: [
      { version: "4.20", recipe: "base-node", plan: ["SCOS 4.20: built on amd64: base image"], runs: [{}] },
    ] as unknown as Outputs["streams"],
  };

  it("is what to open and run next, and no secret", () => {
    const lines = renderOutcome("kind", "/k/kind.yaml", outputs);
    assert.deepEqual(lines, [
      "Stack kind",
      "  platform      Tekton Pipelines 1.15.0 (installed)",
      "                Tekton Triggers 0.37.0 (used)",
      "                Argo CD 3.6.0 (installed)",
      "  registry      kind-registry:5000 for pods, localhost:5001 from here",
      "  kubeconfig    /k/kind.yaml (export KUBECONFIG=/k/kind.yaml)",
      "  Argo CD       kubectl --kubeconfig /k/kind.yaml -n argocd port-forward svc/argocd-server 8080:443, then https://localhost:8080 as admin",
      "                its password: kubectl --kubeconfig /k/kind.yaml -n argocd get secret argocd-initial-admin-secret -o jsonpath='{.data.password}' | base64 --decode",
      "  stream 4.20   SCOS 4.20: built on amd64: base image",
      "  build         npm run build -- kind",
      "  follow        tkn pipelinerun logs --last -f -n okd-coreos (the build command follows by itself)",
    ]);
    assert.ok(!lines.join("\n").includes(outputs.kubeconfig));
  });

  it("is also how to send an event, to look at builds and to see a change, where builds begin by events", () => {
    const [stream] = outputs.streams;
    const lines = renderOutcome("kind", "/k/kind.yaml", {
      ...outputs,
      streams: [{ ...stream!, cronJob: "build-4-20" }],
    });
    assert.deepEqual(lines.slice(-4), [
      "Next, within a minute each:",
      "  send event    kubectl --kubeconfig /k/kind.yaml -n okd-coreos create job --from=cronjob/build-4-20 now-$(date +%s)",
      "  see builds    npm run status -- kind --open (in the browser; for the terminal, npm run builds -- kind)",
      "  see change    npm run preview -- kind --against HEAD (what you changed since the last commit)",
    ]);
  });

  it("can be pasted where a path has blanks and apostrophes, as on macOS", () => {
    const file = "/Users/o'neill/Library/Application Support/kind.yaml";
    const lines = renderOutcome("kind", file, outputs).join("\n");
    const quoted = "'/Users/o'\\''neill/Library/Application Support/kind.yaml'";
    assert.ok(lines.includes(`(export KUBECONFIG=${quoted})`));
    assert.ok(lines.includes(`kubectl --kubeconfig ${quoted} -n argocd`));
    assert.ok(!/--kubeconfig \/Users/.test(lines));
  });

  it("has the end of leased nodes, and the records that its user makes", () => {
    const lines = renderOutcome("moc", "/k/moc.yaml", {
      ...outputs,
      nodes: [{ name: "control-plane-0", machine: "r4u25", until: "2026-11-27T08:00:00" }],
      dns: [
        { name: "api.moc.example.org", address: "203.0.113.5" },
        { name: "*.apps.moc.example.org", address: "203.0.113.6" },
      ],
    });
    assert.deepEqual(lines.slice(1, 4), [
      "  nodes         control-plane-0 is r4u25 until 2026-11-27T08:00:00 UTC",
      "  DNS           api.moc.example.org A 203.0.113.5",
      "                *.apps.moc.example.org A 203.0.113.6",
    ]);
  });
});
