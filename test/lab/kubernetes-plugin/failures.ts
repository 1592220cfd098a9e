import * as grpc from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { type Fields, label, type Ref, Refused, UnknownKind, Unreachable } from "../../../components/kubernetes/client";

/** A sentence that helps, instead of the API server's. */
export function explain(error: unknown, object: Ref): Error {
  if (error instanceof Unreachable) {
    const advice = "if it is gone for good, set deleteUnreachable on the provider";
    return new Error(`${label(object)}: the cluster cannot be reached (${error.message}); ${advice}`);
  }
  if (!(error instanceof Refused)) return error as Error;
  const advice: Record<string, string | undefined> = {
    AlreadyExists: ": import it, or set upsertExistingObjects on the provider",
    Conflict:
      ": to take the fields over, annotate it with pulumi.com/patchForce or set enablePatchForce on the provider",
  };
  return new Error(`${label(object)}: ${error.reason}: ${error.message}${advice[error.reason] ?? ""}`);
}

/** Has the engine keep the object in the state, as one that must be updated, although the operation failed. */
export function initFailed(id: string, outputs: Fields, inputs: Fields, { message }: Error): Error {
  const detail = new ErrorResourceInitFailed().setId(id).setReasonsList([message]);
  detail.setProperties(Struct.fromJavaScript(outputs)).setInputs(Struct.fromJavaScript(inputs));
  const packed = new Any();
  packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new Status().setCode(grpc.status.UNKNOWN).setMessage(message);
  status.addDetails(packed);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return Object.assign(new Error(message), { code: grpc.status.UNKNOWN, details: message, metadata });
}

/** What the object needs is not there yet: its kind, its namespace, an admission webhook. */
export const comesLater = (error: unknown): boolean =>
  error instanceof UnknownKind ||
  (error instanceof Refused &&
    (error.code === 429 ||
      (error.code === 404 && /^namespaces ".*" not found/.test(error.message)) ||
      (error.code === 500 && /failed calling webhook|conversion webhook for/.test(error.message))));

/** What a dry run can meet that tells nothing of the run to come: the inputs then stand for its result. */
export const tellsNothing = (error: unknown): boolean =>
  error instanceof Unreachable ||
  comesLater(error) ||
  (error instanceof Refused &&
    (error.code === 403 || error.code === 409 || error.message.includes("not support dry run")));
