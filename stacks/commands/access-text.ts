import { shellWord } from "../../components/shell";

/** What leads into a stack's cluster. */
export interface Access {
  stack: string;
  /** File that the kubeconfig was written to. */
  kubeconfig: string;
  /** Records or lines of a hosts file that lead to it. @default none are needed */
  dns?: { name: string; address: string }[];
  hosts?: string[];
  /** Of OKD. @default it has none, or does not say where */
  console?: { url: string; password?: string };
  argoCd?: { password?: string; /** @default a forwarded port */ url?: string };
  dashboard?: boolean;
}

/**
 * Access as lines.
 *
 * @param terminal passwords are shown: nothing but a person reads them
 */
export function renderAccess(access: Access, { terminal }: { terminal: boolean }): string[] {
  const { stack, kubeconfig, dns = [], hosts = [], console, argoCd, dashboard } = access;
  const kubectl = `kubectl --kubeconfig ${shellWord(kubeconfig)}`;
  const secret = (password: string | undefined) =>
    terminal ? (password ?? "not there any more") : "shown to a terminal only";
  return [
    `Stack ${stack}`,
    ...row("kubeconfig", [`export KUBECONFIG=${shellWord(kubeconfig)}`]),
    ...row("DNS", hosts.length > 0 ? [] : dns.map(({ name, address }) => `${name} A ${address}`)),
    ...row("/etc/hosts", hosts),
    ...(console ? row("console", [`${console.url} as kubeadmin`, `password: ${secret(console.password)}`]) : []),
    ...(argoCd
      ? row("Argo CD", [
          argoCd.url
            ? `${argoCd.url} as admin`
            : `${kubectl} -n argocd port-forward svc/argocd-server 8080:443, then https://localhost:8080 as admin`,
          `password: ${secret(argoCd.password)}`,
        ])
      : []),
    ...(dashboard
      ? row("Dashboard", [
          `${kubectl} -n tekton-pipelines port-forward svc/tekton-dashboard 9097, then http://localhost:9097`,
        ])
      : []),
  ];
}

function row(name: string, values: string[]): string[] {
  return values.map((value, index) => `  ${(index === 0 ? name : "").padEnd(12)}  ${value}`);
}
