import { renderClaim, type Storage } from "../../workplace/claims";
import { type Place } from "../../workplace/place";
import { type Manifest } from "../../kubernetes/object";
import { type Stream, streamName } from "./stream";

/** The volume that a stream's runs on one architecture work on, one after the other. */
export function renderVolumeClaim(
  stream: Stream,
  architecture: string,
  { namespace, labels }: Place,
  defaultStorageClass: string | undefined,
): Manifest {
  return renderClaim(
    {
      name: streamName(stream, architecture),
      labels: { "okd-streams.io/stream": stream.version, "okd-streams.io/architecture": architecture },
      ...storageOf(stream, defaultStorageClass),
    },
    { namespace, labels },
  );
}

/** What the volumes of a stream's runs are. */
export function storageOf({ storage }: Stream, defaultStorageClass: string | undefined): Storage {
  return { size: storage.size, storageClass: storage.storageClass ?? defaultStorageClass };
}
