import type { MocSettings } from "../../components/clusters/moc/schema";
import { UserError } from "../../components/errors";
import { readCredentials } from "../../components/openstack/credentials";
import type { Finding } from "../tools/finding";
import { find } from "../tools/search";

/** What a cluster on leased machines needs of this one: an account, and the installer's programs until OKD is installed. */
export function mocFindings({ cloud, okd }: Pick<MocSettings, "cloud" | "okd">): Finding[] {
  return [
    credentialsFinding(cloud),
    ...(okd
      ? [
          programFinding("openshift-install", `that of OKD ${okd.version}, from its release`),
          programFinding("nmstatectl", "the package nmstate has it"),
        ]
      : []),
  ];
}

function credentialsFinding(cloud: string): Finding {
  const name = "credentials";
  try {
    const { name: account, authUrl } = readCredentials(cloud, process.env);
    return { name, state: "ok", found: `${account}, ${authUrl}` };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { name, state: "missing", found: error.message.replace(/\.$/, "") };
  }
}

/** Not in the way of a cluster that is installed already. */
function programFinding(name: string, source: string): Finding {
  const found = find(name);
  if (found) return { name, state: "ok", found: found.path };
  return { name, state: "note", found: "none", remedy: `needed until OKD is installed: ${source}` };
}
