import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import { prepareWorkspace } from "../../../stacks/commands/engine/workspace";
import { renderProjectFile, renderStackFile } from "../../../stacks/commands/engine/settings";
import { loadConfiguration } from "../../../stacks/configuration/load";
import { PROJECT_FOLDER, readEnvironment } from "../../../stacks/environment";

describe("the workspace of a stack", () => {
  const variables = ["XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "PULUMI_HOME", "PULUMI_CONFIG_PASSPHRASE"];
  const saved = Object.fromEntries(
    [...variables, "PULUMI_CONFIG_PASSPHRASE_FILE", "OKD_STREAMS_OFFLINE"].map((it) => [it, process.env[it]]),
  );
  let home: string;

  beforeEach(() => {
    home = fs.mkdtempSync(path.join(os.tmpdir(), "okd-streams-"));
    for (const name of Object.keys(saved)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, {
      XDG_CACHE_HOME: path.join(home, "cache"),
      XDG_DATA_HOME: path.join(home, "data"),
      XDG_CONFIG_HOME: path.join(home, "config"),
    });
  });
  afterEach(() => {
    fs.rmSync(home, { recursive: true });
    for (const [name, value] of Object.entries(saved)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  });

  const prepare = (settings: object = {}) =>
    prepareWorkspace({ ...loadConfiguration(PROJECT_FOLDER, "kind"), ...settings }, readEnvironment("kind"));
  const mode = (file: string) => fs.statSync(file).mode & 0o777;

  it("has what the engine needs, closed to others", () => {
    const { folder, variables: given } = prepare();
    assert.equal(folder, path.join(home, "data", "okd-streams", "workspaces", "kind"));
    const passphrase = path.join(home, "config", "okd-streams", "passphrase");
    assert.equal(given.PULUMI_CONFIG_PASSPHRASE_FILE!, passphrase);
    assert.equal(given.PULUMI_BACKEND_URL, `file://${path.join(home, "data", "okd-streams", "pulumi")}`);
    assert.equal(given.PULUMI_HOME, path.join(home, "cache", "okd-streams", "pulumi"));
    assert.equal(given.PULUMI_SKIP_UPDATE_CHECK, "true");
    assert.equal(given.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION, undefined);
    assert.equal(mode(passphrase), 0o600);
    assert.ok(fs.readFileSync(passphrase, "utf8").trim().length >= 32);
    assert.equal(mode(folder), 0o700);
    assert.equal(mode(path.join(home, "data", "okd-streams", "pulumi")), 0o700);
    assert.ok(fs.existsSync(path.join(folder, "node_modules", "@pulumi", "pulumi", "package.json")));
    const project = parse(fs.readFileSync(path.join(folder, "Pulumi.yaml"), "utf8")) as Record<string, unknown>;
    assert.equal(project.main, path.join(PROJECT_FOLDER, "stacks", "index.ts"));
    assert.ok(!("stackConfigDir" in project));
  });

  it("keeps passphrase and salt from one run to the next", () => {
    const { folder, variables: given } = prepare();
    const passphrase = fs.readFileSync(given.PULUMI_CONFIG_PASSPHRASE_FILE!, "utf8");
    const file = path.join(folder, "Pulumi.kind.yaml");
    fs.writeFileSync(file, `encryptionsalt: v1:salt\n${fs.readFileSync(file, "utf8")}`);
    prepare();
    assert.equal((parse(fs.readFileSync(file, "utf8")) as Record<string, unknown>).encryptionsalt, "v1:salt");
    assert.equal(fs.readFileSync(given.PULUMI_CONFIG_PASSPHRASE_FILE!, "utf8"), passphrase);
  });

  it("changes no tracked file", () => {
    const tracked = ["Pulumi.yaml", "stacks/Pulumi.kind.yaml"].map((file) => path.join(PROJECT_FOLDER, file));
    const before = tracked.map((file) => [fs.readFileSync(file, "utf8"), fs.statSync(file).mtimeMs]);
    prepare();
    assert.deepEqual(
      tracked.map((file) => [fs.readFileSync(file, "utf8"), fs.statSync(file).mtimeMs]),
      before,
    );
  });

  it("remembers the offline folder, as long as that is there and no other is named", () => {
    const offline = fs.mkdtempSync(path.join(home, "offline-"));
    process.env.OKD_STREAMS_OFFLINE = offline;
    prepare();
    Reflect.deleteProperty(process.env, "OKD_STREAMS_OFFLINE");
    assert.equal(readEnvironment("kind").offlineFolder, offline);
    assert.equal(readEnvironment("existing").offlineFolder, undefined);
    process.env.OKD_STREAMS_OFFLINE = "";
    assert.equal(readEnvironment("kind").offlineFolder, undefined);
    Reflect.deleteProperty(process.env, "OKD_STREAMS_OFFLINE");
    fs.rmdirSync(offline);
    assert.equal(readEnvironment("kind").offlineFolder, undefined);
  });

  it("forgets the offline folder once it is used without", () => {
    process.env.OKD_STREAMS_OFFLINE = home;
    prepare();
    process.env.OKD_STREAMS_OFFLINE = "";
    prepare();
    Reflect.deleteProperty(process.env, "OKD_STREAMS_OFFLINE");
    assert.equal(readEnvironment("kind").offlineFolder, undefined);
  });

  it("follows a project that was moved", () => {
    const { folder } = prepare();
    fs.rmSync(path.join(folder, "node_modules"));
    fs.symlinkSync("/somewhere/else", path.join(folder, "node_modules"));
    prepare();
    assert.equal(fs.readlinkSync(path.join(folder, "node_modules")), path.join(PROJECT_FOLDER, "node_modules"));
  });

  it("leaves a shared backend and another way of encryption to the stack's settings", () => {
    const {
      variables: given,
      secretsProvider,
      folder,
    } = prepare({
      backend: "s3://states",
      secretsProvider: "awskms://alias/okd",
    });
    assert.equal(given.PULUMI_BACKEND_URL, "s3://states");
    assert.equal(given.PULUMI_CONFIG_PASSPHRASE_FILE!, undefined);
    assert.equal(secretsProvider, "awskms://alias/okd");
    const file = parse(fs.readFileSync(path.join(folder, "Pulumi.kind.yaml"), "utf8")) as Record<string, unknown>;
    assert.equal(file.secretsprovider, "awskms://alias/okd");
    assert.deepEqual(fs.readdirSync(path.join(home, "data", "okd-streams")), ["workspaces"]);
  });

  it("takes the user's own passphrase where one is set", () => {
    process.env.PULUMI_CONFIG_PASSPHRASE = "";
    assert.equal(prepare().variables.PULUMI_CONFIG_PASSPHRASE_FILE, undefined);
    assert.ok(!fs.existsSync(path.join(home, "config")));
  });

  it("has the engine download nothing where there is an offline folder", () => {
    process.env.OKD_STREAMS_OFFLINE = path.join(home, "offline");
    const { variables: given } = prepare();
    assert.equal(given.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION, "true");
    assert.equal(given.OKD_STREAMS_OFFLINE, path.join(home, "offline"));
  });
});

describe("settings for the engine", () => {
  const tracked = "config:\n  okd-streams:rehearsal: true\n  okd-streams:streams:\n    - version: '4.20'\n";

  it("keeps nothing of a replaced file but what the engine wrote", () => {
    const former = "encryptionsalt: v1:kept\nconfig:\n  okd-streams:gone: 1\n";
    assert.deepEqual(parse(renderStackFile({ tracked, former, secretsProvider: "passphrase" })), {
      encryptionsalt: "v1:kept",
      config: { "okd-streams:rehearsal": true, "okd-streams:streams": [{ version: "4.20" }] },
    });
  });

  it("hands the tracked text on as it stands: its quotes tell a text from a date", () => {
    const text = `# ours\n${tracked}      schedule: {since: "2026-01-05"}   # a comment\r\n`;
    assert.equal(renderStackFile({ tracked: text, secretsProvider: "passphrase" }), text);
    const former = 'encryptionsalt: "v1:2026-01-05"\n';
    const own = renderStackFile({ tracked: text, former, secretsProvider: "passphrase" });
    assert.equal(own, text.replace("# ours\n", "# ours\nencryptionsalt: v1:2026-01-05\n"));
  });

  const shapes: [what: string, text: string, expected: string][] = [
    ["in brackets", '{"config": {}}\n', '{encryptionsalt: "v1:kept", "config": {}}\n'],
    ["behind a separator", "---\nconfig: {}\n...\n", "---\nencryptionsalt: v1:kept\nconfig: {}\n...\n"],
    [
      "that is indented",
      "  config: {}\n  environment: {}\n",
      "  encryptionsalt: v1:kept\n  config: {}\n  environment: {}\n",
    ],
    ["with a mark", "\uFEFFconfig: {}\n", "\uFEFFencryptionsalt: v1:kept\nconfig: {}\n"],
    ["without settings", "# nothing\n", "encryptionsalt: v1:kept\n"],
  ];
  for (const [what, text, expected] of shapes) {
    it(`adds the salt to a file ${what}`, () => {
      const former = "encryptionsalt: v1:kept\n";
      assert.equal(renderStackFile({ tracked: text, former, secretsProvider: "passphrase" }), expected);
    });
  }

  it("prefers a salt that is tracked: a shared backend has one for all", () => {
    const shared = `encryptionsalt: v1:tracked\n${tracked}`;
    const file = renderStackFile({
      tracked: shared,
      former: "encryptionsalt: v1:kept\n",
      secretsProvider: "passphrase",
    });
    assert.equal((parse(file) as Record<string, unknown>).encryptionsalt, "v1:tracked");
  });

  it("points the project at its program from afar", () => {
    const file = renderProjectFile(
      "name: okd-streams\nmain: stacks/index.ts\nstackConfigDir: stacks\n",
      "/p/stacks/index.ts",
    );
    assert.deepEqual(parse(file), { name: "okd-streams", main: "/p/stacks/index.ts" });
  });
});
