import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamic";

interface Inputs {
  /** Name in the certificate, as clients call the server: `gate.okd-coreos.svc`. */
  host: string;
}

interface Outputs extends Inputs {
  /** Certificate that signs itself, PEM. */
  certificate: string;
  /** Its private key, PEM. */
  privateKey: string;
  /** Key of the signatures of events. */
  signingKey: string;
  /** When the certificate ends, ISO 8601. */
  expires: string;
}

const DAY_MS = 86_400_000;
const LIFETIME_MS = 730 * DAY_MS;
/** A certificate that ends sooner is renewed by the next `up`. */
const RENEWAL_MS = 180 * DAY_MS;

async function makeCertificate(host: string): Promise<Omit<Outputs, "signingKey">> {
  const { generate } = await import("selfsigned");
  const expires = new Date(Date.now() + LIFETIME_MS);
  const pair = await generate([{ name: "commonName", value: host }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    notAfterDate: expires,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "subjectAltName", altNames: [{ type: 2, value: host }] },
    ],
  });
  return { host, certificate: pair.cert, privateKey: pair.private, expires: expires.toISOString() };
}

/** Another host is another gate, with a key of its own. */
export const replacedBy = ["host"];

export const provider: pulumi.dynamic.ResourceProvider<Inputs, Outputs> = {
  async create({ host }) {
    const signingKey = randomBytes(32).toString("hex");
    return { id: host, outs: { ...(await makeCertificate(host)), signingKey } };
  },
  diff(_id, { host, expires }, news) {
    const replaces = news.host === host ? [] : replacedBy;
    const old = Date.parse(expires) - Date.now() < RENEWAL_MS;
    return Promise.resolve({ changes: old || replaces.length > 0, replaces, deleteBeforeReplace: true });
  },
  async update(_id, { signingKey }, { host }) {
    return { outs: { ...(await makeCertificate(host)), signingKey } };
  },
};

/** A certificate for a server in the cluster, renewed in time, and a key to sign events with, which stays. */
export class GateCredentials extends DynamicResource {
  declare readonly certificate: pulumi.Output<string>;
  declare readonly privateKey: pulumi.Output<string>;
  declare readonly signingKey: pulumi.Output<string>;

  constructor(name: string, host: string, opts: pulumi.CustomResourceOptions = {}) {
    const outputs = { certificate: undefined, privateKey: undefined, signingKey: undefined, expires: undefined };
    super(
      "GateCredentials",
      name,
      { host, ...outputs },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["privateKey", "signingKey"] }),
    );
  }
}
