import { UserError } from "../../../components/errors";
import type { StreamOutput } from "../../../components/streams/coreos";

/** The stream to build. @throws UserError where none or several fit, or nothing of it can be built */
export function chooseStream(stack: string, streams: StreamOutput[], version?: string): StreamOutput {
  const versions = streams.map((stream) => stream.version).join(", ");
  if (streams.length === 0) throw new UserError(`Stack ${stack} has no streams: add one to its configuration.`);
  if (!version && streams.length > 1) {
    throw new UserError(`Stack ${stack} has several streams: name one of ${versions}.`, 2);
  }
  const stream = version ? streams.find((it) => it.version === version) : streams[0];
  if (!stream) throw new UserError(`Stack ${stack} has no stream ${version}, it has ${versions}.`, 2);
  if (stream.runs.length === 0)
    throw new UserError(`Stream ${stream.version} cannot be built: ${stream.plan.join("; ")}`);
  return stream;
}
