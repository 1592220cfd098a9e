import { readFileSync } from "node:fs";
import type * as https from "node:https";
import type { Cluster, KubeConfig, User } from "@kubernetes/client-node";
import { UserError } from "../errors";
import { proxyFor } from "../proxy";
import { readDocuments } from "./yaml";

type Fields = Record<string, unknown>;

/** A cluster and a user of a kubeconfig, as the file has them. */
interface Connection {
  cluster: Fields & { server: string };
  user: Fields;
}

/**
 * A kubeconfig for the client, completed with what kubectl does and the client does not: kubectl's YAML, servers without a scheme
 * or without TLS, contexts without a user, inline data before files, exec plugins that receive the cluster's details, and the
 * proxy of the environment. The kubeconfig library is loaded here, on demand, because loading it takes longer than a whole preview
 * should.
 */
export async function loadKubeConfig(kubeconfig: string): Promise<KubeConfig> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const connection = currentOf(kubeconfig);
  const config = new KubeConfig();
  config.loadFromOptions({
    contexts: [{ name: "current", cluster: "current", user: "current" }],
    clusters: [clusterOf(connection)],
    users: [userOf(connection)],
    currentContext: "current",
  });
  return config;
}

/**
 * Server and options of requests with a kubeconfig's credentials.
 *
 * @throws UserError where the kubeconfig's plugin or files give none
 */
export async function credentialsOf(config: KubeConfig): Promise<{ server: string; options: https.RequestOptions }> {
  const server = config.getCurrentCluster()?.server;
  if (!server) throw new UserError("no current context, or its cluster is not there");
  const user = config.getCurrentUser() as ForeignUser | null;
  const options: https.RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    throw user?.exec ? pluginFailure(user.exec as Plugin, error as NodeJS.ErrnoException) : error;
  }
  const token = user?.tokenFile !== undefined ? readToken(user.tokenFile, user.token) : undefined;
  options.headers = {
    ...options.headers,
    ...user?.impersonation,
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
  };
  return { server: server.replace(/\/$/, ""), options };
}

type ForeignUser = User & { tokenFile?: string; impersonation?: Record<string, string | string[]> };
type Plugin = { command: string; installHint?: string };

function currentOf(kubeconfig: string): Connection {
  const content = (readDocuments(kubeconfig, "the kubeconfig")[0]?.value ?? {}) as Record<string, unknown>;
  const find = (list: string, key: string, name: unknown) => {
    const entries = (content[list] ?? []) as Fields[];
    return entries.find((it) => it.name === name)?.[key] as Fields | undefined;
  };
  const context = find("contexts", "context", content["current-context"]);
  const cluster = context && find("clusters", "cluster", context.cluster);
  if (!cluster?.server) throw new UserError("no current context, or its cluster is not there");
  const user = find("users", "user", context?.user) ?? {};
  return { cluster: { ...cluster, server: withScheme(String(cluster.server)) }, user };
}

/** To kubectl a server without a scheme is one without TLS, whatever authority and certificates stand beside it. */
function withScheme(server: string): string {
  return /^[a-z]+:\/\//i.test(server) ? server : `http://${server}`;
}

const isSecure = ({ cluster: { server } }: Connection) => server.toLowerCase().startsWith("https:");

function clusterOf(connection: Connection): Cluster {
  const { cluster } = connection;
  const proxy = cluster["proxy-url"] ?? proxyFor(new URL(cluster.server))?.href;
  const authority = dataOrFile(cluster, "certificate-authority");
  return {
    name: "current",
    server: cluster.server,
    // The client talks to no server without TLS unless it may skip the check of its certificate.
    skipTLSVerify: cluster["insecure-skip-tls-verify"] === true || !isSecure(connection),
    ...(authority.data && { caData: authority.data }),
    ...(authority.file && { caFile: authority.file }),
    ...(cluster["tls-server-name"] ? { tlsServerName: String(cluster["tls-server-name"]) } : {}),
    ...(typeof proxy === "string" && proxy !== "" && { proxyUrl: proxy }),
  };
}

function userOf(connection: Connection): ForeignUser {
  const { user } = connection;
  const impersonation = impersonationOf(user);
  // kubectl sends no credentials where everybody can read them.
  if (!isSecure(connection)) return { name: "current", impersonation } as ForeignUser;
  const [certificate, key] = [dataOrFile(user, "client-certificate"), dataOrFile(user, "client-key")];
  const text = (name: string) => (user[name] ? { [name]: String(user[name]) } : {});
  // Whoever has credentials already needs no plugin.
  const needsPlugin =
    !["token", "tokenFile", "username"].some((name) => user[name]) && !certificate.data && !certificate.file;
  return {
    name: "current",
    ...(certificate.data && { certData: certificate.data }),
    ...(certificate.file && { certFile: certificate.file }),
    ...(key.data && { keyData: key.data }),
    ...(key.file && { keyFile: key.file }),
    ...text("token"),
    ...text("tokenFile"),
    ...text("username"),
    ...(user.username ? { password: String(user.password ?? "") } : {}),
    ...(user["auth-provider"] ? { authProvider: user["auth-provider"] } : {}),
    ...(user.exec && needsPlugin ? { exec: pluginOf(user.exec as Fields, connection) } : {}),
    impersonation,
  };
}

/** To kubectl what is in the kubeconfig goes before a file that it names. */
function dataOrFile(fields: Fields, name: string): { data?: string; file?: string } {
  const data = fields[`${name}-data`];
  if (data) return { data: String(data) };
  return fields[name] ? { file: String(fields[name]) } : {};
}

function impersonationOf(user: Fields): Record<string, string | string[]> {
  const extra = Object.entries((user["as-user-extra"] ?? {}) as Record<string, string[]>);
  return {
    ...(user.as ? { "Impersonate-User": String(user.as) } : {}),
    ...(user["as-uid"] ? { "Impersonate-Uid": String(user["as-uid"]) } : {}),
    ...(user["as-groups"] ? { "Impersonate-Group": user["as-groups"] as string[] } : {}),
    ...Object.fromEntries(extra.map(([key, values]) => [`Impersonate-Extra-${encodeURIComponent(key)}`, values])),
  };
}

/** A plugin that is told what it asks for: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins */
function pluginOf(exec: Fields, { cluster }: Connection): Fields {
  const authority = dataOrFile(cluster, "certificate-authority");
  const data = authority.data ?? (authority.file && readFileSync(authority.file).toString("base64"));
  const extensions = (cluster.extensions ?? []) as { name: string; extension: unknown }[];
  const info = {
    kind: "ExecCredential",
    apiVersion: exec.apiVersion,
    spec: {
      ...(exec.provideClusterInfo === true && {
        cluster: {
          server: cluster.server,
          ...copied(cluster, ["tls-server-name", "insecure-skip-tls-verify", "proxy-url", "disable-compression"]),
          ...(data && { "certificate-authority-data": data }),
          config: extensions.find(({ name }) => name === "client.authentication.k8s.io/exec")?.extension ?? null,
        },
      }),
      interactive: false,
    },
  };
  const env = [...((exec.env ?? []) as Fields[]), { name: "KUBERNETES_EXEC_INFO", value: JSON.stringify(info) }];
  return { ...exec, args: exec.args ?? [], env };
}

function copied(fields: Fields, names: string[]): Fields {
  return Object.fromEntries(names.filter((name) => fields[name]).map((name) => [name, fields[name]]));
}

function pluginFailure({ command, installHint }: Plugin, error: NodeJS.ErrnoException): UserError {
  const missing = error.code === "ENOENT" || error.code === "EACCES";
  const reason = missing
    ? `cannot be run (${error.code!})`
    : `gives no credentials (${error.message.trim() || "no word"})`;
  const hint = missing && installHint ? `; ${installHint.trim()}` : "";
  return new UserError(`the credential plugin ${command} of the kubeconfig ${reason}${hint}`);
}

/** The file's content as it is now: tokens that a file holds are replaced. A token beside it counts while there is no file. */
function readToken(file: string, otherwise?: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if (otherwise) return otherwise;
    throw new UserError(
      `the token's file ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"})`,
    );
  }
}
