import type { Fields } from "../kubernetes/client";
import type { VersionSource } from "./part";

/** `major.minor.patch` in a text such as `v1.15.0` or `openshift-gitops-operator.v1.18.2`. */
export function versionIn(text: string | undefined): string | undefined {
  return /\d+\.\d+\.\d+/.exec(text ?? "")?.[0];
}

/** A version as releases are named by it, however it is written: `v3.5` is `3.5.0`, `3.6.0-rc2` stays. */
export function exactVersion(version: string): string {
  const [numbers, ...extra] = version.replace(/^v/, "").split("-");
  const [major, minor = "0", patch = "0"] = numbers!.split(".");
  return [`${major!}.${minor}.${patch}`, ...extra].join("-");
}

/** Whether a version comes before another, number by number; only `major.minor.patch` counts. */
export function isOlder(version: string, than: string): boolean {
  const [left, right] = [version, than].map((it) => (versionIn(it) ?? it).split(".").map(Number));
  const index = left!.findIndex((number, at) => number !== right![at]);
  return index >= 0 && left![index]! < (right![index] ?? 0);
}

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
