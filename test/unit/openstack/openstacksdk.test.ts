import * as assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import { readCredentials, type Credentials } from "../../../components/openstack/credentials";
import { endpointOf, renderAuth, tokenUrl, type CatalogueEntry } from "../../../components/openstack/keystone";
import { variablesOf } from "../../../components/openstack/variables";
import { UserError } from "../../../components/errors";

/** A case of openstacksdk/cases.yaml. */
interface Case {
  name: string;
  cloud: string;
  env?: Record<string, string>;
  files?: Record<string, string>;
}

/** What goes over the wire, as openstacksdk/record.py keeps it. */
interface Wire {
  url: string;
  body: { auth: { identity: object; scope?: object } };
  /** Or the file of the authorities that are trusted. */
  verify: boolean | string;
  cert: string | [cert: string, key: string] | null;
  /** Ironic's. */
  endpoint: string;
}

const FOLDER = path.join(__dirname, "openstacksdk");
const cases = parse(readFileSync(path.join(FOLDER, "cases.yaml"), "utf8"), { merge: true }) as Case[];
/** Of openstacksdk 4.22.0, by record.py, in whose comment stands how. test/services asks the lab's again. */
const { recorded } = JSON.parse(readFileSync(path.join(FOLDER, "recorded.json"), "utf8")) as {
  recorded: Record<string, Wire | { error: string }>;
};

const catalogue: CatalogueEntry[] = [
  {
    type: "baremetal",
    endpoints: ["south", "north"].flatMap((region) =>
      ["public", "internal", "admin"].map((name) => ({
        interface: name,
        region,
        url: `https://${name}.${region}.example`,
      })),
    ),
  },
];

describe("credentials, as openstacksdk reads them", () => {
  let root: string;
  beforeEach(() => {
    root = realpathSync(mkdtempSync(path.join(tmpdir(), "okd-streams-clouds-")));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("are held against every case that was recorded, and no other", () => {
    assert.deepEqual(Object.keys(recorded).sort(), cases.map(({ name }) => name).sort());
    assert.ok(cases.length >= 25);
  });

  for (const { name, cloud, env = {}, files = {} } of cases) {
    it(name, () => {
      for (const [file, text] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
        writeFileSync(path.join(root, file), text);
      }
      const variables = Object.fromEntries(
        Object.entries(env).map(([key, value]) => [key, value.replace("{root}", root)]),
      );
      const read = () =>
        readCredentials(cloud, { ...variables, HOME: path.join(root, "home") }, path.join(root, "cwd"));
      const expected = recorded[name]!;
      if ("error" in expected) return assert.throws(read, UserError);
      const credentials = read();
      const { tls = { verify: true }, region = "south" } = credentials;
      const { ca, cert, key } = tls as { ca?: string; cert?: string; key?: string };
      const session = { token: "", expires: 0, roles: [], catalogue };
      const wire: Wire = {
        url: tokenUrl(credentials),
        body: renderAuth(credentials) as Wire["body"],
        verify: ca ?? tls.verify,
        cert: cert ? (key ? [cert, key] : cert) : null,
        // Where no region is named openstacksdk takes the catalogue's first, and this project asks for one.
        endpoint: endpointOf(session, "baremetal", { ...credentials, region }),
      };
      const { methods } = expected.body.auth.identity as { methods: string[] };
      // Keystone refuses an application credential with a scope ("cannot request a scope"), which openstacksdk sends.
      if (methods.includes("application_credential")) delete expected.body.auth.scope;
      assert.deepEqual(JSON.parse(JSON.stringify(wire).replaceAll(root, "{root}")), expected);

      // What Pulumi's plugin gets is the same account.
      const again = readCredentials("envvars", { ...variablesOf(credentials), HOME: path.join(root, "none") }, root);
      const account = ({ name, cloud: _cloud, services, notes, ...rest }: Credentials) => rest;
      assert.deepEqual(account(again), account(credentials));
    });
  }
});
