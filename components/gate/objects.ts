import { contentsOf } from "../kubernetes/contents";
import { dnsRules, LISTENER_PODS, LISTENER_PORT, renderNetworkPolicy } from "../kubernetes/network";
import type { Manifest } from "../kubernetes/object";
import { RESTRICTED_CONTAINER, restrictedPod } from "../kubernetes/restricted";
import { KEYS_FILE, keysVolume, otherKeysFile, RECORD_KEYS, recordKeyFile } from "./keys";
import type { SettingsInput } from "../programs/gate/settings";

/** Name of the gate's Deployment, Service and of all that belongs to it. */
export const GATE = "gate";

/** Interceptors that Triggers name: signed events of ours; signed events that find their build complete. */
export const INTERCEPTORS = { signature: "signed-event", complete: "complete-build" } as const;

/** Ports of the interceptor and of health, metrics and table. */
export const PORTS = { interceptor: 8443, status: 8080 };

/** Of its pods, and of its Service. */
export const SELECTOR = { "app.kubernetes.io/name": GATE };

export interface GateObjectsArgs {
  namespace: string;
  labels: Record<string, string>;
  /** Reference of a plain Node image, 20 or newer. */
  image: string;
  /** The bundled program. */
  program: string;
  /** What the gate decides by; ports and files are the component's. */
  settings: Omit<SettingsInput, "keys" | "otherKeys" | "recordKeys" | "tls" | "port" | "statusPort">;
  /** Secret with the keys of this cluster's events, `keys`. */
  keysSecret: string;
  /** Secrets with keys by which other clusters tell of finished builds. @default there are none */
  otherKeysSecrets?: string[];
  /** Architectures that each key of ConfigMap `record-keys` may speak for. */
  recordKeys: Record<string, string[]>;
  /** Port of the registry, for the NetworkPolicy. */
  registryPort: number;
  /** Secret with `.dockerconfigjson` for the registry. @default none asked */
  credentialsSecret?: string;
  /** @default 2 */
  replicas?: number;
  /** Users and groups are given by OpenShift, not by us. @default false */
  openshift?: boolean;
}

/** What the gate's program finds in its container. */
const FILES = {
  program: "/gate/gate.js",
  settings: "/gate/settings.json",
  certificate: "/tls/tls.crt",
  key: "/tls/tls.key",
  credentials: "/credentials/.dockerconfigjson",
};

/** The gate's objects but for its Secrets and interceptors, which hold what only an update knows. */
export function renderGate(args: GateObjectsArgs): Manifest[] {
  const { namespace, labels, program, otherKeysSecrets = [], replicas = 2 } = args;
  const settings = JSON.stringify(
    {
      ...args.settings,
      registry: { ...args.settings.registry, ...(args.credentialsSecret && { credentials: FILES.credentials }) },
      keys: KEYS_FILE,
      ...(otherKeysSecrets.length > 0 && { otherKeys: otherKeysSecrets.map(otherKeysFile) }),
      recordKeys: Object.entries(args.recordKeys).map(([name, architectures]) => ({
        file: recordKeyFile(name),
        architectures,
      })),
      tls: { certificate: FILES.certificate, key: FILES.key },
      port: PORTS.interceptor,
      statusPort: PORTS.status,
    } satisfies SettingsInput,
    undefined,
    2,
  );
  const metadata = { name: GATE, namespace, labels: { ...labels, ...SELECTOR } };
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata, automountServiceAccountToken: false },
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "gate.js": program, "settings.json": settings } },
    {
      apiVersion: "v1",
      kind: "Service",
      // Interceptors may be named before a pod answers.
      metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
      spec: {
        selector: SELECTOR,
        ports: [
          { name: "interceptor", port: PORTS.interceptor, targetPort: "interceptor" },
          { name: "status", port: PORTS.status, targetPort: "status" },
        ],
      },
    },
    renderDeployment(args, metadata, contentsOf(program, settings)),
    ...(replicas > 1
      ? [
          {
            apiVersion: "policy/v1",
            kind: "PodDisruptionBudget",
            metadata,
            spec: { maxUnavailable: 1, selector: { matchLabels: SELECTOR } },
          },
        ]
      : []),
    renderGatePolicy(args, metadata),
  ];
}

function renderDeployment(
  args: GateObjectsArgs,
  metadata: Manifest["metadata"],
  contents: Record<string, string>,
): Manifest {
  const { labels, image, keysSecret, otherKeysSecrets = [], replicas = 2, credentialsSecret, openshift = false } = args;
  const probe = (path: string) => ({ httpGet: { path, port: "status" } });
  const secret = (name: string, secretName: string) => ({ name, secret: { secretName } });
  const volumes = [
    keysVolume(keysSecret, otherKeysSecrets),
    { name: RECORD_KEYS, configMap: { name: RECORD_KEYS } },
    secret("tls", `${GATE}-tls`),
    ...(credentialsSecret ? [secret("credentials", credentialsSecret)] : []),
  ];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: {
      replicas,
      selector: { matchLabels: SELECTOR },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        // A program does not change under a running pod.
        metadata: { labels: { ...labels, ...SELECTOR }, annotations: contents },
        spec: {
          serviceAccountName: GATE,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: restrictedPod(openshift),
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: "kubernetes.io/hostname",
              whenUnsatisfiable: "ScheduleAnyway",
              labelSelector: { matchLabels: SELECTOR },
            },
          ],
          containers: [
            {
              name: GATE,
              image,
              command: ["node", FILES.program, FILES.settings],
              ports: [
                { name: "interceptor", containerPort: PORTS.interceptor },
                { name: "status", containerPort: PORTS.status },
              ],
              readinessProbe: { ...probe("/ready"), periodSeconds: 2 },
              livenessProbe: { ...probe("/health"), periodSeconds: 20, failureThreshold: 3 },
              // Until nobody is sent here any more.
              lifecycle: { preStop: { sleep: { seconds: 5 } } },
              resources: { requests: { cpu: "50m", memory: "96Mi" }, limits: { memory: "256Mi" } },
              securityContext: RESTRICTED_CONTAINER,
              volumeMounts: [
                { name: "gate", mountPath: "/gate", readOnly: true },
                ...volumes.map(({ name }) => ({ name, mountPath: `/${name}`, readOnly: true })),
              ],
            },
          ],
          volumes: [{ name: "gate", configMap: { name: GATE } }, ...volumes],
        },
      },
    },
  };
}

/** EventListeners ask it; it asks the registry, tells EventListeners, and nobody else. */
function renderGatePolicy(
  { registryPort, openshift = false }: GateObjectsArgs,
  metadata: Manifest["metadata"],
): Manifest {
  return renderNetworkPolicy(
    metadata,
    { matchLabels: SELECTOR },
    {
      ingress: [
        { from: [{ podSelector: { matchLabels: LISTENER_PODS } }], ports: [{ port: PORTS.interceptor }] },
        // Prometheus and people come from anywhere, the API server's proxy from outside of all pods; what they read is no secret.
        { ports: [{ port: PORTS.status }] },
      ],
      egress: [
        ...dnsRules(openshift),
        { ports: [{ port: registryPort }] },
        { to: [{ podSelector: { matchLabels: LISTENER_PODS } }], ports: [{ port: LISTENER_PORT }] },
      ],
    },
  );
}

/** What Triggers calls the gate by. @param caBundle certificate in base64 */
export function renderInterceptors(
  { namespace, labels }: Pick<GateObjectsArgs, "namespace" | "labels">,
  caBundle: unknown,
): Manifest[] {
  return Object.entries(INTERCEPTORS).map(([path, name]) => ({
    apiVersion: "triggers.tekton.dev/v1alpha1",
    kind: "Interceptor",
    // EventListeners trust the certificates of what carries this label.
    metadata: { name, namespace, labels: { ...labels, "server/type": "https" } },
    spec: { clientConfig: { caBundle, service: { name: GATE, namespace, path, port: PORTS.interceptor } } },
  }));
}
