import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../scripts/task";

const DOCKER = "application/vnd.docker";
const MANIFEST = `${DOCKER}.distribution.manifest.v2+json`;

const architectures = ["amd64", "arm64", "ppc64le", "s390x"];
const share = (command: string, folders: string[]) =>
  folders.map((folder) => `usr/share/openshift/${folder}/${command}`);

/** Components of the small payload, and the files that oc looks for in them. */
const FILES: Record<string, string[]> = {
  cli: ["usr/bin/oc"],
  "cli-artifacts": [
    ...share("oc", ["mac", "mac_arm64", ...architectures.slice(0, 3).map((name) => `linux_${name}`)]),
    ...["oc.rhel8", "oc.rhel9"].flatMap((command) =>
      share(
        command,
        architectures.map((name) => `linux_${name}`),
      ),
    ),
    ...share("oc.exe", ["windows"]),
  ],
  "cloud-credential-operator": ["usr/bin/ccoctl", "usr/bin/ccoctl.rhel8", "usr/bin/ccoctl.rhel9"],
  "cluster-version-operator": [],
  installer: ["usr/bin/openshift-install"],
  "installer-artifacts": share("openshift-install", ["mac", "mac_arm64", "linux_amd64", "linux_arm64"]),
};

/** Names of the components. */
export const COMPONENTS = Object.keys(FILES);

/** oc takes into a release what an operator among its images refers to. */
const OPERATOR = {
  "manifests/image-references": JSON.stringify({
    kind: "ImageStream",
    apiVersion: "image.openshift.io/v1",
    spec: {
      tags: COMPONENTS.map((name) => ({ name, from: { kind: "DockerImage", name: `example.org/${name}:latest` } })),
    },
  }),
};

/**
 * Pushes a small payload to a registry: images of one layer, and a release image that names them.
 * @param repository `host:port/path`
 * @param previous a release that the payload names as its predecessor; changing it changes the digest
 * @param known the repository as the payload's readers address it
 * @returns the release image by tag, and its digest
 */
export async function pushPayload(
  folder: string,
  repository: string,
  name: string,
  previous = "4.0.0",
  known = repository,
): Promise<{ pullspec: string; digest: string }> {
  const tags = [];
  for (const component of COMPONENTS) {
    const operator = component === "cluster-version-operator";
    const files = Object.fromEntries(FILES[component]!.map((file) => [file, `${file} of ${component}\n`]));
    const digest = await pushImage(
      folder,
      `${repository}:${name}-${component}`,
      { ...files, ...(operator && OPERATOR) },
      operator ? { "io.openshift.release.operator": "true" } : {},
    );
    tags.push({ name: component, from: { kind: "DockerImage", name: `${known}@${digest}` } });
  }
  const references = {
    kind: "ImageStream",
    apiVersion: "image.openshift.io/v1",
    metadata: { name, creationTimestamp: "2026-02-19T06:32:12Z" },
    spec: { lookupPolicy: { local: false }, tags },
    status: { dockerImageRepository: "" },
  };
  const files = {
    "release-manifests/image-references": JSON.stringify(references),
    "release-manifests/release-metadata": JSON.stringify({
      kind: "cincinnati-metadata-v0",
      version: name,
      previous: [previous],
    }),
  };
  const pullspec = `${repository}:${name}`;
  return { pullspec, digest: await pushImage(folder, pullspec, files, { "io.openshift.release": name }) };
}

/** Pushes an image of one layer. @returns its digest */
function pushImage(
  folder: string,
  pullspec: string,
  files: Record<string, string>,
  labels: Record<string, string>,
): Promise<string> {
  return pushLayers(folder, pullspec, [files], labels);
}

/** Pushes an image of some files, layer upon layer. @returns its digest */
export async function pushLayers(
  folder: string,
  pullspec: string,
  layers: Record<string, string>[],
  labels: Record<string, string>,
  architecture = "amd64",
): Promise<string> {
  const [, host, path, tag] = /^([^/]+)\/(.*):([^:]+)$/.exec(pullspec)!;
  const pushed = await Promise.all(
    layers.map(async (files) => {
      const { plain, packed } = await pack(folder, files);
      return { diff: sha256(plain), blob: await pushBlob(host!, path!, packed) };
    }),
  );
  const config = {
    architecture,
    os: "linux",
    config: { Labels: labels },
    rootfs: { type: "layers", diff_ids: pushed.map(({ diff }) => diff) },
    history: pushed.map(() => ({ created: "2026-02-19T06:32:12Z" })),
  };
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: {
      mediaType: `${DOCKER}.container.image.v1+json`,
      ...(await pushBlob(host!, path!, Buffer.from(JSON.stringify(config)))),
    },
    layers: pushed.map(({ blob }) => ({ mediaType: `${DOCKER}.image.rootfs.diff.tar.gzip`, ...blob })),
  });
  await put(`http://${host}/v2/${path}/manifests/${tag}`, manifest, MANIFEST);
  return sha256(manifest);
}

async function pack(folder: string, files: Record<string, string>): Promise<{ plain: Buffer; packed: Buffer }> {
  const root = mkdtempSync(join(folder, "image-"));
  mkdirSync(join(root, "rootfs"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, "rootfs", path, ".."), { recursive: true });
    writeFileSync(join(root, "rootfs", path), text);
  }
  const tar = join(root, "layer.tar");
  const names = new Set(Object.keys(files).map((path) => path.split("/")[0]!));
  await run("tar", ["-C", join(root, "rootfs"), "-cf", tar, ...(names.size > 0 ? names : ["--files-from=/dev/null"])]);
  await run("gzip", ["-kn", tar]);
  return { plain: readFileSync(tar), packed: readFileSync(`${tar}.gz`) };
}

export async function pushBlob(host: string, path: string, data: Buffer): Promise<{ digest: string; size: number }> {
  const begun = await fetch(`http://${host}/v2/${path}/blobs/uploads/`, { method: "POST" });
  const url = new URL(begun.headers.get("location")!, `http://${host}`);
  url.searchParams.set("digest", sha256(data));
  await put(url.href, data, "application/octet-stream");
  return { digest: sha256(data), size: data.length };
}

export async function put(url: string, data: string | Buffer, type: string): Promise<void> {
  const answer = await fetch(url, {
    method: "PUT",
    headers: { "Content-Type": type },
    body: new Uint8Array(Buffer.from(data)),
  });
  if (!answer.ok) {
    throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  }
}

function sha256(data: string | Buffer): string {
  return `sha256:${createHash("sha256").update(data).digest("hex")}`;
}
