import * as net from "node:net";
import type { AddressInfo } from "node:net";
import { UserError } from "../errors";
import { KubernetesClient } from "./client";
import { credentialsOf, loadKubeConfig } from "./credentials";

/** A port of this machine that leads into a cluster. */
export interface Forward {
  /** `127.0.0.1:PORT` */
  address: string;
  close: () => void;
}

/**
 * Leads a port of this machine, which nobody else reaches, to one of a Pod, as `kubectl port-forward` does.
 *
 * @param of the namespace, a selector of its Pods, and the port
 * @throws UserError where no such Pod runs
 */
export async function forwardToPod(
  kubeconfig: string,
  { namespace, selector, port }: { namespace: string; selector: string; port: number },
): Promise<Forward> {
  const config = await loadKubeConfig(kubeconfig);
  const pods = await new KubernetesClient(() => config).list(
    { apiVersion: "v1", kind: "Pod", metadata: { namespace } },
    selector,
  );
  const pod = pods.find(({ status, metadata }) => status?.phase === "Running" && !metadata.deletionTimestamp);
  if (!pod)
    throw new UserError(`No Pod of ${selector} runs in namespace ${namespace}: kubectl -n ${namespace} get pods.`);
  const { PortForward } = await import("@kubernetes/client-node");
  const { options } = await credentialsOf(config);
  // What the client reads of a kubeconfig is less than kubectl does.
  config.applyToHTTPSOptions = (wanted) => Promise.resolve(void Object.assign(wanted, options));
  const forward = new PortForward(config);
  const server = net.createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.pause();
    forward
      .portForward(namespace, pod.metadata.name!, [port], socket, null, socket)
      .then((way) => {
        if (typeof way === "function") return;
        way.onclose = () => socket.end();
        socket.on("close", () => way.close());
        socket.resume();
      })
      .catch(() => socket.destroy());
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}
