/** What a stack says of the events that start builds and tell of their ends. */
export interface EventSettings {
  /** Hours after its first architecture at which a build that is not complete is given up. */
  expireAfterHours: number;
  /** Seconds from one look of the gate at all records to the next. */
  reconcileSeconds: number;
  /** Pods of the gate. */
  replicas: number;
  /** Other clusters, which build for this one's gate. @default none */
  spokes?: Spoke[];
  /** The cluster that starts the builds of this one, and whose gate composes them. @default this one does both */
  hub?: Peer;
  /** Ended runs that stay of each stream, Pipeline or Task, architecture and trigger. @default all */
  keepRuns?: number;
  /** Events of Git hosts; on the hub. @default none are taken */
  git?: GitEventSettings;
}

/** Another cluster with a stack of this project. */
export interface Peer {
  /** URL under which its EventListener `builds` can be reached from here. */
  address: string;
  /** Secret with the keys that both share, `keys`: one per line, the first signs. */
  secret: string;
}

export interface Spoke extends Peer {
  /** What it builds; this cluster leaves them to it. */
  architectures: string[];
}

/** What a stack says of the events of Git hosts. */
export interface GitEventSettings {
  /** Pushes, tags and releases of the streams' repositories start builds. */
  enabled: boolean;
  /** Pull requests of a repository's own branches are built, and pushed nowhere. */
  pullRequests: boolean;
}
