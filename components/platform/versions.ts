import type { Fields } from "../kubernetes/client";
import { versionIn } from "../versions";
import type { VersionSource } from "./part";

/** The version that an object tells, read where its source says. */
export function versionOf(object: Fields | undefined, { field }: Pick<VersionSource, "field">): string | undefined {
  switch (field) {
    case "data.version":
      return versionIn(object?.data?.version as string | undefined);
    case "image":
      return versionIn(tagOf(object?.spec?.template?.spec?.containers?.[0]?.image));
    case "status.installedCSV":
      return versionIn(object?.status?.installedCSV);
  }
}

// The registry may be an address with numbers and a port, and a digest may follow the tag.
function tagOf(reference: string | undefined): string | undefined {
  return /:([^:/]+)$/.exec(reference?.split("@")[0] ?? "")?.[1];
}
