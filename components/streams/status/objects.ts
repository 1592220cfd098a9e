import { GATE, PORTS, SELECTOR } from "../../gate/objects";
import { contentsOf } from "../../kubernetes/contents";
import { API_PORTS, dnsRules, renderNetworkPolicy } from "../../kubernetes/network";
import type { Manifest } from "../../kubernetes/object";
import { RESTRICTED_CONTAINER, restrictedPod } from "../../kubernetes/restricted";
import type { Declared } from "../../programs/status/status";
import { ACCOUNT_ENVIRONMENT } from "../../workplace/accounts";
import type { Place } from "../../workplace/place";

/** Name of the page's account, Deployment and Service, and of all that belongs to it. */
export const STATUS = "status";

const PORT = 8080;
const PODS = { "app.kubernetes.io/name": STATUS };

export interface StatusObjectsArgs {
  place: Place;
  /** The bundled program. */
  program: string;
  /** Reference of a plain Node image. */
  image: string;
  /** What the stack has. */
  declared: Declared;
  /** Users and groups are given by OpenShift, not by us. @default false */
  openshift?: boolean;
}

/** The page, where the gate is. */
export function renderStatus(args: StatusObjectsArgs): Manifest[] {
  const { place, program, declared } = args;
  const { namespace, labels } = place;
  const files = { "status.js": program, "declared.json": JSON.stringify(declared, undefined, 2) };
  const metadata = { name: STATUS, namespace, labels: { ...labels, ...PODS } };
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: files },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { selector: PODS, ports: [{ name: "http", port: PORT, targetPort: "http" }] },
    },
    renderDeployment(args, metadata, contentsOf(...Object.values(files))),
    renderPolicy(args, metadata),
  ];
}

/** What lets the page see the runs of one namespace, and nothing else of it. @param home the namespace of its account */
export function renderStatusAccess({ namespace, labels }: Place, home: string): Manifest[] {
  const metadata = { name: STATUS, namespace, labels: { ...labels, ...PODS } };
  const rules = [{ apiGroups: ["tekton.dev"], resources: ["pipelineruns"], verbs: ["list"] }];
  return [
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata, rules },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: STATUS },
      subjects: [{ kind: "ServiceAccount", name: STATUS, namespace: home }],
    },
  ];
}

function renderDeployment(
  { place: { namespace, labels }, image, openshift = false }: StatusObjectsArgs,
  metadata: Manifest["metadata"],
  contents: Record<string, string>,
): Manifest {
  const environment = {
    PORT: String(PORT),
    GATE_URL: `http://${GATE}.${namespace}.svc:${PORTS.status}/builds`,
    API_SERVER: "https://kubernetes.default.svc",
    ...ACCOUNT_ENVIRONMENT,
  };
  const probe = { httpGet: { path: "/health", port: "http" } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: {
      replicas: 1,
      selector: { matchLabels: PODS },
      template: {
        metadata: { labels: { ...labels, ...PODS }, annotations: contents },
        spec: {
          serviceAccountName: STATUS,
          enableServiceLinks: false,
          securityContext: restrictedPod(openshift),
          containers: [
            {
              name: STATUS,
              image,
              command: ["node", "/program/status.js", "/program/declared.json"],
              env: Object.entries(environment).map(([name, value]) => ({ name, value })),
              ports: [{ name: "http", containerPort: PORT }],
              readinessProbe: { ...probe, periodSeconds: 2 },
              livenessProbe: { ...probe, periodSeconds: 20, failureThreshold: 3 },
              resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
              securityContext: RESTRICTED_CONTAINER,
              volumeMounts: [{ name: "program", mountPath: "/program", readOnly: true }],
            },
          ],
          volumes: [{ name: "program", configMap: { name: STATUS } }],
        },
      },
    },
  };
}

/** It asks the API server and the gate; people come from anywhere, through the API server's proxy too, and what they read is no secret. */
function renderPolicy({ openshift = false }: StatusObjectsArgs, metadata: Manifest["metadata"]): Manifest {
  return renderNetworkPolicy(
    metadata,
    { matchLabels: PODS },
    {
      ingress: [{ ports: [{ port: PORT }] }],
      egress: [
        ...dnsRules(openshift),
        { ports: API_PORTS.map((port) => ({ port })) },
        { to: [{ podSelector: { matchLabels: SELECTOR } }], ports: [{ port: PORTS.status }] },
      ],
    },
  );
}
