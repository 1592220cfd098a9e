import * as pulumi from "@pulumi/pulumi";

/**
 * The code that Pulumi's dynamic provider keeps in the state for a resource: a constant that loads a module of this
 * project at run time. Pulumi would otherwise freeze the provider's whole source into everybody's state, where a
 * changed comment is a changed resource.
 */
function stub(module: string): string {
  return [
    `exports.handler = () => {`,
    `  require("tsx/cjs");`,
    `  const pulumi = require.resolve("@pulumi/pulumi/package.json");`,
    `  return require(require("node:path").resolve(pulumi, "../../../..", ${JSON.stringify(module)})).provider;`,
    `};`,
  ].join("\n");
}

/**
 * A resource whose life is led by a module of this project.
 * The module exports `provider: pulumi.dynamic.ResourceProvider`, and must not be moved while stacks hold such resources.
 */
export abstract class DynamicResource extends pulumi.CustomResource {
  /**
   * @param type name of the resource's kind in previews and URNs, as `KindCluster`
   * @param module path of the module from the project's root, as `components/clusters/kind-provider.ts`
   * @param props inputs; an output that is no input is given as `undefined`
   */
  constructor(
    type: string,
    module: string,
    name: string,
    props: pulumi.Inputs,
    opts: pulumi.CustomResourceOptions = {},
  ) {
    super(`pulumi-nodejs:dynamic/okd-streams:${type}`, name, { ...props, __provider: stub(module) }, opts);
  }
}
