import * as http from "node:http";
import * as https from "node:https";
import { UserError } from "../../../components/errors";
import { credentialsOf, loadKubeConfig } from "../../../components/kubernetes/credentials";

/** Milliseconds to wait for a log. */
const PATIENCE = 15_000;

/**
 * A container's log. The project's client speaks JSON only, and logs are none.
 * @param lines the last ones @default all
 * @throws UserError where the API server does not give them
 */
export async function tail(
  kubeconfig: string,
  pod: { namespace: string; name: string },
  container: string,
  lines?: number,
) {
  const { server, options } = await credentialsOf(await loadKubeConfig(kubeconfig));
  options.timeout = PATIENCE;
  const path = `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}/log`;
  const query = new URLSearchParams({ container, ...(lines && { tailLines: String(lines) }) });
  const url = new URL(`${server}${path}?${query.toString()}`);
  return new Promise<string[]>((resolve, reject) => {
    const lost = (error: Error) =>
      reject(new UserError(`The log of pod ${pod.name} cannot be read: ${error.message}.`));
    const request = (url.protocol === "http:" ? http : https).get(url, options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk)).on("error", lost);
      response.on("end", () => {
        if (response.statusCode === 200) resolve(text.trimEnd().split("\n"));
        else lost(new Error(`the API server answers ${String(response.statusCode)}`));
      });
    });
    request.on("timeout", () => request.destroy(new Error("no answer in time"))).on("error", lost);
  });
}
