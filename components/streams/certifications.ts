import * as pulumi from "@pulumi/pulumi";
import type { Cluster, Registry } from "../clusters/cluster";
import { authored } from "../kubernetes/marks";
import { renderSccBinding } from "../openshift/scc";
import { requireFit } from "../pipelines/check-run";
import type { Library } from "../pipelines/library";
import { placeRun } from "../pipelines/place-run";
import { renderRunAccount, RUN_ACCOUNT } from "../workplace/accounts";
import { renderCleanUp } from "../workplace/clean-up";
import { renderNetwork } from "../workplace/network";
import type { Place } from "../workplace/place";
import { renderSecrets, type SecretInputs } from "../workplace/secrets";
import { Workplace, type WorkplacePlatform } from "../workplace/workplace";
import { renderCertification, renderUpgradeTest, type TestOutput } from "./certification/run";
import type { Certification, UpgradeTest } from "./certification/schema";
import { KEEP, keptRuns, type KeepSettings } from "./keep";
import type { BuildSettings } from "./settings";

export type { TestOutput } from "./certification/run";

export interface CertificationsArgs extends Pick<BuildSettings, "matrix" | "nodes"> {
  cluster: Cluster;
  platform: WorkplacePlatform & {
    /** The stack's registry: where it speaks plain HTTP, runs are told. @default none */
    registry?: Registry;
  };
  /** Name of the stack: label `okd-streams.io/stack` of every object. */
  stack: string;
  certifications: Certification[];
  upgradeTests: UpgradeTest[];
  /** What stays of runs. @default as many as stacks keep that do not say it */
  keep?: KeepSettings;
  /** Where pipelines come from. */
  library: Library;
  /** Secrets to create in the namespace: name → key → value. @default none */
  secrets?: SecretInputs;
}

/** Namespace of tests of clusters: kubeconfigs of their administrators are here, and nothing that is built. */
export const CERTIFICATION_NAMESPACE = "okd-certification";

const SETS = ["certification", "notifications"];

/** The pipelines that test releases on clusters, with all that their runs need. */
export class Certifications extends pulumi.ComponentResource {
  readonly namespace: string = CERTIFICATION_NAMESPACE;
  readonly workplace: Workplace;
  readonly certifications: TestOutput[];
  readonly upgradeTests: TestOutput[];

  /** @throws UserError for faults in pipelines or images, before anything is created */
  constructor(name: string, args: CertificationsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("okd-streams:streams:Certifications", name, {}, opts);
    const { cluster, platform, library, matrix, nodes } = args;
    const place: Place = { namespace: CERTIFICATION_NAMESPACE, labels: authored(args.stack) };
    const pipelines = library.objects(SETS, place);
    const placement = { objects: pipelines, library, available: cluster.capabilities.architectures };
    const context = { place, settings: { registry: platform.registry, matrix, nodes } };
    const placed = (output: TestOutput): TestOutput => ({ ...output, run: placeRun(output.run, placement) });
    this.certifications = args.certifications.map((test) => placed(renderCertification(test, context)));
    this.upgradeTests = args.upgradeTests.map((test) => placed(renderUpgradeTest(test, context)));
    for (const { run } of [...this.certifications, ...this.upgradeTests]) {
      requireFit(run, pipelines);
    }

    // No step is privileged; `restricted` would refuse the containers that Tekton adds to a Pod.
    this.workplace = new Workplace(this, { place, cluster, platform, nodes, podSecurity: "baseline" });
    const { workplace } = this;
    workplace.create([
      renderRunAccount(place),
      ...renderNetwork(place, {
        openshift: cluster.capabilities.openshift,
        told: [JSON.stringify([...this.certifications, ...this.upgradeTests].map(({ run }) => run))],
        clusters: true,
      }),
      ...renderCleanUp({
        ...place,
        image: library.images.node!,
        openshift: cluster.capabilities.openshift,
        kept: keptRuns(args.keep ?? KEEP, {}),
      }),
      // Steps run as a fixed user that is not root.
      ...(cluster.capabilities.openshift ? [renderSccBinding("nonroot-v2", RUN_ACCOUNT, place)] : []),
      ...renderSecrets(args.secrets, place),
      ...pipelines,
    ]);
    this.registerOutputs({ certifications: this.certifications, upgradeTests: this.upgradeTests });
  }
}
