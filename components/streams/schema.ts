import { z } from "zod";
import { host, name, text, url } from "../formats";

export const kvmSetting = z
  .enum(["auto", "emulate", "none"])
  .default("auto")
  .describe(
    "What needs /dev/kvm (boot images, kola): auto leaves it out where no node has it, emulate runs it slowly instead, none leaves it out.",
  );

export const pushSettings = z
  .strictObject({
    enabled: z.boolean().default(true).describe("push them"),
    repository: host
      .optional()
      .describe("host, port and path that the images' names follow, instead of the stack's registry"),
  })
  .describe("Whether and where finished images are pushed.");

export const s3Settings = z.strictObject({
  bucket: text.describe("the bucket"),
  endpoint: url.describe("URL of the service"),
  // An AWS configuration file `credentials`.
  secret: name.describe("Secret with its credentials"),
});

export const matrixSettings = z.strictObject({
  room: text.describe("the room's identifier"),
  endpoint: url.describe("URL of the homeserver"),
  // The bot's `token`.
  secret: name.describe("Secret with its access token"),
});

export const rehearsalSetting = z
  .boolean()
  .default(false)
  .describe(
    "The real pipelines with stand-ins for images and sources that cannot be reached; every name and output says so.",
  );
