import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import type { ReleaseInfo } from "../../components/programs/payload/entry";
import { BASE_NAME, CI, LABEL, operatorFiles, OPERATORS, OTHERS } from "../services/payload/sample";
import { pushLayers } from "../unit/release/payload";
import { OC } from "../unit/release/pipeline-run";
import type { Factory, Finished } from "./factory";
import { GitServer } from "./git-server";
import { digestOf, inspect, REGISTRY } from "./images";
import { gateway, offlineFolder } from "./needs";
import { pushReleaseToolsImage } from "./release-tools-image";

const NAMESPACE = "okd-payload";
/** Repositories of this run of the test alone: a registry keeps what others pushed. */
const PATH = `t-payload-${Date.now()}`;
const PARENT = "lab/busybox:1";

/** Of an operator, with all that one is built with: its tags, arguments, a builder as root, no network. */
const DOCKERFILE = [
  `FROM ${CI}/builder:rhel-9-golang-1.25-openshift-4.22 AS builder`,
  "ARG MODE",
  "WORKDIR /go/src",
  "COPY . .",
  'RUN echo "$SOURCE_GIT_TAG $TAGS $MODE $(id -u)" > /built && cat main.go >> /built',
  `FROM ${CI}/4.21:base-rhel9`,
  "COPY --from=builder /built /usr/bin/operator",
  "COPY manifests /manifests",
  "LABEL io.openshift.release.operator=true",
];

/** What a run of a payload came to. */
export interface PayloadRun {
  /** Its results by name. */
  results: Record<string, string>;
  /** What its builds came to, by TaskRun, those apart that had nothing to do. */
  outcomes: string[];
}

/** A cluster with payloads: what its tests share, and the server of the components' sources. */
export class PayloadLab {
  private constructor(
    readonly factory: Factory,
    readonly git: GitServer,
    private readonly folder: string,
    /** Base release by digest, as pods read it. */
    readonly base: string,
    /** Image that takes etcd's place. */
    private readonly etcd: string,
    private readonly images: Record<string, string>,
  ) {}

  /** Sources, a base release in the registry, and images with the tools. @param folder for what it works on */
  static async start(factory: Factory, folder: string): Promise<PayloadLab> {
    const { images } = parse(fs.readFileSync(path.join(offlineFolder(), "settings.yaml"), "utf8")) as {
      images: Record<string, string>;
    };
    fs.mkdirSync(path.join(folder, "git"));
    const git = await GitServer.start(path.join(folder, "git"), gateway());
    const base = await pushBase(folder);
    const etcd = await push(folder, "other", "etcd", { "usr/bin/x": "other" }, {});
    const tools = pushReleaseToolsImage(images.curl!, OC, folder);
    return new PayloadLab(factory, git, folder, base, etcd, {
      "openshift-cli": tools,
      "golang-builder": `${REGISTRY.pods}/${PARENT}`,
    });
  }

  /** Payloads `mine` and `next` of the same components: one by its row, one that says all there is to say, one by image. */
  settings() {
    const payload = (number: number) => ({
      from: this.base,
      version: `${BASE_NAME}.mine.${number}`,
      replace: {
        "service-ca-operator": { repository: `${this.git.url}/service-ca-operator` },
        "console-operator": {
          ...{ repository: `${this.git.url}/console-operator`, ref: "v2.0.0", network: true },
          ...{ context: "operator", dockerfile: "images/Dockerfile.own", arguments: { MODE: "own" } },
        },
        etcd: { image: this.etcd },
      },
      repository: `${REGISTRY.pods}/${PATH}`,
    });
    return {
      images: this.images,
      payloads: [
        { name: "mine", ...payload(1) },
        { name: "next", ...payload(2) },
      ],
    };
  }

  /** Leaves the operators' sources as they are at first. */
  commitSources(): void {
    const { git } = this;
    const offline = `RUN if wget -q -T 5 -O /dev/null ${git.url}/x; then echo "there is a network"; exit 1; fi`;
    const online = `RUN wget -q -O /found ${git.url}/console-operator/info/refs?service=git-upload-pack`;
    const after = (line: string) => [...DOCKERFILE.slice(0, 3), line, ...DOCKERFILE.slice(3)].join("\n");
    const files = (name: string, folder: string) =>
      Object.fromEntries(
        Object.entries({ "main.go": "1\n", ...operatorFiles(name, [name], 2) }).map(([file, text]) => [
          `${folder}${file}`,
          text,
        ]),
      );
    git.commit(
      "service-ca-operator",
      {
        "Dockerfile.rhel7": after(offline),
        ...files("service-ca-operator", ""),
      },
      { tag: "v1.2.3" },
    );
    git.commit(
      "console-operator",
      { "operator/images/Dockerfile.own": after(online), ...files("console-operator", "operator/") },
      { branch: "main", tag: "v2.0.0" },
    );
  }

  /** `kubectl` in the namespace of payloads. */
  readonly kubectl = (...args: string[]): Promise<string> => this.factory.kubectl("-n", NAMESPACE, ...args);

  payload(name: string): Promise<Finished> {
    return this.factory.run("payload", "kind", name);
  }

  /** The newest run of a payload. */
  async last(name: string): Promise<PayloadRun> {
    interface Run {
      metadata: { name: string };
      status: { results?: { name: string; value: string }[] };
    }
    const list = async (kind: string, selector: string) => {
      const args = ["get", kind, "--selector", selector, "--sort-by=.metadata.creationTimestamp", "-o", "json"];
      return (JSON.parse(await this.kubectl(...args)) as { items: Run[] }).items;
    };
    const run = (await list("pipelineruns", `okd-streams.io/payload=${name}`)).at(-1)!;
    const tasks = await list(
      "taskruns",
      `tekton.dev/pipelineRun=${run.metadata.name},tekton.dev/task=payload-build-component`,
    );
    const results = ({ status }: Run) => Object.fromEntries((status.results ?? []).map((it) => [it.name, it.value]));
    return { results: results(run), outcomes: tasks.map((task) => results(task).outcome!).sort() };
  }

  /** Manifests of a release by their files, and what `oc` tells of it. @param release by digest, as pods read it */
  release(release: string): { manifests: Record<string, string>; info: ReleaseInfo } {
    const image = release.replace(REGISTRY.pods, REGISTRY.here);
    const to = fs.mkdtempSync(path.join(this.folder, "extracted-"));
    oc("extract", `--to=${to}`, image);
    const manifests = fs.readdirSync(to).filter((file) => !["image-references", "release-metadata"].includes(file));
    return {
      manifests: Object.fromEntries(manifests.map((file) => [file, fs.readFileSync(path.join(to, file), "utf8")])),
      info: JSON.parse(oc("info", "--output=json", image)) as ReleaseInfo,
    };
  }
}

/** Pushes the base's components and the base, which names them as pods do. @returns it by digest */
async function pushBase(folder: string): Promise<string> {
  const images: Record<string, string> = {
    "base-stream9": `${REGISTRY.pods}/${PARENT.split(":")[0]}@${digestOf(inspect(`${REGISTRY.here}/${PARENT}`))}`,
  };
  for (const [name, refers] of Object.entries(OPERATORS)) {
    images[name] = await push(folder, "okd", name, { "usr/bin/x": name, ...operatorFiles(name, refers) }, LABEL);
  }
  for (const name of OTHERS) images[name] = await push(folder, "okd", name, { "usr/bin/x": name }, {});
  const references = {
    ...{ kind: "ImageStream", apiVersion: "image.openshift.io/v1", metadata: { name: BASE_NAME } },
    spec: {
      tags: Object.entries(images).map(([name, image]) => ({
        name,
        from: { kind: "DockerImage", name: image.replace(REGISTRY.pods, REGISTRY.here) },
      })),
    },
  };
  const file = path.join(folder, "base-references.json");
  fs.writeFileSync(file, JSON.stringify(references));
  // oc reads the images by the names that this machine has for them; what it writes is given the pods' names.
  const made = `${REGISTRY.here}/${PATH}/okd/made:1`;
  const include = `--include=${Object.keys(images).join()}`;
  oc(
    "new",
    `--from-image-stream-file=${file}`,
    "--reference-mode=source",
    `--name=${BASE_NAME}`,
    include,
    `--to-image=${made}`,
  );
  const to = path.join(folder, "base");
  oc("extract", `--to=${to}`, made);
  const files = fs
    .readdirSync(to)
    .map((name) => [
      `release-manifests/${name}`,
      fs.readFileSync(path.join(to, name), "utf8").replaceAll(REGISTRY.here, REGISTRY.pods),
    ]);
  return push(folder, "okd", "release", Object.fromEntries(files) as Record<string, string>, {
    "io.openshift.release": BASE_NAME,
  });
}

/** @returns the image by digest, as pods read it */
async function push(
  folder: string,
  where: string,
  name: string,
  files: Record<string, string>,
  labels: Record<string, string>,
): Promise<string> {
  const image = `${PATH}/${where}/${name}`;
  const digest = await pushLayers(folder, `${REGISTRY.here}/${image}:1`, [files], labels);
  return `${REGISTRY.pods}/${image}@${digest}`;
}

function oc(verb: string, ...args: string[]): string {
  const timeout = verb === "new" ? ["--request-timeout=60s"] : ["--filter-by-os=linux/amd64"];
  return execFileSync(path.join(OC, "oc"), ["adm", "release", verb, "--insecure", ...timeout, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}
