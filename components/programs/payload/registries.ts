import { existsSync } from "node:fs";
import { join } from "node:path";
import { RegistryClient } from "../gate/registry";

/** A reference in its parts; without tag and digest it is `latest`, as everywhere. */
export function split(image: string): { host: string; path: string; reference: string; repository: string } {
  const [, repository = "", tag, digest] = /^(.*?)(?::([^/:@]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image) ?? [];
  const [host = "", ...path] = repository.split("/");
  return { host, path: path.join("/"), reference: digest ?? tag ?? "latest", repository };
}

const TIMEOUT_MS = 60_000;

/** Registries by their addresses, with the credentials that a Secret has for them. */
export class Registries {
  private readonly known = new Map<string, RegistryClient>();
  private readonly insecure: Set<string>;
  private readonly credentials: string | undefined;

  /**
   * @param insecure addresses that speak plain HTTP, separated by blanks
   * @param secret folder of the Secret
   */
  constructor(insecure: string, secret: string) {
    this.insecure = new Set(insecure.split(/\s+/));
    const file = join(secret, ".dockerconfigjson");
    this.credentials = existsSync(file) ? file : undefined;
  }

  /** Digest of an image, by one HEAD; nothing where there is none. */
  digest(image: string): Promise<string | undefined> {
    const { host, path, reference } = split(image);
    return this.at(host).digest(path, reference, AbortSignal.timeout(TIMEOUT_MS));
  }

  /** The record that an image bears; nothing where there is none. */
  async record(image: string): Promise<unknown> {
    const { host, path, reference } = split(image);
    const manifest = await this.at(host).manifest(path, reference, AbortSignal.timeout(TIMEOUT_MS));
    const { "io.okd-streams.record": text } = (manifest?.body.annotations ?? {}) as Record<string, string>;
    return text === undefined ? undefined : JSON.parse(text);
  }

  private at(address: string): RegistryClient {
    let registry = this.known.get(address);
    if (!registry) {
      registry = new RegistryClient({ address, insecure: this.insecure.has(address), credentials: this.credentials });
      this.known.set(address, registry);
    }
    return registry;
  }
}
