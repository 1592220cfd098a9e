import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { stringify } from "yaml";

/** The API of a cluster that is being installed, as far as it is asked: nodes, the end of the bootstrap, the version. */
export class StandInCluster {
  bootstrapped = false;
  /** What the service says of the cluster. */
  info = "";
  private readonly nodes: string[] = [];
  private progresses = 0;
  private onLook: () => Promise<void> = () => Promise.resolve();
  private readonly server = http.createServer((request, response) => {
    void this.answer(request.url!).then(([status, body]) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    });
  });

  /** @param onLook called with each look at the nodes, before it is answered */
  async start(onLook: () => Promise<void>): Promise<void> {
    this.onLook = onLook;
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  get kubeconfig(): string {
    const cluster = { server: this.url, "insecure-skip-tls-verify": true };
    return stringify({
      ...{ apiVersion: "v1", kind: "Config", "current-context": "admin" },
      clusters: [{ name: "moc", cluster }],
      contexts: [{ name: "admin", context: { cluster: "moc", user: "admin" } }],
      users: [{ name: "admin", user: { token: "stand-in" } }],
    });
  }

  join({ name }: { name: string }): void {
    this.nodes.push(name);
  }

  /** The version's operators come up. */
  progress(): void {
    this.progresses++;
  }

  private async answer(url: string): Promise<[status: number, body: unknown]> {
    if (url === "/api/v1/nodes") await this.onLook();
    if (!this.bootstrapped) return [503, { reason: "ServiceUnavailable", message: "no endpoints" }];
    switch (url) {
      case "/api/v1/nodes":
        return [200, { items: this.nodes.map((name) => ({ metadata: { name }, ...conditions({ Ready: "True" }) })) }];
      case "/api/v1/namespaces/kube-system/configmaps/bootstrap":
        return [200, { data: { status: "complete" } }];
      case "/apis/config.openshift.io/v1/clusterversions/version": {
        const done = this.progresses > 1;
        const states = { Available: done ? "True" : "False", Progressing: done ? "False" : "True" };
        return [200, conditions(states, "Working towards 4.21.0: 640 of 900 done (71% complete)")];
      }
      case "/apis/config.openshift.io/v1/clusteroperators":
        return [200, { items: [{ metadata: { name: "authentication" } }] }];
      default:
        return [404, { reason: "NotFound", message: url }];
    }
  }
}

function conditions(states: Record<string, string>, message = ""): object {
  return { status: { conditions: Object.entries(states).map(([type, status]) => ({ type, status, message })) } };
}
