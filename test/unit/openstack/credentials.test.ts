import * as assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { readCredentials } from "../../../components/openstack/credentials";
import { renderAuth } from "../../../components/openstack/keystone";

describe("OpenStack credentials", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "okd-streams-clouds-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  const CLOUDS = `
clouds:
  openstack:
    auth_type: v3applicationcredential
    auth: {auth_url: "https://esi.example:13000/", application_credential_id: abc, application_credential_secret: shh}
    region_name: RegionOne
    interface: publicURL
  people:
    auth: {auth_url: https://ks/v3, username: me, password: shh, project_name: mine, user_domain_id: d1, project_domain_name: D2}
  system:
    auth: {auth_url: https://ks/v3, username: me, password: shh, system_scope: all}
`;
  const read = (cloud: string, more: NodeJS.ProcessEnv = {}) =>
    readCredentials(cloud, { OS_CLIENT_CONFIG_FILE: write("clouds.yaml", CLOUDS), ...more });

  it("are an application credential, which knows its project itself", () => {
    const credentials = read("openstack");
    assert.deepEqual(credentials, {
      name: "openstack",
      cloud: "openstack",
      authUrl: "https://esi.example:13000",
      region: "RegionOne",
      interface: "public",
      identity: { method: "application_credential", id: "abc", secret: "shh" },
    });
    assert.deepEqual(renderAuth(credentials), {
      auth: { identity: { methods: ["application_credential"], application_credential: { id: "abc", secret: "shh" } } },
    });
  });

  it("are a user's password for a project", () => {
    assert.deepEqual(renderAuth(read("people")), {
      auth: {
        identity: { methods: ["password"], password: { user: { name: "me", domain: { id: "d1" }, password: "shh" } } },
        scope: { project: { name: "mine", domain: { name: "D2" } } },
      },
    });
  });

  it("are an administrator's for the whole system", () => {
    assert.deepEqual(read("system").scope, { system: { all: true } });
  });

  it("are those of the cloud that OS_CLOUD names, in the region that OS_REGION_NAME names", () => {
    const { name, region } = read("people", { OS_CLOUD: "openstack", OS_REGION_NAME: "north" });
    assert.deepEqual({ name, region }, { name: "openstack", region: "north" });
  });

  it("have no cloud's name where they are the OS_… variables", () => {
    assert.equal(
      readCredentials("envvars", {
        OS_AUTH_URL: "https://ks/v3",
        OS_AUTH_TYPE: "token",
        OS_TOKEN: "t",
        OS_PROJECT_ID: "p",
      }).cloud,
      undefined,
    );
  });

  it("take what secure.yaml beside it adds", () => {
    write("secure.yaml", "clouds: {people: {auth: {password: other}}}");
    const { identity } = read("people");
    assert.deepEqual(identity, {
      method: "password",
      user: { name: "me", domain: { id: "d1" } },
      password: "other",
    });
  });

  it("are found in the user's folder", () => {
    write("openstack/clouds.yaml", CLOUDS);
    assert.equal(readCredentials("openstack", { XDG_CONFIG_HOME: folder }).name, "openstack");
  });

  it("are the OS_ variables where no file is, or where OS_CLOUD says so", () => {
    const variables = {
      OS_AUTH_URL: "https://ks",
      OS_USERNAME: "me",
      OS_PASSWORD: "shh",
      OS_PROJECT_ID: "p1",
      OS_REGION_NAME: "north",
    };
    const expected = {
      name: "the environment's OS_… variables",
      authUrl: "https://ks",
      region: "north",
      interface: "public",
      identity: { method: "password", user: { name: "me", domain: { name: "Default" } }, password: "shh" },
      scope: { project: { id: "p1" } },
    };
    assert.deepEqual(readCredentials("openstack", { ...variables, XDG_CONFIG_HOME: folder }), expected);
    assert.deepEqual(read("openstack", { ...variables, OS_CLOUD: "envvars" }), expected);
  });

  it("that are not there are asked for, with the place", () => {
    assert.throws(() => readCredentials("openstack", { XDG_CONFIG_HOME: folder }), {
      message:
        `There are no credentials for OpenStack: put a clouds.yaml with the cloud openstack into ${folder}/openstack, ` +
        "or set OS_AUTH_URL and the other OS_… variables.",
      exitCode: 3,
    });
  });

  const mistakes: Record<string, [cloud: string, file: string, message: RegExp]> = {
    "an unknown cloud": [
      "moc",
      "clouds: {a: {}, b: {}}",
      /clouds\.yaml has no cloud moc, it has a, b: set cluster\.cloud/,
    ],
    "no password": [
      "a",
      "clouds: {a: {auth: {auth_url: u, username: m, project_id: p}}}",
      /^The credentials of a lack password: /,
    ],
    "no address": ["a", "clouds: {a: {auth: {username: m, password: p, project_id: p}}}", /lack auth_url/],
    "another way to log in": [
      "a",
      "clouds: {a: {auth_type: v3oidcpassword, auth: {auth_url: u}}}",
      /auth_type oidcpassword/,
    ],
    "broken YAML": ["a", "clouds: {a: {auth: {password: shh", /is not a YAML file with a map `clouds`\.$/],
    "no clouds": ["a", "a: 1", /is not a YAML file with a map/],
  };
  for (const [what, [cloud, text, message]] of Object.entries(mistakes)) {
    it(`with ${what} are refused in a sentence without a secret`, () => {
      const file = write("clouds.yaml", text);
      assert.throws(
        () => readCredentials(cloud, { OS_CLIENT_CONFIG_FILE: file }),
        (error: Error) => message.test(error.message) && !error.message.includes("shh"),
      );
    });
  }
});
