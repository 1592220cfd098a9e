import { contentsOf } from "../kubernetes/contents";
import { renderNetworkPolicy } from "../kubernetes/network";
import type { Manifest } from "../kubernetes/object";
import { RESTRICTED_CONTAINER, restrictedPod } from "../kubernetes/restricted";
import type { Place } from "./place";

/** A program that answers whoever comes, and has no volume. */
export interface ProgramServer {
  /** Of all that belongs to it. */
  name: string;
  /** The program and what it is told, by file name; the program first, which is given the others. */
  files: Record<string, string>;
  /** Reference of a plain Node image. */
  image: string;
  /** Beside its port. */
  environment: Record<string, string>;
  /** Whom it asks. */
  egress: object[];
  /** Whether it asks the API server as its account. */
  asksApiServer: boolean;
  /** Users and groups are given by OpenShift, not by us. @default false */
  openshift?: boolean;
}

/** Port of the Service and of the program. */
const PORT = 8080;

/** Labels that the program's Pods have. */
export function programPods(name: string): Record<string, string> {
  return { "app.kubernetes.io/name": name };
}

/** The program's account, files, Service, Deployment and what lets people to it: what they read is no secret. */
export function renderProgramServer(server: ProgramServer, { namespace, labels }: Place): Manifest[] {
  const { name, files, egress, asksApiServer } = server;
  const pods = programPods(name);
  const metadata = { name, namespace, labels: { ...labels, ...pods } };
  const ports = [{ name: "http", port: PORT, targetPort: "http" }];
  // People come from anywhere, through the API server's proxy too.
  const ingress = [{ ports: [{ port: PORT }] }];
  return [
    {
      ...{ apiVersion: "v1", kind: "ServiceAccount", metadata },
      ...(!asksApiServer && { automountServiceAccountToken: false }),
    },
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: files },
    { apiVersion: "v1", kind: "Service", metadata, spec: { selector: pods, ports } },
    renderDeployment(server, metadata),
    renderNetworkPolicy(metadata, { matchLabels: pods }, { ingress, egress }),
  ];
}

function renderDeployment(server: ProgramServer, metadata: Manifest["metadata"]): Manifest {
  const { name, files, image, environment, asksApiServer, openshift = false } = server;
  const pods = programPods(name);
  const probe = { httpGet: { path: "/health", port: "http" } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: {
      replicas: 1,
      selector: { matchLabels: pods },
      template: {
        metadata: { labels: metadata.labels, annotations: contentsOf(...Object.values(files)) },
        spec: {
          serviceAccountName: name,
          ...(!asksApiServer && { automountServiceAccountToken: false }),
          enableServiceLinks: false,
          securityContext: restrictedPod(openshift),
          containers: [
            {
              name,
              image,
              command: ["node", ...Object.keys(files).map((file) => `/program/${file}`)],
              env: Object.entries({ PORT: String(PORT), ...environment }).map(([key, value]) => ({ name: key, value })),
              ports: [{ name: "http", containerPort: PORT }],
              readinessProbe: { ...probe, periodSeconds: 2 },
              livenessProbe: { ...probe, periodSeconds: 20, failureThreshold: 3 },
              resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
              securityContext: RESTRICTED_CONTAINER,
              volumeMounts: [{ name: "program", mountPath: "/program", readOnly: true }],
            },
          ],
          volumes: [{ name: "program", configMap: { name } }],
        },
      },
    },
  };
}
