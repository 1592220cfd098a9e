import assert from "node:assert/strict";
import { sentence, SmallProject, STREAM } from "./small-project";

describe("a mistake in a stack's configuration", () => {
  let project: SmallProject;
  before(() => (project = new SmallProject()));
  after(() => project.remove());

  describe("a mistake ends in one sentence:", () => {
    const kind = "okd-streams:cluster: { type: kind }";
    const streams = (more: string) => `${kind}\n  okd-streams:streams:${STREAM}${more}`;
    const cases: [what: string, config: string, sentence: string][] = [
      ["no cluster", "okd-streams:rehearsal: true", "okd-streams:cluster is missing, it must be a map."],
      [
        "unknown type of cluster",
        "okd-streams:cluster: { type: knd }",
        'okd-streams:cluster.type is "knd", but must be kind, existing or moc, did you mean kind?',
      ],
      [
        "cluster without type",
        "okd-streams:cluster: { workers: 1 }",
        "okd-streams:cluster.type is missing, it must be kind, existing or moc.",
      ],
      ["unknown key", `${kind}\n  okd-streams:stream: []`, "okd-streams:stream is no known key, did you mean streams?"],
      [
        "key without the project's name",
        `${kind}\n  rehearsal: true`,
        "rehearsal is no known key, known are okd-streams:cluster, okd-streams:platform, okd-streams:streams, okd-streams:layers, okd-streams:releases, okd-streams:payloads, okd-streams:operators, okd-streams:certifications, okd-streams:upgradeTests, okd-streams:images, okd-streams:imageMirror, okd-streams:kvm, okd-streams:push, okd-streams:s3, okd-streams:matrix, okd-streams:events, okd-streams:keep, okd-streams:builds, okd-streams:delivery, okd-streams:rehearsal, okd-streams:secrets, okd-streams:backend, okd-streams:confirmLocalBackend or okd-streams:secretsProvider.",
      ],
      [
        "unknown key inside",
        "okd-streams:cluster: { type: kind, worker: 2 }",
        "okd-streams:cluster.worker is no known key, did you mean workers?",
      ],
      [
        "key of another type of cluster",
        "okd-streams:cluster: { type: existing, workers: 2 }",
        "okd-streams:cluster.workers is no known key, known are type, kubeconfig, context, architectures, kvm or storageClass.",
      ],
      [
        "text for a number",
        "okd-streams:cluster: { type: kind, workers: three }",
        'okd-streams:cluster.workers is "three", but must be a number.',
      ],
      [
        "half a number",
        "okd-streams:cluster: { type: kind, workers: 1.5 }",
        "okd-streams:cluster.workers is the number 1.5, but must be a whole number.",
      ],
      [
        "too many",
        "okd-streams:cluster: { type: kind, workers: 50 }",
        "okd-streams:cluster.workers is the number 50, but must be at most 20.",
      ],
      [
        "wrong value",
        `${kind}\n  okd-streams:platform: { argoCd: { mode: instal } }`,
        'okd-streams:platform.argoCd.mode is "instal", but must be install, use, auto or none, did you mean install?',
      ],
      [
        "list for a map",
        `${kind}\n  okd-streams:platform: []`,
        "okd-streams:platform is an empty list, but must be a map.",
      ],
      ["empty value", `${kind}\n  okd-streams:streams:`, "okd-streams:streams is empty, but must be a list."],
      [
        "unquoted version",
        streams("").replace('"4.20"', "4.20"),
        'okd-streams:streams[0].version is the number 4.2, not a version: write it in quotes, "4.20".',
      ],
      [
        "missing key",
        streams("\n    - version: '4.21'\n      variant: c9s"),
        "okd-streams:streams[1].node is missing, it must be a map.",
      ],
      ["version twice", streams(STREAM), 'okd-streams:streams[1].version is "4.20" again, as in streams[0].'],
      [
        "both sources of RPMs",
        streams("\n      rpmsFrom: { image: a/b:c, secret: d }"),
        "okd-streams:streams[0].rpmsFrom is a map, but must be exactly one of build, image and secret.",
      ],
      [
        "no source of RPMs",
        streams("\n      rpmsFrom: {}"),
        "okd-streams:streams[0].rpmsFrom is a map, but must be exactly one of build, image and secret.",
      ],
      [
        "one-stage for a new version",
        streams("\n      recipe: one-stage"),
        'okd-streams:streams[0].recipe is "one-stage", but version 4.20 is built by base-node (base-node from 4.19 on, one-stage before).',
      ],
      [
        "base-node for an old version",
        streams("\n      recipe: base-node").replace('"4.20"', '"4.18"'),
        'okd-streams:streams[0].recipe is "base-node", but version 4.18 is built by one-stage (base-node from 4.19 on, one-stage before).',
      ],
      [
        "streams without Tekton",
        `${streams("")}\n  okd-streams:platform: { tektonPipelines: { mode: none } }`,
        "okd-streams:platform.tektonPipelines.mode is none, but streams, layers, releases, payloads, operators and tests run on it: install or use it, or leave all empty.",
      ],
      [
        "events without Triggers",
        `${kind}\n  okd-streams:platform: { tektonTriggers: { mode: none } }\n  okd-streams:events: { enabled: true }`,
        "okd-streams:events.enabled is true, but platform.tektonPipelines or platform.tektonTriggers is none: events need both.",
      ],
      [
        "base-node without a base",
        streams("").replace(/\n.*base: .*/, ""),
        "okd-streams:streams[0].base is missing, version 4.20 is layered on a base: name its repository and branch.",
      ],
      [
        "credentials in a URL, not repeated",
        streams("").replace("https://example.org/node", "https://me:hunter2@example.org/node"),
        'okd-streams:streams[0].node.repository is "https://***@example.org/node", but must be what git clone takes: a URL without credentials, or a path.',
      ],
      [
        "option instead of a branch",
        streams("").replace("branch: main", "branch: --upload-pack=x"),
        'okd-streams:streams[0].base.branch is "--upload-pack=x", but must be the name of a branch.',
      ],
      ...["99 99 99 Foo x", "61 25 * * *"].map((schedule): [string, string, string] => [
        `schedule of no time, ${schedule}`,
        streams(`\n      schedule: "${schedule}"`),
        `okd-streams:streams[0].schedule is "${schedule}", but must be a cron expression as Kubernetes takes it: minute, hour, day of the month, month and day of the week (0 to 6), as in "0 5 * * 1", or a name such as @daily.`,
      ]),
      [
        "schedule of a day that never comes",
        streams('\n      schedule: "0 5 31 2 *"'),
        'okd-streams:streams[0].schedule is "0 5 31 2 *", but must be a cron expression of a day that comes: this one never does.',
      ],
      [
        "secret in clear, not repeated",
        `${kind}\n  okd-streams:secrets: { matrix: { token: hunter2 } }`,
        'okd-streams:secrets.matrix.token is not encrypted: set it with "pulumi config set --secret --path".',
      ],
      [
        "encrypted value elsewhere",
        `${kind}\n  okd-streams:imageMirror: { secure: v1:abc }`,
        "okd-streams:imageMirror is encrypted, but must be text.",
      ],
      [
        "external registry without address",
        `${kind}\n  okd-streams:platform: { registry: { mode: external } }`,
        "okd-streams:platform.registry.address is missing, an external registry needs its host and port.",
      ],
      [
        "name that makes names of nodes too long",
        `okd-streams:cluster: { type: kind, name: ${"a".repeat(57)} }`,
        `okd-streams:cluster.name is "${"a".repeat(57)}", but must be at most 49 characters.`,
      ],
      [
        "port of the registry",
        "okd-streams:cluster: { type: kind, ports: [{ host: 5001, container: 80 }] }",
        "okd-streams:cluster.ports[0].host is 5001, where the registry is (cluster.registryPort).",
      ],
      [
        "folder of nodes that two folders are mounted at",
        "okd-streams:cluster: { type: kind, mounts: [{ hostPath: /a, containerPath: /x }, { hostPath: /b, containerPath: /x }] }",
        "okd-streams:cluster.mounts[1].containerPath is /x again, as in cluster.mounts[0].",
      ],
      [
        "port twice",
        "okd-streams:cluster: { type: kind, ports: [{ host: 80, container: 80 }, { host: 80, container: 81 }] }",
        "okd-streams:cluster.ports[1].host is 80 again, as in cluster.ports[0].",
      ],
      [
        "several: the first of the file, and how many more",
        'okd-streams:rehearsal: "yes"\n  okd-streams:cluster: { type: kind, workers: three, nodes: 2 }',
        'okd-streams:rehearsal is "yes", but must be true or false (and 2 more).',
      ],
    ];
    for (const [what, config, expected] of cases) {
      it(what, () =>
        assert.equal(
          sentence(() => project.load(config)),
          `stacks/Pulumi.try.yaml: ${expected}`,
        ),
      );
    }

    it("YAML that unfolds without end", () => {
      const levels = Array.from(
        { length: 9 },
        (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join(", ")}]`,
      );
      assert.equal(
        sentence(() => project.loadText(`a0: &a0 x\n${levels.join("\n")}\n`)),
        "stacks/Pulumi.try.yaml cannot be read: Excessive alias count indicates a resource exhaustion attack.",
      );
    });

    it("unknown key of the file itself", () => {
      assert.equal(
        sentence(() => project.loadText("confg: {}")),
        "stacks/Pulumi.try.yaml: confg is no known key, did you mean config?",
      );
    });

    it("a list where the file's settings should be", () => {
      assert.equal(
        sentence(() => project.loadText("config: []")),
        "stacks/Pulumi.try.yaml: config must be a map of settings.",
      );
    });
  });

  describe("YAML that readers disagree on ends in one sentence with its line:", () => {
    const cases: [what: string, text: string, sentence: string][] = [
      [
        "a key twice",
        "config:\n  okd-streams:kvm: none\n  okd-streams:kvm: auto\n",
        "line 3: the key okd-streams:kvm occurs twice.",
      ],
      ["a tab", "config:\n\tokd-streams:kvm: none\n", "line 2: a tab cannot indent YAML, use spaces."],
      [
        "a date without quotes",
        "config:\n  okd-streams:releases: [{ schedule: { since: 2026-01-05 } }]\n",
        'line 2: 2026-01-05 is a date to Pulumi: write "2026-01-05", in quotes.',
      ],
      [
        "an octal number",
        "config:\n  okd-streams:x: 0755\n",
        'line 2: 0755 is 493 to Pulumi and 755 to others: write that, or "0755", in quotes.',
      ],
      [
        "underscores in a number",
        "config:\n  okd-streams:x: 1_000\n",
        'line 2: 1_000 is 1000 to Pulumi and "1_000" to others: write that, or "1_000", in quotes.',
      ],
      [
        "a number of many digits",
        "config:\n  okd-streams:x: 12345678901234567890\n",
        'line 2: 12345678901234567890 is 12345678901234567890 to Pulumi and 12345678901234567000 to others: write that, or "12345678901234567890", in quotes.',
      ],
      [
        "a key that is a number",
        "config:\n  okd-streams:secrets:\n    1: {}\n",
        'line 3: the key 1 is no text: write "1", in quotes.',
      ],
      ["a tag", "config:\n  okd-streams:x: !!timestamp 2026-01-05\n", "line 2: no value can have such a tag here."],
      [
        "a control character",
        "config:\n  okd-streams:x: \u0001\n",
        "line 2: the control character U+0001 is not allowed.",
      ],
      ["two documents", "config: {}\n---\nconfig: {}\n", "line 2: one document is allowed, not several."],
      [
        "an open bracket",
        "config:\n  okd-streams:streams: [\n",
        "line 3: no valid YAML (Flow sequence in block collection must be sufficiently indented and end with a ]).",
      ],
    ];
    for (const [what, text, expected] of cases) {
      it(what, () =>
        assert.equal(
          sentence(() => project.loadText(text)),
          `stacks/Pulumi.try.yaml, ${expected}`,
        ),
      );
    }
  });
});
