import type { Manifest } from "../kubernetes/object";

/** The way from the cluster's router to a Service. */
export interface RouteArgs {
  name: string;
  namespace: string;
  labels: Record<string, string>;
  service: string;
  /** Name of the Service's port. */
  port: string;
  /** Where the visitor's TLS ends: at the router, which then speaks plain HTTP (`edge`) or TLS again (`reencrypt`). */
  tls: "edge" | "reencrypt";
}

/** Annotation by which OpenShift gives a Service a certificate that its router trusts, in a Secret of that name. */
export const SERVING_CERTIFICATE = "service.beta.openshift.io/serving-cert-secret-name";

/** A Route of OpenShift's; the cluster chooses its host name: `<name>-<namespace>.apps.<cluster>`. */
export function renderRoute({ name, namespace, labels, service, port, tls }: RouteArgs): Manifest {
  return {
    apiVersion: "route.openshift.io/v1",
    kind: "Route",
    metadata: { name, namespace, labels },
    spec: {
      to: { kind: "Service", name: service, weight: 100 },
      port: { targetPort: port },
      tls: { termination: tls, insecureEdgeTerminationPolicy: "Redirect" },
      wildcardPolicy: "None",
    },
  };
}
