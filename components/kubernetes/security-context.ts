/** What a container, a step or a Pod says of its rights. */
export interface SecurityContext {
  privileged?: boolean;
  allowPrivilegeEscalation?: boolean;
  runAsUser?: number | string;
  capabilities?: { add?: string[]; drop?: string[] };
  [field: string]: unknown;
}

/** A container's own over that of its Pod or its Task's template: what it says counts, of capabilities each list by itself. */
export function overContext(under: SecurityContext = {}, own: SecurityContext = {}): SecurityContext {
  const capabilities = { ...under.capabilities, ...own.capabilities };
  return { ...under, ...own, ...(Object.keys(capabilities).length > 0 && { capabilities }) };
}

/** What it gives beyond what an unprivileged process may, in words; nothing for most. */
export function rightsBeyond({
  privileged,
  allowPrivilegeEscalation,
  runAsUser,
  capabilities: { add = [] } = {},
}: SecurityContext): string | undefined {
  if (privileged === true) return "it is privileged";
  if (add.length > 0) return `it adds ${add.join(", ")}`;
  if (String(runAsUser) === "0") return "it runs as root";
  return allowPrivilegeEscalation === true ? "it may gain privileges" : undefined;
}
