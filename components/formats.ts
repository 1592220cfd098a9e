import { z } from "zod";
import { cronFault } from "./kubernetes/cron";

// What settings are written in. The message of a format says what is allowed: it ends the sentence about a mistake.

export const text = z.string().min(1);
export const name = z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "lower-case letters, digits and dashes");
export const port = z.int().min(1).max(65535);
export const quantity = z.string().regex(/^\d+(\.\d+)?(Ki|Mi|Gi|Ti)$/, "a quantity such as 40Gi");
export const image = z.string().regex(/^[^\s-]\S*[:@]\S+$/, "an image reference with a tag or digest");
export const host = z.string().regex(/^[\w.-]+(:\d+)?(\/[\w./-]+)?$/, "host[:port][/path] without a scheme");
export const url = z.string().regex(/^https?:\/\/[^\s@]+$/, "an http or https URL without credentials");
export const version = z.string().regex(/^\d+\.\d+$/, 'major.minor in quotes, such as "4.20"');
export const cron = z.string().superRefine((text, { addIssue }) => {
  const fault = cronFault(text);
  if (fault) addIssue(fault);
});

/** Architectures as Kubernetes names them. */
export const architecture = z.enum(["amd64", "arm64", "ppc64le", "s390x"]);
/** Of type `string`: what clusters say of themselves goes the same ways. */
export const architectures: z.ZodType<string[], string[]> = z.array(architecture).min(1);
