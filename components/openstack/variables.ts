import type { Credentials, Named } from "./credentials";

/** Credentials as the OS_… variables that OpenStack's tools and Pulumi's plugin know. */
export function variablesOf({
  authUrl,
  region,
  interface: wanted,
  identity,
  scope,
  tls,
}: Credentials): Record<string, string> {
  const project = scope && "project" in scope ? namedBy("PROJECT", scope.project, "OS_PROJECT_NAME") : {};
  return {
    OS_AUTH_URL: authUrl,
    ...(region && { OS_REGION_NAME: region }),
    OS_INTERFACE: wanted,
    ...identityVariables(identity),
    ...project,
    ...(scope && "system" in scope && { OS_SYSTEM_SCOPE: "all" }),
    ...(tls && !tls.verify && { OS_INSECURE: "true" }),
    ...(tls?.ca && { OS_CACERT: tls.ca }),
    ...(tls?.cert && { OS_CERT: tls.cert, OS_KEY: tls.key ?? tls.cert }),
  };
}

function identityVariables(identity: Credentials["identity"]): Record<string, string> {
  switch (identity.method) {
    case "password":
      return { ...namedBy("USER", identity.user, "OS_USERNAME"), OS_PASSWORD: identity.password };
    case "token":
      return { OS_AUTH_TYPE: "v3token", OS_TOKEN: identity.token };
    case "application_credential":
      return {
        OS_AUTH_TYPE: "v3applicationcredential",
        ...("id" in identity
          ? { OS_APPLICATION_CREDENTIAL_ID: identity.id }
          : {
              OS_APPLICATION_CREDENTIAL_NAME: identity.name,
              ...namedBy("USER", identity.user, "OS_USERNAME"),
            }),
        OS_APPLICATION_CREDENTIAL_SECRET: identity.secret,
      };
  }
}

function namedBy(what: "USER" | "PROJECT", named: Named, nameKey: string): Record<string, string> {
  if ("id" in named) return { [`OS_${what}_ID`]: named.id };
  const { name, domain } = named;
  const [key, value] = "id" in domain ? ["ID", domain.id] : ["NAME", domain.name];
  return { [nameKey]: name, [`OS_${what}_DOMAIN_${key}`]: value };
}
