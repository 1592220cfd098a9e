import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { listStacks, loadConfiguration, offlineNotice } from "../../../stacks/configuration/load";
import { PROJECT_FOLDER } from "../../../stacks/environment";
import { sentence, SmallProject, STREAM } from "./small-project";

describe("a stack's configuration", () => {
  let project: SmallProject;
  before(() => (project = new SmallProject()));
  after(() => project.remove());

  describe("the stacks' files", () => {
    it("are four", () => {
      assert.deepEqual(listStacks(PROJECT_FOLDER), ["existing", "kind", "moc", "moc-test"]);
    });

    it("kind and existing are complete", () => {
      assert.deepEqual(loadConfiguration(PROJECT_FOLDER, "kind").cluster, {
        type: "kind",
        name: "okd-streams",
        controlPlanes: 1,
        workers: 0,
        mounts: [],
        ports: [],
        registryPort: 5001,
      });
      assert.deepEqual(loadConfiguration(PROJECT_FOLDER, "existing").cluster, { type: "existing" });
    });

    it("moc is on leases that were granted, moc-test ends by itself", () => {
      const [moc, mocTest] = ["moc", "moc-test"].map((stack) => loadConfiguration(PROJECT_FOLDER, stack).cluster);
      assert.ok(moc?.type === "moc" && mocTest?.type === "moc");
      assert.equal(moc.lifetime, undefined);
      assert.equal(moc.nodes.leases?.length, 3);
      assert.equal(mocTest.lifetime, "8h");
      assert.equal(mocTest.nodes.controlPlanes, 1);
    });
  });

  describe("loadConfiguration", () => {
    it("fills in the defaults", () => {
      assert.deepEqual(project.load(`okd-streams:cluster: { type: existing }\n  okd-streams:streams:${STREAM}`), {
        cluster: { type: "existing" },
        platform: {
          tektonPipelines: { mode: "auto" },
          tektonTriggers: { mode: "auto" },
          argoCd: { mode: "auto" },
          tektonDashboard: { mode: "none" },
          storage: { mode: "auto" },
          registry: { mode: "auto", insecure: false, size: "50Gi" },
          kvmDevicePlugin: "auto",
          nodeConfiguration: "auto",
        },
        streams: [
          {
            version: "4.20",
            variant: "c9s",
            base: { repository: "https://example.org/base", branch: "main" },
            node: { repository: "https://example.org/node", branch: "release-4.20" },
            bases: "held",
            channel: "next",
            storage: { size: "40Gi" },
            bootImages: true,
            tests: true,
          },
        ],
        images: {},
        delivery: { by: "pulumi", revision: "rendered" },
        kvm: "auto",
        push: { enabled: true },
        builds: { nodeSelector: {}, tolerations: [], hostUsers: true },
        events: {
          enabled: false,
          expireAfterHours: 48,
          reconcileSeconds: 60,
          replicas: 2,
          spokes: [],
          git: { enabled: false, pullRequests: false },
        },
        keep: { runs: 10, pullRequests: 10, builds: 5, bootImages: 2, external: false },
        rehearsal: false,
        layers: [],
        payloads: [],
        operators: [],
        certifications: [],
        upgradeTests: [],
        releases: [],
        secrets: {},
        backend: "local",
        confirmLocalBackend: false,
        secretsProvider: "passphrase",
      });
    });

    it("takes what is off in Pulumi.yaml's defaults as absent", () => {
      const { imageMirror, s3, matrix } = project.load(
        `okd-streams:cluster: { type: kind }\n  okd-streams:imageMirror: ""\n  okd-streams:s3: {}\n  okd-streams:matrix: {}`,
      );
      assert.deepEqual([imageMirror, s3, matrix], [undefined, undefined, undefined]);
    });

    it("leaves Pulumi's own settings and other providers' alone", () => {
      const { cluster } = project.loadText(
        `encryptionsalt: v1:x\nconfig:\n  pulumi:tags: { a: b }\n  openstack:cloud: moc\n  okd-streams:cluster: { type: existing }\n`,
      );
      assert.deepEqual(cluster, { type: "existing" });
    });

    it("keeps the names of secrets and drops their encrypted values", () => {
      const configuration = project.load(
        `okd-streams:cluster: { type: kind }\n  okd-streams:secrets: { matrix: { token: { secure: v1:abc }, user: { secure: v1:def } } }`,
      );
      assert.deepEqual(configuration.secrets, { matrix: ["token", "user"] });
      assert.ok(!JSON.stringify(configuration).includes("v1:"));
    });

    it("takes exactly one source of RPMs", () => {
      const { streams } = project.load(
        `okd-streams:cluster: { type: kind }\n  okd-streams:streams:${STREAM}\n      rpmsFrom: { image: quay.io/okd/artifacts:4.20 }`,
      );
      assert.deepEqual(streams[0]!.rpmsFrom, { image: "quay.io/okd/artifacts:4.20" });
    });
  });

  describe("a stack that is not there", () => {
    before(() => writeFileSync(join(project.folder, "stacks/Pulumi.kind.yaml"), ""));
    after(() => rmSync(join(project.folder, "stacks/Pulumi.kind.yaml")));

    it("is told with those that are, and the one that was probably meant", () => {
      project.loadText("config: { okd-streams:cluster: { type: kind } }");
      assert.equal(
        sentence(() => loadConfiguration(project.folder, "knd")),
        `No stack is called "knd", there are kind, try: did you mean kind?`,
      );
      assert.equal(
        sentence(() => loadConfiguration(project.folder, "../try")),
        `No stack is called "../try", there are kind, try.`,
      );
    });
  });

  describe("settings of an offline folder", () => {
    const stack = `config:\n  okd-streams:cluster: { type: kind, workers: 2 }\n  okd-streams:streams:${STREAM}\n`;

    it("lie over the stack's", () => {
      const { cluster, images, rehearsal } = project.loadText(
        stack,
        "cluster: { type: kind, nodeImage: local/node:1 }\nimages: { buildah: local/buildah:1 }\nrehearsal: true\n",
      );
      assert.ok(cluster.type === "kind");
      assert.deepEqual([cluster.workers, cluster.nodeImage], [2, "local/node:1"]);
      assert.deepEqual([images, rehearsal], [{ buildah: "local/buildah:1" }, true]);
    });

    it("are said to replace what they do, and nothing else: a stream's schedule stays", () => {
      const scheduled = stack.replace(STREAM, `${STREAM}\n      schedule: "@daily"`);
      const notice = (settings?: string) => {
        const { streams } = project.loadText(scheduled, settings);
        return [streams.map(({ schedule }) => schedule), offlineNotice(project.folder, "try", project.folder)];
      };
      assert.deepEqual(
        notice(
          'streams: [{ version: "4.20", node: { repository: https://example.org/node, branch: b } }]\nrehearsal: true\n',
        ),
        [
          ["@daily"],
          `${join(project.folder, "settings.yaml")} replaces what stacks/Pulumi.try.yaml says of streams[4.20].node.branch.`,
        ],
      );
      assert.deepEqual(notice("rehearsal: true"), [["@daily"], undefined]);
      assert.deepEqual(notice(), [["@daily"], undefined]);
      assert.equal(offlineNotice(project.folder, "try"), undefined);
    });

    it("for another type of cluster are left out", () => {
      const { cluster } = project.loadText(
        "config: { okd-streams:cluster: { type: existing } }",
        "cluster: { type: kind, workers: 1 }",
      );
      assert.deepEqual(cluster, { type: "existing" });
    });

    it("answer for their own mistakes", () => {
      const settings = join(project.folder, "settings.yaml");
      assert.equal(
        sentence(() => project.loadText(stack, "cluster: { wokers: 1 }")),
        `${settings}: cluster.wokers is no known key, did you mean workers?`,
      );
      assert.equal(
        sentence(() => project.loadText(stack, "s3: { bucket: b }")),
        `${settings}: s3.endpoint is missing, it must be text (and 1 more).`,
      );
      assert.equal(
        sentence(() => project.loadText(stack, "- a")),
        `${settings} must be a map of settings.`,
      );
    });

    it("do not answer for the stack's", () => {
      assert.equal(
        sentence(() => project.loadText(stack.replace("workers: 2", "workers: -1"), "cluster: { nodeImage: a/b:c }")),
        "stacks/Pulumi.try.yaml: okd-streams:cluster.workers is the number -1, but must be at least 0.",
      );
      assert.equal(
        sentence(() =>
          project.loadText(
            "config: { okd-streams:cluster: { type: existing, context: 1 } }",
            "cluster: { type: kind, context: x }",
          ),
        ),
        "stacks/Pulumi.try.yaml: okd-streams:cluster.context is the number 1, but must be text.",
      );
    });
  });
});
