import * as pulumi from "@pulumi/pulumi";

/**
 * The code that Pulumi's dynamic provider stores in the state for a resource: a constant that names a type, whose module
 * `providers.ts` knows. Otherwise Pulumi would freeze the provider's whole source into every state, and a changed comment would be
 * a changed resource.
 */
export function providerCode(type: string): string {
  return [
    `exports.handler = () => {`,
    `  require("tsx/cjs");`,
    `  const pulumi = require.resolve("@pulumi/pulumi/package.json");`,
    `  const providers = require("node:path").resolve(pulumi, "../../../../components/providers.ts");`,
    `  return require(providers).providerOf(${JSON.stringify(type)});`,
    `};`,
  ].join("\n");
}

/** A resource whose life is led by a module of this project, which `providers.ts` lists by the resource's type. */
export abstract class DynamicResource extends pulumi.CustomResource {
  /**
   * @param type name of the resource's kind in previews and URNs, as `KindNodes`
   * @param props inputs; an output that is no input is given as `undefined`
   */
  constructor(type: string, name: string, props: pulumi.Inputs, opts: pulumi.CustomResourceOptions = {}) {
    super(`pulumi-nodejs:dynamic/okd-streams:${type}`, name, { ...props, __provider: providerCode(type) }, opts);
  }
}
