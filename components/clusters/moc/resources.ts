import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../../dynamic";
import type { AgentImageInputs } from "./agent-image-provider";
import type { AgentInstallationInputs } from "./agent-installation-provider";
import type { DnsRecordsInputs } from "./dns-records-provider";
import type { NodesKubeconfigInputs } from "./nodes-kubeconfig-provider";

/** The same with outputs of other resources anywhere in it. */
type Inputs<T> = {
  [K in keyof T]: pulumi.Input<T[K] extends (infer E)[] ? pulumi.Input<E extends object ? Inputs<E> : E>[] : T[K]>;
};

/** The records that lead to a cluster: said as soon as their addresses are there, and waited for before a node is deployed. */
export class DnsRecords extends DynamicResource {
  constructor(name: string, inputs: Inputs<DnsRecordsInputs>, opts: pulumi.CustomResourceOptions) {
    super("DnsRecords", name, inputs, opts);
  }
}

/** The ISO that installs OKD on the nodes that it names. Another one is another cluster, with keys of its own. */
export class AgentImage extends DynamicResource {
  /** What Ironic boots: a secret, as anybody in reach of a user's own web server can read it. */
  declare readonly iso: pulumi.Output<string>;
  /** The installer's folder without the ISO; a secret. */
  declare readonly files: pulumi.Output<string>;

  constructor(name: string, inputs: Inputs<AgentImageInputs>, opts: pulumi.CustomResourceOptions) {
    super(
      "AgentImage",
      name,
      { ...inputs, iso: undefined, files: undefined },
      { ...opts, additionalSecretOutputs: ["pullSecret", "iso", "files"] },
    );
  }
}

/** OKD that has been installed by an ISO. */
export class AgentInstallation extends DynamicResource {
  declare readonly kubeconfig: pulumi.Output<string>;
  /** Of `kubeadmin` at the console. */
  declare readonly password: pulumi.Output<string>;

  constructor(name: string, inputs: Inputs<AgentInstallationInputs>, opts: pulumi.CustomResourceOptions) {
    super(
      "AgentInstallation",
      name,
      { ...inputs, kubeconfig: undefined, password: undefined },
      { ...opts, additionalSecretOutputs: ["iso", "files", "kubeconfig", "password"] },
    );
  }
}

/** The kubeconfig of a cluster that the nodes' image brings. */
export class NodesKubeconfig extends DynamicResource {
  declare readonly kubeconfig: pulumi.Output<string>;

  constructor(name: string, inputs: Inputs<NodesKubeconfigInputs>, opts: pulumi.CustomResourceOptions) {
    super(
      "NodesKubeconfig",
      name,
      { ...inputs, kubeconfig: undefined },
      { ...opts, additionalSecretOutputs: ["kubeconfig"] },
    );
  }
}
