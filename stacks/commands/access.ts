import type { Command } from "commander";
import type { KubernetesClient } from "../../components/kubernetes/client";
import { UserError } from "../../components/errors";
import type { Access } from "./access-text";
import type { Outputs } from "./outcome";

/** `access STACK` */
export function register(program: Command): void {
  program
    .command("access")
    .summary("show what leads into a stack's cluster")
    .description(
      "Writes the kubeconfig down and shows its file, the DNS records, console, Argo CD and Dashboard. Passwords are shown to a terminal only. Of a cluster that is not installed yet it shows the records that are needed.",
    )
    .argument("<stack>", "name of the stack: kind, moc, …")
    .action(access);
}

async function access(stack: string): Promise<void> {
  const [{ deployedOutputs }, { kubeconfigFile }, { writePrivate }, { connect }, { renderAccess }, { defaultOptions }] =
    await Promise.all([
      import("./deploy"),
      import("./engine/workspace"),
      import("./engine/files"),
      import("../../components/kubernetes/connection"),
      import("./access-text"),
      import("./options"),
    ]);
  let outputs: Outputs;
  try {
    outputs = await deployedOutputs("access", stack, defaultOptions());
  } catch (error) {
    const lines = error instanceof UserError ? await linesSoFar(stack) : [];
    if (lines.length === 0) throw error;
    process.stdout.write(`${lines.join("\n")}\n`);
    return;
  }
  const file = kubeconfigFile(stack);
  writePrivate(file, outputs.kubeconfig);
  const found = await look(await connect(outputs.kubeconfig), outputs);
  const lines = renderAccess({ stack, kubeconfig: file, ...found }, { terminal: process.stdout.isTTY });
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** What an `up` that has not ended has made so far. */
async function linesSoFar(stack: string): Promise<string[]> {
  const [{ knownState }, { readStack }, { defaultOptions }] = await Promise.all([
    import("./deploy"),
    import("./stack"),
    import("./options"),
  ]);
  const { resources = [] } = await knownState("access", readStack(stack), defaultOptions());
  const records = resources.find(({ type }) => type.endsWith(":DnsRecords"))?.inputs?.records;
  const lines = ((records ?? []) as { name: string; address: string }[]).map(
    ({ name, address }) => `  ${name} A ${address}`,
  );
  return lines.length > 0 ? [`The cluster of stack ${stack} is not installed yet. Its DNS records:`, ...lines] : [];
}

/** What the cluster itself says; what it does not say is left out. */
export async function look(cluster: Pick<KubernetesClient, "request">, outputs: Outputs): Promise<Partial<Access>> {
  const { platform = {} as Outputs["platform"], dns, hosts, kubeadminPassword } = outputs;
  const get = async (path: string) =>
    (await cluster.request("GET", path, { timeout: 10_000 }).catch(() => undefined)) as Fields | undefined;
  const secret = async (path: string, key: string) => {
    const value = (await get(path))?.data?.[key];
    return value && Buffer.from(value, "base64").toString();
  };
  const routes = "/apis/route.openshift.io/v1/namespaces";
  const host = kubeadminPassword && (await get(`${routes}/openshift-console/routes/console`))?.spec?.host;
  const hasArgoCd = platform.argoCd !== undefined && platform.argoCd.mode !== "none";
  const [, route] = platform.argoCd?.route?.split("/") ?? [];
  const argoHost = route && (await get(`${routes}/argocd/routes/${route}`))?.spec?.host;
  const password = hasArgoCd
    ? await secret("/api/v1/namespaces/argocd/secrets/argocd-initial-admin-secret", "password")
    : undefined;
  return {
    ...(dns && { dns }),
    ...(hosts && { hosts }),
    ...(host && { console: { url: `https://${host}`, password: kubeadminPassword } }),
    ...(hasArgoCd && { argoCd: { ...(password && { password }), ...(argoHost && { url: `https://${argoHost}` }) } }),
    dashboard: platform.tektonDashboard?.mode === "installed",
  };
}

interface Fields {
  data?: Record<string, string>;
  spec?: { host?: string };
}
