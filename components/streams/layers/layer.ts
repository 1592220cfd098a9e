import { UserError } from "../../errors";

/** Packages, files and units on a CoreOS image, which stays a bootable image: CoreOS layering. */
export interface Layer {
  /** Its name in the stack, `crio`: part of the names of its image, `layer-crio`, and of its runs. */
  name: string;
  /** OKD's version, `4.21`. */
  version: string;
  /** Bootable image to build on, by digest. @default what the stack builds of the version: the node image, else the base */
  base?: string;
  packages?: {
    /** Packages to install. */
    add?: string[];
    /** Packages of the base to take out. */
    remove?: string[];
    /** Packages of the base to replace, by the name of the repository that has the others. */
    replace?: Record<string, string[]>;
  };
  /** Packages of a kernel that takes the place of the base's, all in one transaction. @default the base's kernel */
  kernel?: string[];
  /** Repositories that the build has beside the base's; they are not left in the image. */
  repositories?: Repository[];
  /** Files under /etc and /usr. */
  files?: LayerFile[];
  /** Units of systemd. */
  units?: Unit[];
  /** Architectures to build, as Kubernetes names them. @default those of the cluster */
  architectures?: string[];
}

export interface Repository {
  /** Its id: `okd`. */
  name: string;
  /** URL; `$basearch` and `$releasever` are dnf's. */
  baseUrl: string;
  /** URL of the key of its packages. @default the keys that the base has */
  gpgKey?: string;
  /** Whether packages have to be signed. @default true */
  gpgCheck?: boolean;
  /** Packages to take from it, as patterns. @default all */
  includes?: string[];
}

export interface LayerFile {
  /** Where it goes: under /etc or /usr. */
  path: string;
  contents: string;
  /** Access rights, in octal. @default "0644" */
  mode?: string;
}

export interface Unit {
  /** `tailscaled.service`. */
  name: string;
  /** @default that of a package or of the base */
  contents?: string;
  /** Whether it starts when the machine does. @default true */
  enabled?: boolean;
}

/** What the gate knows a layer by, and the name of its image: `layer-crio`. */
export function layerStream({ name }: Pick<Layer, "name">): string {
  return `layer-${name}`;
}

/** Repository of the records that a layer's runs leave for the gate; a rehearsal's are no real ones. */
export function layerRecords(layer: Pick<Layer, "name">, rehearsal: boolean): string {
  return `${layerStream(layer)}-records${rehearsal ? "-rehearsal" : ""}`;
}

/** Packages that have to be in the image. */
export function wantedPackages({ packages, kernel = [] }: Layer): string[] {
  return [...(packages?.add ?? []), ...Object.values(packages?.replace ?? {}).flat(), ...kernel];
}

/** Bytes that a ConfigMap holds, less what its own fields take. */
const CONTEXT_LIMIT = 1024 * 1024 - 16 * 1024;

/** @throws UserError for a layer whose files are more than a ConfigMap holds */
export function requireSmallContext({ name }: Pick<Layer, "name">, context: Record<string, string>): void {
  const size = Object.entries(context).reduce((sum, [key, text]) => sum + key.length + Buffer.byteLength(text), 0);
  if (size > CONTEXT_LIMIT) {
    throw new UserError(
      `layers: the files of ${name} are ${size} bytes, a ConfigMap holds ${CONTEXT_LIMIT}: put what is large into a package.`,
    );
  }
}
