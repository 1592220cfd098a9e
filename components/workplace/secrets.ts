import { type Place } from "./place";
import * as pulumi from "@pulumi/pulumi";
import { type Manifest } from "../kubernetes/object";

/** Secrets by name and key, with their values in clear. */
export type SecretInputs = Record<string, Record<string, pulumi.Input<string>>>;

/** Secrets of the stack's configuration; their values are secret in the state. */
export function renderSecrets(secrets: SecretInputs = {}, place: Place): Manifest[] {
  return Object.entries(secrets).map(([name, values]) => {
    const data = Object.entries(values).map(([key, value]) => [
      key,
      pulumi.secret(value).apply((text) => Buffer.from(text, "utf8").toString("base64")),
    ]);
    return renderSecret(name, Object.fromEntries(data) as Record<string, pulumi.Output<string>>, place);
  });
}

/**
 * A Secret of the stack's configuration; one with the key of a pull secret becomes one.
 * @param data values in base64
 */
export function renderSecret(name: string, data: Record<string, unknown>, { namespace, labels }: Place): Manifest {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace, labels },
    type: ".dockerconfigjson" in data ? "kubernetes.io/dockerconfigjson" : "Opaque",
    data,
  };
}
