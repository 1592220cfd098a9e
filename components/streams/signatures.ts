import { z } from "zod";
import { url } from "../formats";

/** Where a release's signatures are, and whose they have to be. */
export const signatureSettings = z.strictObject({
  store: url.describe("URL of the folder with signatures"),
  key: url.describe("URL of the public key"),
});

export type Signatures = z.output<typeof signatureSettings>;
