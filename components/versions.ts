import { coerce, lt } from "semver";

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

/** Whether a version comes before another, however many of its numbers are written; only `major.minor.patch` counts. */
export function isOlder(version: string, than: string): boolean {
  const [left, right] = [coerce(version), coerce(than)];
  return left !== null && right !== null && lt(left, right);
}
