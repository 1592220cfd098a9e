import { generateKeyPairSync } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamic";

interface Outputs {
  /** PKCS#8, PEM. */
  privateKey: string;
  /** SPKI, DER in base64: one line, as another stack's settings take it. */
  publicKey: string;
}

export const provider: pulumi.dynamic.ResourceProvider<object, Outputs> = {
  create() {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const outs = {
      privateKey: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
      publicKey: publicKey.export({ format: "der", type: "spki" }).toString("base64"),
    };
    return Promise.resolve({ id: outs.publicKey, outs });
  },
};

/** The key that a cluster's runs sign their records with. */
export class RecordKey extends DynamicResource {
  declare readonly privateKey: pulumi.Output<string>;
  declare readonly publicKey: pulumi.Output<string>;

  constructor(name: string, opts: pulumi.CustomResourceOptions = {}) {
    super(
      "RecordKey",
      name,
      { privateKey: undefined, publicKey: undefined },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["privateKey"] }),
    );
  }
}
