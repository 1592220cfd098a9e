import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Library } from "../../../components/pipelines/library";
import { pulledReferences } from "../../../components/platform/images";
import { manifestAddresses } from "../../../components/platform/manifests";
import { loadConfiguration } from "../../../stacks/configuration/load";
import { hostsOf, imageSources, manifestSources, runSources, toolSources } from "../../../stacks/tools/hosts";

const library = new Library({ folder: "pipelines" });
const kind = loadConfiguration(process.cwd(), "kind");

/** Hosts that README's table lets through for something. */
function inReadme(what: RegExp): string[] {
  const [, section] = readFileSync("README.md", "utf8").split("### What has to be let through");
  const rows = section!
    .split("\n### ")[0]!
    .split("\n")
    .filter((line) => line.startsWith("| "));
  const cells = rows.slice(1).map((row) => row.split("|").map((cell) => cell.trim()));
  const hosts = cells
    .filter(([, use]) => what.test(use!))
    .flatMap(([, , named]) => [...named!.matchAll(/`([^`]+)`/g)].map(([, host]) => host!));
  return [...new Set(hosts)].sort();
}

describe("README's hosts to let through are those that are derived", () => {
  it("for up, from programs, manifests and images", () => {
    const manifests = manifestAddresses(kind.platform, { cacheFolder: "/nowhere" });
    const tools = Object.values(toolSources("linux-amd64")).flat();
    const all = [...tools, ...manifestSources(manifests), ...imageSources(kind, library.images)];
    assert.deepEqual(hostsOf(all), inReadme(/`up`/));
  });

  it("for builds, from steps, Pipelines, the stack's sources and what these name", () => {
    assert.deepEqual(hostsOf(runSources("builds", kind, library)), inReadme(/builds/));
  });

  it("for releases", () => {
    assert.deepEqual(hostsOf(runSources("releases", kind, library)), inReadme(/releases/));
  });
});

describe("what is asked for", () => {
  it("are files, and registries by their doors", () => {
    const sources = [...manifestSources(manifestAddresses(kind.platform, { cacheFolder: "/nowhere" }))];
    for (const { url } of sources) assert.match(url, /^https:\/\/.+\.yaml$/);
    for (const { url } of imageSources(kind, library.images)) assert.match(url, /^https:\/\/[^/]+\/v2\/$/);
  });

  it("is what the manifests name, arguments of controllers included, but nothing of Windows", () => {
    const args = [
      "-shell-image",
      "cgr.dev/a/sh@sha256:1",
      "--nop-image=ghcr.io/a/nop:1",
      "-shell-image-win",
      "mcr.x/p:1",
    ];
    const spec = { containers: [{ name: "c", image: "quay.io/a/c:1", args }] };
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "d" },
      spec: { template: { spec } },
    };
    assert.deepEqual(pulledReferences([deployment]), ["cgr.dev/a/sh@sha256:1", "ghcr.io/a/nop:1", "quay.io/a/c:1"]);
    const none = { mode: "none" } as const;
    const parts = { tektonTriggers: none, argoCd: none, tektonDashboard: none, storage: none };
    const platform = { ...kind.platform, ...parts };
    const found = imageSources({ ...kind, platform }, library.images, {
      tektonPipelines: { version: "1", objects: [deployment] },
    });
    assert.deepEqual(
      found.filter(({ serves }) => serves.includes("images of Tekton Pipelines")).map(({ url }) => url),
      ["https://ghcr.io/v2/", "https://cgr.dev/v2/", "https://quay.io/v2/"],
    );
  });

  it("is what the stack's own streams and layers name", () => {
    const [stream, layer] = [kind.streams[0]!, kind.layers[0]!];
    const asked = (streams: object[], layers: object[]) =>
      hostsOf(runSources("builds", { streams, layers } as Pick<typeof kind, "streams" | "layers">, library));
    const usual = asked([], []);
    const digest = `sha256:${"1".repeat(64)}`;
    const rpms = {
      ...stream,
      rpmsFrom: { image: `rpms.example/a@${digest}` },
      builderImage: `builder.example/b@${digest}`,
    };
    const repositories = [
      { baseUrl: "https://packages.example/$basearch/os", gpgKey: "http://keys.example:8080/key" },
      { baseUrl: "file:///somewhere", gpgKey: "file:///etc/key" },
    ];
    const layers = [
      { ...layer, base: `base.example/c@${digest}`, repositories },
      { ...layer, base: { release: "release.example/d:1" }, repositories: [] },
    ];
    assert.deepEqual(
      asked([rpms], layers).filter((host) => !usual.includes(host)),
      ["base.example", "builder.example", "keys.example:8080", "packages.example", "release.example", "rpms.example"],
    );
  });

  it("is the mirror instead of registries, and no registry of this machine", () => {
    const images = { ...library.images, registry: "localhost:5001/registry:1", busybox: "localhost:5001/busybox:1" };
    const mirror = new Library({ folder: "pipelines", imageMirror: "mirror.example.org/all" });
    const asked = (of: typeof images, imageMirror?: string) =>
      hostsOf(imageSources({ ...kind, imageMirror }, of)).filter((host) => /localhost|mirror/.test(host));
    assert.deepEqual(asked(images), []);
    assert.deepEqual(hostsOf(imageSources({ ...kind, imageMirror: "mirror.example.org/all" }, mirror.images)), [
      "mirror.example.org",
    ]);
  });
});
