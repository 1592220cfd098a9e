import { logJson } from "../events/log";
import { RegistryClient } from "../gate/registry";
import { collect } from "./collect";
import { PACKED_LIMIT } from "./payloads";
import { inUse } from "./runs";
import type { Settings } from "./settings";

// Deletes from a registry what nothing needs any more: `node collect.js`, with SETTINGS and what api-server.ts asks by in the environment.
// The room is free once the registry has swept.

async function main(): Promise<void> {
  const settings = JSON.parse(process.env.SETTINGS ?? "") as Settings;
  const warn = (message: string) => logJson("info", { event: "warning", message });
  const client = new RegistryClient({ ...settings.registry, warn, sizeLimit: PACKED_LIMIT });
  const { images, gone } = await collect(
    settings,
    client,
    () => inUse(settings.namespaces),
    ({ repository, digest, tags }) => {
      const named = tags.length > 0 ? ` (${tags.join(", ")})` : "";
      logJson("info", { event: "deleted", message: `${repository}@${digest}${named}` });
    },
  );
  const message = `${gone.length} of ${images} manifests deleted`;
  logJson("info", { event: "collect", images, deleted: gone.length, message });
}

main().catch((error: unknown) => {
  logJson("error", {
    event: "failure",
    message: `${(error as Error).message}: what is not said to be deleted is there`,
  });
  process.exitCode = 1;
});
