import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Login } from "../../../components/images/repository";

/** Where docker, podman and skopeo write down who logged in where, those that somebody names first. */
function files(): string[] {
  const { REGISTRY_AUTH_FILE, DOCKER_CONFIG, XDG_RUNTIME_DIR } = process.env;
  return [
    REGISTRY_AUTH_FILE,
    XDG_RUNTIME_DIR && join(XDG_RUNTIME_DIR, "containers", "auth.json"),
    join(DOCKER_CONFIG || join(homedir(), ".docker"), "config.json"),
  ].filter((file): file is string => !!file);
}

/** Logins of this machine's user. Those that a helper program keeps are not among them. */
export const login: Login = (registry) => {
  for (const file of files().filter((it) => existsSync(it))) {
    const { auths = {} } = JSON.parse(readFileSync(file, "utf8")) as { auths?: Record<string, { auth?: string }> };
    const names = registry === "docker.io" ? [registry, "https://index.docker.io/v1/"] : [registry];
    const auth = names.map((name) => auths[name]?.auth).find((it) => it);
    if (auth !== undefined) return auth;
  }
  return undefined;
};
