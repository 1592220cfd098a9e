import type { OutputMap } from "@pulumi/pulumi/automation";
import { shellWord } from "../../components/shell";
import type { Registry } from "../../components/clusters/cluster";
import type { PartName } from "../../components/platform/part";
import type { PartState } from "../../components/platform/platform";
import type { StreamOutput } from "../../components/streams/coreos";
import type { LayerOutput } from "../../components/streams/layers/run";
import type { PayloadOutput } from "../../components/streams/payloads";
import type { TestOutput } from "../../components/streams/certifications";
import type { ReleaseOutput } from "../../components/streams/releases";
import type { UpdatesOutput } from "../../components/streams/updates/update-service";

/** A stack's outputs as the program returns them. */
export interface Outputs {
  /** Secret. */
  kubeconfig: string;
  platform: Record<PartName, PartState>;
  registry: Registry;
  namespace: string;
  /** The public key of its records. @default the stack has no gate */
  recordKey?: string;
  streams: StreamOutput[];
  /** @default the stack has none */
  layers?: LayerOutput[];
  /** Of a cluster on leased machines: what each node is, and when it is wiped (UTC). */
  nodes?: { name: string; machine: string; until: string }[];
  /** Records that the user makes. */
  dns?: { name: string; address: string }[];
  /** Lines for hosts files, where no DNS leads to the cluster. */
  hosts?: string[];
  /** Secret: of OKD's administrator at the console. @default the stack installed none */
  kubeadminPassword?: string;
  /** @default the stack has none */
  releases?: ReleaseOutput[];
  /** @default the stack has none */
  payloads?: PayloadOutput[];
  operators?: PayloadOutput[];
  /** @default the stack has none */
  certifications?: TestOutput[];
  /** @default the stack has none */
  upgradeTests?: TestOutput[];
  /** Where clusters find updates. @default the stack offers none */
  updates?: UpdatesOutput;
}

export function readOutputs(outputs: OutputMap): Outputs {
  return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value])) as unknown as Outputs;
}

const titles: Record<PartName, string> = {
  tektonPipelines: "Tekton Pipelines",
  tektonTriggers: "Tekton Triggers",
  argoCd: "Argo CD",
  tektonDashboard: "Tekton Dashboard",
  storage: "Storage",
};

/** What to open and run next, as lines. No secret is among them. */
export function renderOutcome(stack: string, kubeconfig: string, outputs: Outputs): string[] {
  const { platform, registry, streams, layers = [], releases = [], nodes = [], dns = [], hosts = [] } = outputs;
  const parts = (Object.keys(titles) as PartName[]).filter((part) => platform[part] && platform[part].mode !== "none");
  const version = (part: PartName) => [titles[part], platform[part].version, `(${platform[part].mode})`];
  const buildable = streams.filter(({ runs }) => runs.length > 0);
  return [
    `Stack ${stack}`,
    ...row(
      "nodes",
      nodes.map(({ name, machine, until }) => `${name} is ${machine} until ${until} UTC`),
    ),
    ...row(
      "DNS",
      dns.map(({ name, address }) => `${name} A ${address}`),
    ),
    ...row("/etc/hosts", hosts),
    ...row(
      "platform",
      parts.map((part) => version(part).filter(Boolean).join(" ")),
    ),
    ...row("registry", [registryLine(registry)]),
    ...row("kubeconfig", [`${kubeconfig} (export KUBECONFIG=${shellWord(kubeconfig)})`]),
    ...(platform.argoCd?.mode === "installed" ? argoCd(kubeconfig, platform.argoCd.route) : []),
    ...(platform.tektonDashboard?.mode === "installed" ? dashboard(kubeconfig) : []),
    ...streams.flatMap(({ version, plan }) => row(`stream ${version}`, plan)),
    ...layers.flatMap(({ name, plan, usage }) => row(`layer ${name}`, [...plan, ...usage.trimEnd().split("\n")])),
    ...releases.flatMap(({ name, plan }) => row(`release ${name}`, plan)),
    ...(buildable.length > 0 ? next(stack, buildable, outputs) : []),
    ...row(
      "release",
      releases
        .filter(({ run }) => run)
        .slice(0, 1)
        .map(({ name }) => `npm run release -- ${stack} ${name}`),
    ),
    ...renderFirstSteps(stack, kubeconfig, outputs),
  ];
}

function registryLine({ address, pullAddress }: Registry): string {
  return pullAddress && pullAddress !== address ? `${address} for pods, ${pullAddress} from here` : address;
}

function argoCd(kubeconfig: string, route?: string): string[] {
  const kubectl = `kubectl --kubeconfig ${shellWord(kubeconfig)} -n argocd`;
  const name = route?.split("/")[1];
  return row("Argo CD", [
    name
      ? `https://$(${kubectl} get route ${name} -o jsonpath='{.spec.host}') as admin`
      : `${kubectl} port-forward svc/argocd-server 8080:443, then https://localhost:8080 as admin`,
    `its password: ${kubectl} get secret argocd-initial-admin-secret -o jsonpath='{.data.password}' | base64 --decode`,
  ]);
}

function dashboard(kubeconfig: string): string[] {
  const kubectl = `kubectl --kubeconfig ${shellWord(kubeconfig)} -n tekton-pipelines`;
  return row("Dashboard", [`${kubectl} port-forward svc/tekton-dashboard 9097, then http://localhost:9097`]);
}

function next(stack: string, streams: StreamOutput[], { namespace }: Outputs): string[] {
  const stream = streams.length > 1 ? ` ${streams[0]!.version}` : "";
  return [
    ...row("build", [`npm run build -- ${stack}${stream}`]),
    ...row("follow", [`tkn pipelinerun logs --last -f -n ${namespace} (the build command follows by itself)`]),
  ];
}

/** What to try first, each of it within a minute: how builds begin by events, what came of them, what a change does. Nothing without a schedule. */
export function renderFirstSteps(stack: string, kubeconfig: string, { streams, namespace }: Outputs): string[] {
  const cronJob = streams.find((stream) => stream.cronJob)?.cronJob;
  if (cronJob === undefined) return [];
  const kubectl = `kubectl --kubeconfig ${shellWord(kubeconfig)} -n ${namespace}`;
  return [
    "Next, within a minute each:",
    ...row("send event", [`${kubectl} create job --from=cronjob/${cronJob} now-$(date +%s)`]),
    ...row("see builds", [
      `npm run status -- ${stack} --open (in the browser; for the terminal, npm run builds -- ${stack})`,
    ]),
    ...row("see change", [`npm run preview -- ${stack} --against HEAD (what you changed since the last commit)`]),
  ];
}

function row(name: string, values: string[]): string[] {
  return values.map((value, index) => `  ${(index === 0 ? name : "").padEnd(12)}  ${value}`);
}
