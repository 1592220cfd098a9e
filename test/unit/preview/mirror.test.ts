import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listStacks, loadConfiguration, PROJECT } from "../../../stacks/configuration/load";
import { PROJECT_FOLDER, readEnvironment } from "../../../stacks/environment";
import { runProgram } from "../../../stacks/preview/run";
import { program } from "../../../stacks/program";
import { renderObjects } from "../../../stacks/preview/render";
import type { RecordedResource } from "../../../stacks/preview/recorded";

const MIRROR = "mirror.example/proxy";
const DIGEST = `sha256:${"0".repeat(64)}`;

/** An image of any registry that a text names, with a tag or a digest. */
const IMAGE =
  /(?<![\w./@-])((?:[a-z\d-]+\.)+[a-z][a-z\d-]*(?::\d+)?\/[a-z\d][\w./-]*(?::[\w.-]*[\w]|@sha256:[0-9a-f]{64})+)/g;
/** What a container is started of, by whichever name. */
const CONTAINER = /^\s*(?:- )?image: "?([^\s"$]+)"?$/gm;
/** The mirror, registries with a port, which no path of it can name, and those of this machine. */
const BEHIND = /^(mirror\.example\/proxy\/|[^/]+:\d+\/|localhost\/)/;

/** What nobody pulls: a word of a Dockerfile of others' sources, whose other images are theirs, too, and an example in a description. */
const NOT_PULLED = [
  "okd-coreos/task-cosa-build-extensions.yaml: quay.io/centos/centos:stream",
  "okd-release/task-mirror-release.yaml: quay.io/okd/scos-release:4.22.0-okd-scos.ec.4",
];

/** A workload of a part, with every place in which published manifests have images. */
const PUBLISHED = (name: string, kind = "Deployment") => `
apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name}, namespace: ${name} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      initContainers: [{ name: i, image: index.docker.io/busybox:1 }]
      containers:
        - name: c
          image: ghcr.io/${name}/controller:v1@${DIGEST}
          args: ["-shell-image", "cgr.dev/chainguard/busybox@${DIGEST}", "--el-image=ghcr.io/${name}/sink:v1"]
          env: [{ name: HELPER_IMAGE, value: quay.io/${name}/helper:1 }]
        - { name: cache, image: public.ecr.aws/docker/library/redis:8 }
        - { name: short, image: redis }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: ${name}-config, namespace: ${name} }
data:
  helper.yaml: |
    kind: Pod
    spec: { containers: [{ name: h, image: docker.io/rancher/helper:1 }] }
`;

describe("the mirror of images", function () {
  let folder: string;
  const { OKD_STREAMS_OFFLINE: offline } = process.env;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "mirror-"));
    for (const name of ["images", "manifests"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "images/index.txt"), "");
    for (const name of ["tekton-pipelines", "tekton-triggers", "tekton-interceptors", "argo-cd", "tekton-dashboard"]) {
      writeFileSync(join(folder, "manifests", `${name}.yaml`), PUBLISHED(name));
    }
    const layer = {
      name: "mine",
      version: "4.21",
      base: `quay.io/okd/scos-content@${DIGEST}`,
      packages: { add: ["a"] },
    };
    const settings = { imageMirror: MIRROR, layers: [layer] };
    writeFileSync(join(folder, "settings.yaml"), JSON.stringify(settings));
    process.env.OKD_STREAMS_OFFLINE = folder;
  });
  after(() => {
    if (offline === undefined) delete process.env.OKD_STREAMS_OFFLINE;
    else process.env.OKD_STREAMS_OFFLINE = offline;
    rmSync(folder, { recursive: true });
  });

  /** What an object names that is not behind the mirror. */
  const past = (text: string) =>
    [...text.matchAll(IMAGE), ...text.matchAll(CONTAINER)].map(([, image]) => image!).filter((it) => !BEHIND.test(it));
  const nodeImages = (resources: RecordedResource[]) =>
    resources.flatMap(({ inputs }) => [inputs.defaultNodeImage, inputs.image].filter((it) => typeof it === "string"));

  for (const stack of listStacks(PROJECT_FOLDER)) {
    it(`has every image that stack ${stack} names, and those of its nodes`, async () => {
      const { resources, outputs } = await runProgram(
        () => program(loadConfiguration(PROJECT_FOLDER, stack, folder), readEnvironment(stack, { preview: true })),
        { project: PROJECT, stack },
      );
      const found = [...renderObjects(resources)].flatMap(([file, text]) => past(text).map((it) => `${file}: ${it}`));
      assert.deepEqual(
        found.filter((it) => !NOT_PULLED.includes(it)),
        [],
      );
      assert.deepEqual(past(JSON.stringify(outputs)), []);
      assert.deepEqual(past(nodeImages(resources).join("\n")), []);
      // It did look: the base of the layer, and a part's argument, are there and behind the mirror.
      assert.match(JSON.stringify(outputs), new RegExp(`${MIRROR}/quay.io/okd/scos-content@`));
      assert.match([...renderObjects(resources).values()].join("\n"), new RegExp(`=${MIRROR}/ghcr.io/`));
    });
  }
});
