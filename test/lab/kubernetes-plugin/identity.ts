/** What it says of itself; the published plugin that it stands in for is 4.34.2. */
export const KUBERNETES_PLUGIN_VERSION = "4.34.2+stand-in";

/** The only stack that it serves, with ephemeral ones of its settings: their clusters are of this machine and can be made anew. */
const STACK = "kind";
const SERVED = new RegExp(`^${STACK}(-[0-9a-f]{6})?$`);

/**
 * Why a resource cannot be served; undefined where it can. A URN names its stack: `urn:pulumi:STACK::PROJECT::TYPE::NAME`. A
 * provider alone touches no cluster, whosever it is.
 */
export function refusalOf(urn: string): string | undefined {
  const [, stack, type] = /^urn:pulumi:([^:]*)::[^:]*::(.*?)::/.exec(urn) ?? [];
  if (stack === undefined || SERVED.test(stack) || type!.split("$").at(-1) === "pulumi:providers:kubernetes") {
    return undefined;
  }
  return (
    `Stack ${stack} needs Pulumi's published Kubernetes plugin: the stand-in of test/lab serves stack ${STACK} only. ` +
    "Take it off PATH and run `pulumi plugin install resource kubernetes 4.34.2`."
  );
}
