/** Stands in for Pulumi's Kubernetes plugin on stack `kind` where the published one cannot be had: see README.md. */
import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { KUBERNETES_PLUGIN_VERSION, refusalOf } from "./identity";
import { Provider } from "./provider";

const cancelled = new AbortController();
const engineAddress = process.argv.slice(2).find((argument) => /:\d+$/.test(argument));
const engine = engineAddress ? new EngineClient(engineAddress, grpc.credentials.createInsecure()) : undefined;

const provider = new Provider(cancelled.signal, (urn, message) => {
  const line = new LogRequest().setSeverity(1).setUrn(urn).setMessage(message).setEphemeral(true);
  engine?.log(line, () => undefined);
});

/** A call's handler, which refuses what belongs to another stack. */
const unary =
  <Request, Response>(handle: (request: Request) => Promise<Response>): grpc.handleUnaryCall<Request, Response> =>
  ({ request }, callback) => {
    const urn = (request as { getUrn?: () => string }).getUrn?.() ?? "";
    const refusal = refusalOf(urn);
    (refusal ? Promise.reject(new Error(refusal)) : handle(request)).then(
      (response) => {
        callback(null, response);
      },
      (error: unknown) => {
        const failure = error as grpc.ServiceError;
        // With metadata it tells the engine more than a message.
        callback(failure.metadata ? failure : { code: grpc.status.UNKNOWN, details: failure.message });
      },
    );
  };

async function refuse(request: { getTok?(): string; getType?(): string }): Promise<never> {
  const what = request.getTok?.() ?? request.getType?.() ?? "this";
  throw new Error(`${what} needs the published Kubernetes plugin: this stand-in knows plain resources only`);
}

const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
server.addService(ResourceProviderService, {
  handshake: unary(async () =>
    new rpc.ProviderHandshakeResponse().setAcceptSecrets(true).setSupportsAutonamingConfiguration(true),
  ),
  getPluginInfo: unary(async () => new PluginInfo().setVersion(KUBERNETES_PLUGIN_VERSION)),
  checkConfig: unary(async (request: rpc.CheckRequest) => new rpc.CheckResponse().setInputs(request.getNews())),
  diffConfig: unary((request: rpc.DiffRequest) => provider.diffConfig(request)),
  configure: unary((request: rpc.ConfigureRequest) => provider.configure(request)),
  check: unary((request: rpc.CheckRequest) => provider.check(request)),
  diff: unary((request: rpc.DiffRequest) => provider.diff(request)),
  create: unary((request: rpc.CreateRequest) => provider.create(request)),
  read: unary((request: rpc.ReadRequest) => provider.read(request)),
  update: unary((request: rpc.UpdateRequest) => provider.update(request)),
  delete: unary((request: rpc.DeleteRequest) => provider.delete(request)),
  invoke: unary(refuse),
  call: unary(refuse),
  construct: unary(refuse),
  cancel: unary(async () => {
    cancelled.abort();
    return new Empty();
  }),
});
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(String(port)); // tells the engine where
});

function stop(): void {
  cancelled.abort();
  server.tryShutdown(() => process.exit());
  setTimeout(() => process.exit(), 2_000);
}
process.on("SIGINT", stop).on("SIGTERM", stop);
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) stop(); // the engine was killed
}, 2_000);
