import assert from "node:assert/strict";
import { brokenRules } from "../../../stacks/configuration/rules";
import { configurationSchema } from "../../../stacks/configuration/schema";

const BASE = `quay.io/okd/centos-stream-coreos-9@sha256:${"a".repeat(64)}`;
const LAYER = { name: "test", version: "4.21", base: BASE, packages: { add: ["cri-o"] } };
const configurationOf = (...layers: object[]) => ({ cluster: { type: "kind" }, layers });

/** Paths that the schema refuses in a layer, without what all have before them. */
function refused(changes: object): string[] {
  const { error } = configurationSchema.safeParse(configurationOf({ ...LAYER, ...changes }));
  return error?.issues.map(({ path }) => path.slice(2).join(".")) ?? [];
}

describe("a layer's configuration", () => {
  it("takes what packages, repositories, files and units are called", () => {
    const layer = {
      base: `127.0.0.1:5000/a/b-c_d@sha256:${"0".repeat(64)}`,
      packages: {
        add: ["gcc-c++", "NetworkManager-ovs", "cri-o-1.34.0-1.el9", "libstdc++.x86_64", "bash-0:5.1~rc1^git"],
        replace: { "copr:copr.fedorainfracloud.org:rhcontainerbot:podman-next": ["podman"] },
      },
      repositories: [{ name: "c9s-rt", baseUrl: "https://mirror/$basearch/os", includes: ["openshift-*"] }],
      files: [
        { path: "/etc/yum.repos.d/a@b+c.repo", contents: "", mode: "0755" },
        { path: "/usr/localtime", contents: "" },
      ],
      units: [{ name: "getty@tty1.service" }, { name: "var-lib-etcd.mount", contents: "[Mount]" }],
      architectures: ["arm64"],
    };
    assert.deepEqual(refused(layer), []);
  });

  const shell = [
    "a b",
    "a;b",
    "$(id)",
    "`id`",
    "a\nRUN id",
    "a|b",
    "a&&b",
    "a\\",
    "--root=/",
    "-x",
    "a'b",
    'a"b',
    "a>b",
    "",
  ];
  const places: [string, (value: string) => object][] = [
    ["packages.add.0", (value) => ({ packages: { add: [value] } })],
    ["packages.remove.0", (value) => ({ packages: { remove: [value] } })],
    ["packages.replace.next.0", (value) => ({ packages: { replace: { next: [value] } } })],
    ["kernel.0", (value) => ({ kernel: [value] })],
    ["repositories.0.name", (value) => ({ repositories: [{ name: value, baseUrl: "https://example.org" }] })],
    ["units.0.name", (value) => ({ units: [{ name: `${value}.service` }] })],
    ["files.0.path", (value) => ({ files: [{ path: `/etc/${value}`, contents: "" }] })],
    ["name", (value) => ({ name: value })],
    ["version", (value) => ({ version: value })],
    ["base", (value) => ({ base: `quay.io/${value}@sha256:${"a".repeat(64)}` })],
    ["base.release", (value) => ({ base: { release: `quay.io/okd/release:4.21${value}` } })],
    ["kernel.from", (value) => ({ kernel: { from: value } })],
  ];
  for (const [path, place] of places) {
    it(`has no way from ${path} into a Containerfile or a shell`, () => {
      const taken = shell.filter((value) => refused(place(value)).join() !== path);
      // a name that begins with a dash is an option to a program, not a part of a path
      const harmless = path === "base.release" ? ["-x", ""] : /^(files|base)/.test(path) ? ["-x"] : [];
      assert.deepEqual(taken, harmless);
    });
  }
  it("has no way from the name of a repository into a Containerfile or a shell", () => {
    const taken = shell.filter((name) => refused({ packages: { replace: { [name]: ["podman"] } } }).length === 0);
    assert.deepEqual(taken, []);
  });

  for (const path of [
    ...["/var/lib/x", "/usr/local/bin/x", "/opt/x", "/home/x", "etc/x", "/etc", "/etc/", "/etc/../var/x", "/etc/./x"],
    ...["/etc/a/../b", "/usr/lib/..", "/etcetera/x", "/etc//x"],
  ]) {
    it(`puts no file to ${path}`, () => {
      assert.deepEqual(refused({ files: [{ path, contents: "" }] }), ["files.0.path"]);
    });
  }

  it("has a name that leaves room for the rest of a run's", () => {
    assert.deepEqual(refused({ name: "n".repeat(14) }), []);
    assert.deepEqual(refused({ name: "n".repeat(15) }), ["name"]);
  });

  it("takes no base by a tag", () => {
    const digest = BASE.split("@")[1];
    for (const base of [
      "quay.io/okd/x:4.21",
      `quay.io/okd/x:4.21@${digest}`,
      "quay.io/okd/x",
      `x@${digest}`,
      `${BASE}0`,
      `${BASE}\nRUN id`,
    ]) {
      assert.deepEqual(refused({ base }), ["base"], base);
    }
  });

  it("takes a release by its name or by an image, with a place of signatures and a key", () => {
    const signatures = { store: "https://example.org/s", key: "https://example.org/k" };
    for (const release of [
      "4.21.0-okd-scos.3",
      "quay.io/okd/scos-release:4.21",
      `a.b:5000/c/d@sha256:${"0".repeat(64)}`,
    ]) {
      assert.deepEqual(refused({ base: { release, signatures } }), [], release);
    }
    for (const release of [
      "latest",
      "scos-release:4.21",
      "quay.io/okd/scos-release",
      "quay.io/okd/scos-release@sha256:0",
    ]) {
      assert.deepEqual(refused({ base: { release } }), ["base.release"], release);
    }
    assert.deepEqual(refused({ base: { release: "4.21.0", signatures: { ...signatures, key: "key.pub" } } }), [
      "base.signatures.key",
    ]);
    assert.deepEqual(refused({ base: { release: "4.21.0", signatures: { store: signatures.store } } }), ["base"]);
    assert.deepEqual(refused({ base: {} }), ["base"]);
  });

  it("takes rights of files in octal, and none of another user", () => {
    for (const mode of ["644", "4755", "rwx", "0999"]) {
      assert.deepEqual(refused({ files: [{ path: "/etc/x", contents: "", mode }] }), ["files.0.mode"], mode);
    }
  });

  it("needs to be one layer, on something, that changes something", () => {
    const problems = (...layers: object[]) =>
      brokenRules(configurationSchema.parse(configurationOf(...layers))).map(
        ({ path, sentence }) => `${path.join(".")} ${sentence}`,
      );
    assert.deepEqual(problems(LAYER, { ...LAYER, name: "other" }), []);
    assert.deepEqual(problems(LAYER, LAYER), ['layers.1.name is "test" again, as in layers[0]']);
    assert.deepEqual(problems({ ...LAYER, base: undefined }), [
      "layers.0.base is missing and no stream builds 4.21: name an image by digest or a release, or add that stream",
    ]);
    assert.deepEqual(problems({ ...LAYER, packages: {}, repositories: [{ name: "a", baseUrl: "https://a" }] }), [
      "layers.0 changes nothing: name packages, a kernel, files or units",
    ]);
    assert.deepEqual(problems({ ...LAYER, packages: { replace: { next: ["podman"] } } }), [
      "layers.0.packages.replace.next is none of the layer's repositories: add it to them",
    ]);
    assert.deepEqual(problems({ ...LAYER, kernel: { from: "next" } }), [
      "layers.0.kernel.from is none of the layer's repositories: add it to them",
    ]);
    assert.deepEqual(problems({ ...LAYER, base: { release: "4.21.0-okd-scos.3" } }), []);
    assert.deepEqual(problems({ ...LAYER, base: { release: "example.org:5000/release:5.0.0-mine.1" } }), [
      'layers.0.version is "4.21", but base.release is of 5.0: name the one that is meant',
    ]);
  });
});
