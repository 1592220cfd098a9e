import { z } from "zod";
import { deliverySettings } from "../../components/delivery/schema";
import { host, image, name } from "../../components/formats";
import { buildNodesSettings } from "../../components/kubernetes/build-nodes";
import { platformSettings } from "../../components/platform/schema";
import { certificationSettings, upgradeTestSettings } from "../../components/streams/certification/schema";
import { eventSettings } from "../../components/streams/events/schema";
import { keepSettings } from "../../components/streams/keep";
import { layerSettings } from "../../components/streams/layers/schema";
import { operatorSettings } from "../../components/streams/operators/schema";
import { payloadSettings } from "../../components/streams/payload/schema";
import { releaseSettings } from "../../components/streams/release/schema";
import {
  kvmSetting,
  matrixSettings,
  pushSettings,
  rehearsalSetting,
  s3Settings,
} from "../../components/streams/schema";
import { streamSettings } from "../../components/streams/scos/schema";
import { clusterSettings } from "../clusters/kinds";

// What a setting is stands beside the component that it configures, with what it means: Pulumi.yaml is written from that
// (`npm run settings`). The message of a format says what is allowed: it ends a sentence of problems.ts.

/** Stands for a value that only Pulumi's engine can decrypt. */
export const SECRET = "[secret]";

// Pulumi's engine wants a value or a default for each key that Pulumi.yaml describes: what is off is {} or "" there.
const offWhenEmpty = <T extends z.ZodType>(settings: T) =>
  z.preprocess((value) => (isEmpty(value) ? undefined : value), settings.optional());

function isEmpty(value: unknown): boolean {
  return value === "" || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

/** A stack's configuration: the keys of `stacks/Pulumi.<stack>.yaml`, without `okd-streams:`. */
export const configurationSchema = z.strictObject({
  cluster: clusterSettings,
  platform: platformSettings.prefault({}),
  streams: z.array(streamSettings).prefault([]),
  layers: z.array(layerSettings).prefault([]),
  releases: z.array(releaseSettings).prefault([]),
  payloads: z.array(payloadSettings).prefault([]),
  operators: z.array(operatorSettings).prefault([]),
  certifications: z.array(certificationSettings).prefault([]),
  upgradeTests: z.array(upgradeTestSettings).prefault([]),
  images: z
    .record(name, image)
    .default({})
    .describe("Images instead of those in pipelines/images.yaml, by the names that stand there."),
  imageMirror: offWhenEmpty(host).describe(
    "Registry (host, port and path) that mirrors every image, the platform's own included, but for those of registries with a port; none when empty.",
  ),
  kvm: kvmSetting,
  push: pushSettings.prefault({}),
  s3: offWhenEmpty(s3Settings).describe("Upload of boot images and metadata to S3; off when empty."),
  matrix: offWhenEmpty(matrixSettings).describe("Messages to a Matrix room at the end of a run; off when empty."),
  events: eventSettings.prefault({}),
  keep: keepSettings.prefault({}),
  builds: buildNodesSettings.prefault({}),
  delivery: deliverySettings,
  rehearsal: rehearsalSetting,
  secrets: z
    .record(name, z.record(z.string(), z.literal(SECRET)))
    .default({})
    // Only the names: see secretValues in engine.ts for the values.
    .transform((secrets) =>
      Object.fromEntries(Object.entries(secrets).map(([name, keys]) => [name, Object.keys(keys)])),
    )
    .describe(
      "Secrets to create, by name and key, encrypted by `pulumi config set --secret --path 'okd-streams:secrets.NAME.KEY'`. Nothing in clear is accepted.",
    ),
  backend: z
    .string()
    .regex(/^(local|(file|https?|s3|gs|azblob):\/\/[^\s@]+)$/, "local, or a URL that `pulumi login` takes")
    .default("local")
    .describe("Where the stack's state is kept, local (a folder of yours) or a URL that `pulumi login` takes."),
  confirmLocalBackend: z
    .boolean()
    .default(false)
    .describe("Keep the state of a cluster on the MOC in a local folder all the same."),
  secretsProvider: z
    .string()
    .regex(
      /^(passphrase|default|(awskms|azurekeyvault|gcpkms|hashivault):\/\/\S+)$/,
      "passphrase, default or a key's URL",
    )
    .default("passphrase")
    .describe("What encrypts secrets, passphrase (a file of yours), default (the backend's own) or the URL of a key."),
});

/** What the program is given. Plain: `secrets` has only the names of Secrets and of their keys. */
export type Configuration = z.output<typeof configurationSchema>;
