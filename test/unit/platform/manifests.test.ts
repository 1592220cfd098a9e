import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { PlatformSettings } from "../../../components/platform/part";
import type { PartSettings } from "../../../components/platform/schema";
import { readManifests } from "../../../components/platform/manifests";

const NONE: PartSettings = { mode: "none" };
const parts = (settings: Partial<PlatformSettings>): PlatformSettings => ({
  tektonPipelines: NONE,
  tektonTriggers: NONE,
  argoCd: NONE,
  tektonDashboard: NONE,
  storage: NONE,
  ...settings,
});
const manifest = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;
const objects = (...names: string[]) =>
  names.map((name) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } }));
const info = (version: string) =>
  `{apiVersion: v1, kind: ConfigMap, metadata: {name: pipelines-info, namespace: tekton-pipelines}, data: {version: ${version}}}`;

/** Asks the given server, whatever the address; remembers the addresses. */
function redirected(server: string, asked: string[]): typeof fetch {
  return (url, init) => {
    asked.push(String(url));
    return fetch(`${server}${new URL(String(url)).pathname}`, init);
  };
}

describe("readManifests", () => {
  let folder: string;
  let cacheFolder: string;
  let manifestsFolder: string;
  let server: http.Server;
  let address: string;
  let answers: Record<string, string | number>;
  let asked: string[];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "okd-streams-manifests-"));
    cacheFolder = path.join(folder, "cache");
    manifestsFolder = path.join(folder, "manifests");
    await mkdir(manifestsFolder);
    answers = {};
    asked = [];
    server = http.createServer((request, response) => {
      const answer = answers[request.url!];
      if (answer === undefined) return; // no answer at all
      response.statusCode = typeof answer === "number" ? answer : 200;
      response.end(String(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });

  const read = (settings: Partial<PlatformSettings>, more: object = {}) =>
    readManifests(parts(settings), { cacheFolder, fetch: redirected(address, asked), ...more });

  it("reads nothing for parts that are not installed in any case", async () => {
    assert.deepEqual(await read({ tektonPipelines: { mode: "use" }, argoCd: { mode: "none" } }), {});
    assert.deepEqual(asked, []);
  });

  it("downloads the published manifests once, and keeps them under their version", async () => {
    answers["/tekton-releases/triggers/previous/v0.37.0/release.yaml"] = manifest("release");
    answers["/tekton-releases/triggers/previous/v0.37.0/interceptors.yaml"] = manifest("interceptors");
    const expected = { tektonTriggers: { version: "0.37.0", objects: objects("release", "interceptors") } };
    assert.deepEqual(await read({ tektonTriggers: { mode: "auto" } }), expected);
    assert.deepEqual(asked, [
      "https://infra.tekton.dev/tekton-releases/triggers/previous/v0.37.0/release.yaml",
      "https://infra.tekton.dev/tekton-releases/triggers/previous/v0.37.0/interceptors.yaml",
    ]);
    assert.deepEqual((await readdir(cacheFolder)).sort(), [
      "objects",
      "tekton-interceptors-0.37.0.yaml",
      "tekton-triggers-0.37.0.yaml",
    ]);
    assert.equal(await readFile(path.join(cacheFolder, "tekton-triggers-0.37.0.yaml"), "utf8"), manifest("release"));
    assert.deepEqual(await read({ tektonTriggers: { mode: "install" } }), expected);
    assert.equal(asked.length, 2);
  });

  it("asks for the version that the stack names", async () => {
    answers["/argoproj/argo-cd/v3.4.7/manifests/install.yaml"] = manifest("argo");
    assert.deepEqual(await read({ argoCd: { mode: "install", version: "3.4.7" } }), {
      argoCd: { version: "3.4.7", objects: objects("argo") },
    });
    assert.deepEqual(asked, ["https://raw.githubusercontent.com/argoproj/argo-cd/v3.4.7/manifests/install.yaml"]);
  });

  const spellings: [written: string, version: string, told: string][] = [
    ["v1.14.0", "1.14.0", "v1.14.0"],
    ["1.14", "1.14.0", "v1.14.0"],
    ["1.16.0-rc2", "1.16.0-rc2", "v1.16.0-rc2"],
  ];
  for (const [written, version, told] of spellings) {
    it(`asks for one version, however it is written: ${written}`, async () => {
      answers[`/tekton-releases/pipeline/previous/v${version}/release.yaml`] = info(told);
      const { tektonPipelines } = await read({ tektonPipelines: { mode: "install", version: written } });
      assert.equal(tektonPipelines!.missing, undefined);
      assert.equal(tektonPipelines!.version, version);
    });
  }

  it("reads the offline folder and tells the version that it holds", async () => {
    await writeFile(path.join(manifestsFolder, "tekton-pipelines.yaml"), info("v1.14.1"));
    const { tektonPipelines } = await read({ tektonPipelines: { mode: "auto" } }, { manifestsFolder });
    assert.equal(tektonPipelines!.version, "1.14.1");
    assert.equal(tektonPipelines!.objects!.length, 1);
    assert.deepEqual(asked, []);
  });

  it("downloads nothing beside an offline folder", async () => {
    const url = `${address}/a.yaml`;
    const { tektonPipelines, argoCd } = await read(
      { tektonPipelines: { mode: "auto" }, argoCd: { mode: "auto", manifests: [url] } },
      { manifestsFolder },
    );
    const file = path.join(manifestsFolder, "tekton-pipelines.yaml");
    assert.deepEqual(tektonPipelines, {
      version: "1.15.0",
      missing:
        `Tekton Pipelines 1.15.0 cannot be installed: there is no file ${file}; name its manifests (URLs or files) in ` +
        "platform.tektonPipelines.manifests, or set OKD_STREAMS_OFFLINE to a folder that has manifests/tekton-pipelines.yaml.",
    });
    assert.match(argoCd!.missing!, /: http:\S+\/a\.yaml is not read because OKD_STREAMS_OFFLINE is set; name/);
    assert.deepEqual(asked, []);
  });

  it("prefers what the stack names, files and addresses, and downloads these anew each time", async () => {
    await writeFile(path.join(manifestsFolder, "tekton-pipelines.yaml"), manifest("offline"));
    const file = path.join(folder, "own.yaml");
    await writeFile(file, manifest("own"));
    answers["/more.yaml"] = manifest("more");
    const tektonPipelines: PartSettings = { mode: "install", manifests: [file, "http://example.org/more.yaml"] };
    const expected = { tektonPipelines: { version: "1.15.0", objects: objects("own", "more") } };
    assert.deepEqual(await read({ tektonPipelines }), expected);
    assert.deepEqual(await read({ tektonPipelines }), expected);
    assert.deepEqual(asked, ["http://example.org/more.yaml", "http://example.org/more.yaml"]);
  });

  it("leaves out what two files repeat", async () => {
    const [a, b] = [path.join(folder, "a.yaml"), path.join(folder, "b.yaml")];
    await writeFile(a, `${manifest("same")}---\n${manifest("a")}`);
    await writeFile(b, manifest("same"));
    const { argoCd } = await read({ argoCd: { mode: "install", manifests: [a, b] } });
    assert.deepEqual(argoCd!.objects, objects("same", "a"));
  });

  it("reads a changed text anew", async () => {
    const file = path.join(manifestsFolder, "argo-cd.yaml");
    for (const name of ["a", "b", "a"]) {
      await writeFile(file, manifest(name));
      const { argoCd } = await read({ argoCd: { mode: "auto" } }, { manifestsFolder });
      assert.deepEqual(argoCd!.objects, objects(name));
    }
  });

  it("goes on where the cache cannot be written", async () => {
    answers["/argoproj/argo-cd/v3.5.7/manifests/install.yaml"] = manifest("argo");
    const occupied = path.join(folder, "file");
    await writeFile(occupied, "");
    const { argoCd } = await read({ argoCd: { mode: "auto" } }, { cacheFolder: path.join(occupied, "cache") });
    assert.deepEqual(argoCd!.objects, objects("argo"));
  });

  it("does not count as installed what holds no objects: a file of the stack, of the cache, of the offline folder", async () => {
    const file = path.join(folder, "empty.yaml");
    await writeFile(file, "");
    const own = await read({ argoCd: { mode: "install", manifests: [file] } });
    assert.match(own.argoCd!.missing!, /: \S+\/empty\.yaml holds no Kubernetes objects; name/);
    await mkdir(cacheFolder, { recursive: true });
    await writeFile(path.join(cacheFolder, "argo-cd-3.5.7.yaml"), "# nothing\n---\n");
    const cached = await read({ argoCd: { mode: "install" } });
    assert.match(cached.argoCd!.missing!, /: \S+\/argo-cd-3\.5\.7\.yaml holds no Kubernetes objects; name/);
    await writeFile(path.join(manifestsFolder, "argo-cd.yaml"), "{apiVersion: v1, kind: List, items: []}");
    const offline = await read({ argoCd: { mode: "install" } }, { manifestsFolder });
    assert.match(offline.argoCd!.missing!, /: \S+\/argo-cd\.yaml holds no Kubernetes objects; name/);
  });

  const INSTALL = "/argoproj/argo-cd/v3.5.7/manifests/install.yaml";
  const troubles: [string, () => void, RegExp][] = [
    ["an error", () => (answers[INSTALL] = 404), /: https:\S+install\.yaml answers 404; name/],
    [
      "a page of a captive portal",
      () => (answers[INSTALL] = "<html>log in</html>"),
      /: https:\S+install\.yaml, document 1 is not a Kubernetes object but a string; name/,
    ],
    ["nothing", () => (answers[INSTALL] = "# empty"), /: https:\S+install\.yaml holds no Kubernetes objects; name/],
    ["no answer", () => undefined, /: https:\S+install\.yaml cannot be reached \(no answer within 0\.2 s\); name/],
    ["a closed port", () => server.close(), /install\.yaml cannot be reached \(.*ECONNREFUSED.*\); name/],
  ];
  for (const [what, arrange, message] of troubles) {
    it(`says why the manifests are not there: ${what}`, async () => {
      arrange();
      const { argoCd } = await read({ argoCd: { mode: "auto" } }, { deadline: 200 });
      assert.equal(argoCd!.objects, undefined);
      assert.match(argoCd!.missing!, message);
      assert.deepEqual(
        (await readdir(cacheFolder).catch(() => [])).filter((name) => name.endsWith(".yaml")),
        [],
      );
    });
  }

  it("says that the folder holds another version than the stack names", async () => {
    await writeFile(path.join(manifestsFolder, "tekton-pipelines.yaml"), info("v1.14.1"));
    const { tektonPipelines } = await read(
      { tektonPipelines: { mode: "install", version: "1.15.0" } },
      { manifestsFolder },
    );
    assert.match(
      tektonPipelines!.missing!,
      /^Tekton Pipelines 1\.15\.0 cannot be installed: \S+tekton-pipelines\.yaml is of version 1\.14\.1; name/,
    );
  });
});
