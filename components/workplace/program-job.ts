import { contentsOf } from "../kubernetes/contents";
import type { Manifest } from "../kubernetes/object";
import { RESTRICTED_CONTAINER, restrictedPod } from "../kubernetes/restricted";
import { ACCOUNT_ENVIRONMENT, renderNamespacedAccess } from "./accounts";
import type { Place } from "./place";

export interface ProgramJob {
  /** Name of the account, the ConfigMap and the CronJob. */
  name: string;
  /** The bundled program. */
  program: string;
  /** Reference of a plain Node image. */
  image: string;
  /** What its account may do in the namespace. */
  rules: object[];
  /** Variables of its own, beside the namespace and where the API server is. */
  environment: Record<string, string>;
  /** A Secret that it reads, and in which folder. @default none */
  secret?: { name: string; path: string };
  schedule: string;
  /** Seconds after its time within which it may still start. */
  startingDeadlineSeconds: number;
  /** Seconds that it may take. */
  activeDeadlineSeconds: number;
  /** Users and groups are given by OpenShift, not by us. @default false */
  openshift?: boolean;
}

/** A CronJob with a program of ours, which asks the API server as an account of its own. */
export function renderProgramJob(job: ProgramJob, { namespace, labels }: Place): Manifest[] {
  const { name, program, image, rules, schedule, startingDeadlineSeconds, activeDeadlineSeconds, secret } = job;
  const metadata = { name, namespace, labels };
  const environment = {
    NAMESPACE: namespace,
    ...job.environment,
    API_SERVER: "https://kubernetes.default.svc",
    ...ACCOUNT_ENVIRONMENT,
  };
  const template = {
    metadata: { labels, annotations: contentsOf(program) },
    spec: {
      restartPolicy: "Never",
      serviceAccountName: name,
      enableServiceLinks: false,
      securityContext: restrictedPod(job.openshift ?? false),
      containers: [
        {
          name,
          image,
          command: ["node", `/program/${name}.js`],
          env: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
          resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
          securityContext: RESTRICTED_CONTAINER,
          volumeMounts: [
            { name: "program", mountPath: "/program", readOnly: true },
            ...(secret ? [{ name: "secret", mountPath: secret.path, readOnly: true }] : []),
          ],
        },
      ],
      volumes: [
        { name: "program", configMap: { name } },
        ...(secret ? [{ name: "secret", secret: { secretName: secret.name } }] : []),
      ],
    },
  };
  return [
    ...renderNamespacedAccess(name, rules, { namespace, labels }),
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { [`${name}.js`]: program } },
    {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata,
      spec: {
        schedule,
        concurrencyPolicy: "Forbid",
        startingDeadlineSeconds,
        successfulJobsHistoryLimit: 1,
        failedJobsHistoryLimit: 3,
        jobTemplate: { spec: { backoffLimit: 1, activeDeadlineSeconds, template } },
      },
    },
  ];
}
