import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";
import { readKubeconfig } from "../../../components/clusters/kubeconfig";
import { Unreachable } from "../../../components/kubernetes/client";
import { connect } from "../../../components/kubernetes/connection";
import { PATH_WITH_LAB } from "../lab-path";

/** Headers that a request's credentials are in. */
type Sent = Record<string, string>;

/** `user` and `cluster` of a kubeconfig, and what is sent; kubectl is asked too where the machine has it. */
interface Case {
  what: string;
  user: string;
  cluster?: string;
  plain?: boolean;
  /** How the kubeconfig writes the server's address. @default as it is */
  server?: (address: string) => string;
  sent: Sent;
  /** kubectl asks the user instead. */
  asks?: boolean;
  /** What a plugin is told in KUBERNETES_EXEC_INFO. */
  told?: object;
}

const plugin = (more = "") =>
  `exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, interactiveMode: Never${more}}`;

const CASES: Case[] = [
  { what: "a token", user: "token: abc", sent: { authorization: "Bearer abc" } },
  {
    what: "a token in a file, without the end of its line",
    user: "tokenFile: tok",
    sent: { authorization: "Bearer of-a-file" },
  },
  {
    what: "a token in a file before one beside it",
    user: "{token: abc, tokenFile: tok}",
    sent: { authorization: "Bearer of-a-file" },
  },
  {
    what: "the token beside a file that is not there",
    user: "{token: abc, tokenFile: gone}",
    sent: { authorization: "Bearer abc" },
  },
  {
    what: "a token in a file beside a plugin, which is not asked",
    user: `{tokenFile: tok, ${plugin()}}`,
    sent: { authorization: "Bearer of-a-file" },
  },
  {
    what: "a token, to a server in capitals",
    user: "token: abc",
    server: (address) => address.replace("https", "HTTPS"),
    sent: { authorization: "Bearer abc" },
  },
  {
    what: "nothing to a server without a scheme, though TLS is prepared for",
    user: "{token: abc, client-certificate: ca.pem, client-key: ca.pem}",
    cluster: "certificate-authority: ca.pem",
    plain: true,
    server: (address) => address.replace("http://", ""),
    sent: {},
  },
  {
    what: "name and password",
    user: "{username: me, password: 'p:w'}",
    sent: { authorization: `Basic ${Buffer.from("me:p:w").toString("base64")}` },
  },
  {
    what: "somebody else's name, groups and more",
    user: "{token: abc, as: you, as-uid: '7', as-groups: [a, b], as-user-extra: {scopes: [x, z]}}",
    sent: {
      authorization: "Bearer abc",
      "impersonate-user": "you",
      "impersonate-uid": "7",
      "impersonate-group": "a, b",
      "impersonate-extra-scopes": "x, z",
    },
  },
  { what: "a plugin", user: plugin(), sent: { authorization: "Bearer of-a-plugin" }, told: { interactive: false } },
  {
    what: "a plugin that is told of the cluster",
    user: plugin(", provideClusterInfo: true, env: [{name: A, value: b}]"),
    cluster: "extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: x}}]",
    sent: { authorization: "Bearer of-a-plugin" },
    told: {
      cluster: { server: "SERVER", "certificate-authority-data": "CA", config: { audience: "x" } },
      interactive: false,
    },
  },
  {
    what: "a token beside a plugin, which is not asked",
    user: `{token: abc, ${plugin()}}`,
    sent: { authorization: "Bearer abc" },
  },
  { what: "nothing, for a context without a user", user: "", asks: true, sent: {} },
  { what: "nothing over http, as kubectl proxy wants it", user: "token: abc", plain: true, sent: {} },
];

describe("credentials of a kubeconfig", () => {
  let folder: string;
  let servers: (http.Server | https.Server)[];
  let requests: http.IncomingMessage[];
  let authority: string;

  before(async () => {
    const made = await generate([{ name: "commonName", value: "localhost" }], {
      extensions: [
        { name: "basicConstraints", cA: true },
        {
          name: "subjectAltName",
          altNames: [
            { type: 2, value: "localhost" },
            { type: 7, ip: "127.0.0.1" },
          ],
        },
      ],
    } as never);
    authority = made.cert;
    const answer: http.RequestListener = (request, response) => {
      requests.push(request);
      response.setHeader("content-type", "application/json").end('{"major": "1"}');
    };
    servers = [https.createServer({ key: made.private, cert: made.cert }, answer), http.createServer(answer)];
    for (const server of servers) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  after(() => {
    for (const server of servers) server.close().closeAllConnections();
  });
  beforeEach(() => {
    requests = [];
    folder = mkdtempSync(join(tmpdir(), "credentials-"));
    writeFileSync(join(folder, "tok"), "of-a-file\n");
    writeFileSync(join(folder, "ca.pem"), authority);
    const credential =
      '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"of-a-plugin"}}';
    writeFileSync(
      join(folder, "plugin"),
      `#!/bin/sh\nprintf %s "$KUBERNETES_EXEC_INFO" >${folder}/told\necho '${credential}'\n`,
      { mode: 0o700 },
    );
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const address = (plain = false) => {
    const { port } = servers[plain ? 1 : 0]!.address() as AddressInfo;
    return `${plain ? "http" : "https"}://127.0.0.1:${port}`;
  };

  /** Writes the kubeconfig of a case. */
  function write({ user, cluster = "", plain, server = String }: Omit<Case, "what" | "sent">): string {
    const file = join(folder, "config");
    const fields = user.startsWith("{") ? user : `{${user}}`;
    const more = [plain ? "" : "certificate-authority: ca.pem", cluster].filter(Boolean).map((it) => `, ${it}`);
    writeFileSync(
      file,
      `current-context: c
contexts: [{name: c, context: {cluster: c${user ? ", user: u" : ""}}}]
clusters: [{name: c, cluster: {server: '${server(address(plain))}'${more.join("")}}}]
users: [{name: u, user: ${fields}}]
`,
    );
    return file;
  }

  function sentOf({ headers }: http.IncomingMessage): Sent {
    return Object.fromEntries(
      Object.entries(headers)
        .filter(([name]) => /^(authorization|impersonate-.*)$/.test(name))
        .map(([name, value]) => [name, String(value)]),
    );
  }

  function told(): unknown {
    if (!existsSync(join(folder, "told"))) return undefined;
    const { spec } = JSON.parse(readFileSync(join(folder, "told"), "utf8")) as { spec: object };
    const text = JSON.stringify(spec)
      .replace(address(), "SERVER")
      .replace(Buffer.from(authority).toString("base64"), "CA");
    return JSON.parse(text);
  }

  for (const it_ of CASES) {
    it(`are ${it_.what}`, async () => {
      const cluster = await connect(await readKubeconfig(write(it_)));
      assert.deepEqual(await cluster.request("GET", "/version"), { major: "1" });
      assert.deepEqual(requests.map(sentOf), [it_.sent]);
      assert.deepEqual(told(), it_.told);
    });

    if (it_.asks) continue;
    it(`are the same for the kubectl of this machine: ${it_.what}`, async function () {
      const env = { PATH: PATH_WITH_LAB, HOME: folder };
      const child = spawn("kubectl", ["--kubeconfig", write(it_), "get", "--raw", "/version"], {
        env,
        stdio: "ignore",
      });
      const status = await new Promise<number | undefined>((resolve) => {
        child.on("error", () => resolve(undefined)).on("close", (code) => resolve(code ?? -1));
      });
      if (status === undefined) return this.skip();
      assert.equal(status, 0);
      assert.deepEqual(sentOf(requests.at(-1)!), it_.sent);
      if (it_.told) assert.deepEqual(told(), it_.told);
    });
  }

  const failures: [what: string, user: string, message: RegExp][] = [
    [
      "a plugin that is not there, with what its kubeconfig says of it",
      plugin(", installHint: 'get it from example.org'").replace("./plugin", "./gone"),
      /^the kubeconfig cannot be used: the credential plugin \S+\/gone of the kubeconfig cannot be run \(ENOENT\); get it from example\.org$/,
    ],
    [
      "a plugin that fails",
      plugin().replace("./plugin", "'false'"),
      /^the kubeconfig cannot be used: the credential plugin false of the kubeconfig gives no credentials \(no word\)$/,
    ],
    [
      "a token's file that is not there",
      "tokenFile: gone",
      /^the kubeconfig cannot be used: the token's file \S+\/gone cannot be read \(ENOENT\)$/,
    ],
  ];
  for (const [what, user, message] of failures) {
    it(`are missed: ${what}`, async () => {
      const cluster = await connect(await readKubeconfig(write({ user })));
      await assert.rejects(cluster.request("GET", "/version"), (error: Error) => {
        assert.ok(error instanceof Unreachable);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it("reads a token's file again, as it is replaced", async () => {
    const kubeconfig = await readKubeconfig(write({ user: "tokenFile: tok" }));
    writeFileSync(join(folder, "tok"), "another");
    await (await connect(kubeconfig)).request("GET", "/version");
    assert.deepEqual(requests.map(sentOf), [{ authorization: "Bearer another" }]);
  });

  it("takes an authority in the kubeconfig before a file", async () => {
    const data = `certificate-authority-data: ${Buffer.from(authority).toString("base64")}`;
    writeFileSync(join(folder, "ca.pem"), "no certificate");
    const cluster = await connect(await readKubeconfig(write({ user: "", cluster: data })));
    assert.deepEqual(await cluster.request("GET", "/version"), { major: "1" });
  });
});
