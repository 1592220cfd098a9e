/** What of one stream or layer is kept: all that the architectures of a build have pushed, and what it was composed to. */
export interface Builds {
  /** OKD's version. */
  version: string;
  /** Repository of the records. */
  records: string;
  /** Repositories of the images, which have the lists too. */
  images: string[];
  rehearsal: boolean;
  /** Builds that stay. */
  keep: number;
}

/** What of payloads is kept beside their releases, which stay. */
export interface Payloads {
  /** Namespace of their runs: as long as one has not ended, nothing of payloads is deleted. */
  namespace: string;
  /** Repository of what each run made, component by component. */
  plans: string;
  /** Repositories of their releases. */
  releases: string[];
  /** Images that stay of each component and architecture, beside those that a release names. */
  keep: number;
}

/** What the program is told, as JSON. Repositories are named without the path. */
export interface Settings {
  registry: {
    /** `host:port`. */
    address: string;
    /** Path before the names of repositories, `okd`. */
    path: string;
    /** Speaks plain HTTP. */
    insecure: boolean;
    /** File with credentials, `.dockerconfigjson`. @default none asked */
    credentials?: string;
  };
  /** Namespaces in which runs are. */
  namespaces: string[];
  /** Digests that the stack's settings name. */
  named: string[];
  builds: Builds[];
  /** Repositories of images, and how many images of each sort stay there. */
  images: Record<string, number>;
  /** @default the stack has none */
  payloads?: Payloads;
  /** Repositories of what tests say of releases. @default there are none */
  verdicts?: string[];
  /** Images that sources build on. @default none are held */
  held?: {
    repository: string;
    /** Records of what was built on that stay, of each variant and architecture. */
    keep: number;
    /** Variants and architectures that are built here, `c10s-x86_64`. */
    of: string[];
  };
}
