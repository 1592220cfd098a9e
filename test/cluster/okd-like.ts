import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Factory } from "./factory";
import { REGISTRY } from "./images";
import { until } from "./until";

const KVM = "devices.kubevirt.io/kvm";

/** Objects of any kind. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Fields = Record<string, any>;

/** A KinD cluster of one node that is to look like OKD on bare metal to a stack. */
export class OkdLike {
  private readonly node: string;

  /** @param cluster its name, as the lab brought it up */
  constructor(
    private readonly factory: Factory,
    cluster: string,
    private readonly kubeconfig: string,
  ) {
    this.node = `${cluster}-control-plane`;
  }

  async kubectl(...args: string[]): Promise<string> {
    const { exitCode, stdout, text } = await this.factory.exec("kubectl", ["--kubeconfig", this.kubeconfig, ...args]);
    assert.equal(exitCode, 0, text);
    return stdout;
  }

  async get(...args: string[]): Promise<Fields> {
    return JSON.parse(await this.kubectl("get", ...args, "-o", "json")) as Fields;
  }

  async apply(object: object): Promise<void> {
    const file = path.join(this.factory.home, "object.json");
    fs.writeFileSync(file, JSON.stringify(object));
    await this.kubectl("apply", "--server-side", "--field-manager=somebody", "-f", file);
  }

  onNode(command: string) {
    return this.factory.exec("docker", ["exec", this.node, "sh", "-c", command]);
  }

  /** All objects but those that controllers make of others, and make anew. */
  async objects(): Promise<string[]> {
    const kinds = (await this.kubectl("api-resources", "--verbs=list", "-o", "name")).split("\n").filter(Boolean);
    const lasting = kinds.filter((kind) => !/^(events|leases|endpoint|pods|replicasets|componentstatuses)/.test(kind));
    return (await this.kubectl("get", lasting.join(","), "--all-namespaces", "-o", "name")).split("\n").sort();
  }

  /** Until there are the objects of before and no others: some controllers take a moment to clear up. */
  async comesBackTo(before: string[]): Promise<void> {
    let [more, less] = [before, before];
    const look = async () => {
      const found = await this.objects();
      more = found.filter((it) => !before.includes(it));
      less = before.filter((it) => !found.includes(it));
      return more.length + less.length === 0;
    };
    await until(look, () => `the cluster as it was before, without ${more.join()} and with ${less.join()}`);
  }

  /** OpenShift's kinds, and its object about images. */
  async define(definitions: string): Promise<void> {
    await this.kubectl("apply", "--server-side", "-f", definitions);
    await this.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all");
    // What is established may still be unknown to who asks which kinds there are: each group becomes an APIService of its own.
    const defined = (await this.kubectl("get", "crd", "-o", "jsonpath={.items[*].metadata.name}")).split(" ");
    const areKnown = async () => {
      // It fails while a group does not answer.
      const { stdout } = await this.factory.exec("kubectl", [
        ...["--kubeconfig", this.kubeconfig, "api-resources", "-o", "name"],
      ]);
      const known = stdout.split("\n");
      return defined.every((kind) => known.includes(kind));
    };
    await until(areKnown, `all of ${defined.join()} are known`);
    await this.apply({
      apiVersion: "config.openshift.io/v1",
      kind: "Image",
      metadata: { name: "cluster" },
      spec: { externalRegistryHostnames: ["registry.theirs.example"] },
    });
  }

  async offerKvm(): Promise<void> {
    const offer = { status: { capacity: { [KVM]: "100" } } };
    await this.kubectl("patch", "node", this.node, "--subresource=status", "-p", JSON.stringify(offer));
    // Of the capacity the kubelet makes what pods may have, with its next report; that is what a stack looks at.
    const isAllocatable = async () => (await this.get("node", this.node)).status.allocatable[KVM] === "100";
    await until(isAllocatable, `KVM of ${this.node} is allocatable`);
  }

  /** OKD on bare metal has no storage; KinD brings some. */
  async removeStorage(): Promise<void> {
    const manifests = "/kind/manifests/default-storage.yaml";
    const { exitCode, text } = await this.onNode(
      `kubectl --kubeconfig /etc/kubernetes/admin.conf delete -f ${manifests}`,
    );
    assert.equal(exitCode, 0, text);
  }

  /** OpenShift gives pods a user that is not root; here their image has to. @returns its reference */
  async nonRootRegistry(image: string): Promise<string> {
    const reference = `${REGISTRY.here}/t-openshift/registry:nonroot`;
    const script = [
      `id=$(docker create ${image})`,
      `docker commit --change 'USER 65532' $id ${reference} >/dev/null`,
      `docker rm $id >/dev/null`,
      `docker push -q ${reference}`,
    ].join(" && ");
    const { exitCode, text } = await this.factory.exec("bash", ["-c", script]);
    assert.equal(exitCode, 0, text);
    return reference;
  }
}
