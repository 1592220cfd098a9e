import { GATE, PORTS, SELECTOR } from "../../gate/objects";
import { API_PORTS, dnsRules } from "../../kubernetes/network";
import type { Manifest } from "../../kubernetes/object";
import type { Declared } from "../../programs/status/status";
import { ACCOUNT_ENVIRONMENT } from "../../workplace/accounts";
import type { Place } from "../../workplace/place";
import { programPods, renderProgramServer } from "../../workplace/program-server";

/** Name of the page's account, Deployment and Service, and of all that belongs to it. */
export const STATUS = "status";

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

/** The page, where the gate is. It asks the API server and the gate. */
export function renderStatus({ place, program, declared, image, openshift = false }: StatusObjectsArgs): Manifest[] {
  return renderProgramServer(
    {
      name: STATUS,
      files: { "status.js": program, "declared.json": JSON.stringify(declared, undefined, 2) },
      ...{ image, openshift },
      environment: {
        GATE_URL: `http://${GATE}.${place.namespace}.svc:${PORTS.status}/builds`,
        API_SERVER: "https://kubernetes.default.svc",
        ...ACCOUNT_ENVIRONMENT,
      },
      egress: [
        ...dnsRules(openshift),
        { ports: API_PORTS.map((port) => ({ port })) },
        { to: [{ podSelector: { matchLabels: SELECTOR } }], ports: [{ port: PORTS.status }] },
      ],
      asksApiServer: true,
    },
    place,
  );
}

/** What lets the page see the runs of one namespace, and nothing else of it. @param home the namespace of its account */
export function renderStatusAccess({ namespace, labels }: Place, home: string): Manifest[] {
  const metadata = { name: STATUS, namespace, labels: { ...labels, ...programPods(STATUS) } };
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
