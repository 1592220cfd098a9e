import { z } from "zod";
import { host, name } from "../../formats";

const byDigest = z
  .string()
  .regex(
    /^[\w.-]+(:\d+)?\/[\w./-]+@sha256:[0-9a-f]{64}$/,
    "a release by digest and without a tag (skopeo inspect says it)",
  );

// A part of names of runs, which are labels too: with an id no longer than 63 characters.
const own = name.max(26);

const common = {
  kubeconfigSecret: name.describe("Secret with the kubeconfig of an administrator of the cluster under test"),
  verdict: z
    .strictObject({
      signingSecret: name.describe("Secret with tester.key, a private key that verdicts are signed with"),
      repository: host.optional().describe("repository of verdicts instead of the release's own"),
    })
    .optional()
    .describe("the signed verdict that a release's verdict reads; without it the run alone says it"),
  pushSecret: name
    .optional()
    .describe("Secret to pull and push with (.dockerconfigjson), instead of the registry's own"),
};

/** An entry of `certifications`. */
export const certificationSettings = z
  .strictObject({
    name: own.describe("its name in the stack, once only"),
    release: byDigest.optional().describe("the release that the cluster has to run; without it what it runs"),
    minutes: z.int().min(30).max(900).default(480).describe("after how many minutes opct ends the tests"),
    imageRepository: host
      .optional()
      .describe("registry and path that the cluster pulls images of opct from instead of quay.io/opct"),
    archives: host.optional().describe("repository of opct's archives, not a public one; none are kept without it"),
    ...common,
  })
  .describe(
    "Conformance tests by opct on clusters that run a release, one entry each. See pipelines/certification/README.md.",
  );

/** An entry of `upgradeTests`. */
export const upgradeTestSettings = z
  .strictObject({
    name: own.describe("its name in the stack, once only"),
    from: byDigest.optional().describe("the base that the cluster has to be at; without it what it runs"),
    to: byDigest.describe("the release that it is upgraded to"),
    force: z
      .boolean()
      .default(false)
      .describe("the release is not signed, or the cluster says that it is not upgradeable"),
    minutes: z.int().min(10).max(900).default(180).describe("time that the upgrade has"),
    ...common,
  })
  .describe("Upgrades of clusters to a release, one entry each. See pipelines/certification/README.md.");

/** A cluster that is certified with the release that it runs. */
export type Certification = z.output<typeof certificationSettings>;

/** A cluster that is upgraded to a release. */
export type UpgradeTest = z.output<typeof upgradeTestSettings>;
