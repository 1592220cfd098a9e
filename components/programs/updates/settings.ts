/** What the update service is told. */
export interface Settings {
  /** Addresses of registries that speak plain HTTP. */
  insecure: string[];
  channels: Channel[];
}

/** A stream of updates, by the name that a cluster's `channel` has it by. */
export interface Channel {
  name: string;
  /** Where its releases are: `host/path`. */
  repository: string;
  /** Which tags are its releases: early candidates, releases as OKD names them, or any semantic version. */
  kind: "early-candidates" | "releases" | "versions";
  /** Further releases by digest that updates may start from. */
  bases: string[];
  /** Whose verdicts say that an upgrade was tried. @default nobody's: edges are claims */
  tester?: Tester;
}

export interface Tester {
  /** Public key in PEM. */
  key: string;
  /** Repository of verdicts. @default the release's own */
  repository?: string;
}
