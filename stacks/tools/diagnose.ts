import { shellWord } from "../../components/shell";
import type { Facts } from "./facts";
import { toolFinding, type Finding } from "./finding";
import { minimum } from "./pins";
import { atLeast } from "./versions";

/**
 * Judges what was found on a machine.
 *
 * @param ofCluster what the stack's kind of cluster needs of it besides, see `ClusterKind`
 */
export function diagnose(facts: Facts, ofCluster: (facts: Facts) => Finding[] = () => []): Finding[] {
  return [
    nodeFinding(facts),
    ...ofCluster(facts),
    toolFinding(
      "Pulumi",
      facts.pulumi,
      { wanted: minimum.pulumi, home: "https://www.pulumi.com/docs/iac/download-install" },
      facts.offline,
    ),
    pluginFinding(facts),
    dynamicProviderFinding(facts),
    kubectlFinding(facts),
    ...proxyFindings(facts),
    ...offlineFindings(facts),
    registriesFinding(facts),
  ];
}

function nodeFinding({ node }: Facts): Finding {
  if (atLeast(node, minimum.node)) return { name: "Node", state: "ok", found: node };
  return { name: "Node", state: "missing", found: node, remedy: `install ${minimum.node} or newer` };
}

function pluginFinding({ kubernetesPlugin, offline }: Facts): Finding {
  const name = "Kubernetes plugin";
  if (!kubernetesPlugin && offline) {
    return {
      name,
      state: "missing",
      found: "none",
      remedy: `put pulumi-resource-kubernetes into ${offline.folder}/bin`,
    };
  }
  if (!kubernetesPlugin)
    return { name, state: "fetched", found: "published one", remedy: "Pulumi gets it when needed" };
  const { path, standIn } = kubernetesPlugin;
  if (!standIn) return { name, state: "ok", found: `published one (${path})` };
  return { name, state: "note", found: `stand-in (${path})`, remedy: "it serves stack kind and no other" };
}

function dynamicProviderFinding({ dynamicProvider }: Facts): Finding {
  return { name: "dynamic provider", state: "ok", found: dynamicProvider ?? "the project's own launcher" };
}

function kubectlFinding({ kubectl }: Facts): Finding {
  if (kubectl) return { name: "kubectl", state: "ok", found: `${kubectl.version ?? "found"} (${kubectl.path})` };
  return { name: "kubectl", state: "note", found: "none", remedy: "not needed, good to have" };
}

/** Said where there is one: a forgotten proxy looks like a broken network. */
function proxyFindings({ proxies = {} }: Facts): Finding[] {
  return Object.entries(proxies).map(([variable, proxy]) => {
    const finding = { name: "proxy", found: `${proxy} (${variable})` };
    if (!/\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|$)/.test(proxy)) return { ...finding, state: "ok" };
    return {
      ...finding,
      state: "note",
      remedy: "KinD's nodes have another localhost: name it by this machine's address",
    };
  });
}

function offlineFindings({ offline, lab }: Facts): Finding[] {
  const name = "offline folder";
  if (offline) {
    if (offline.missing.length === 0) return [{ name, state: "ok", found: offline.folder }];
    const found = `${offline.folder} lacks ${offline.missing.join(", ")}`;
    return [{ name, state: "note", found, remedy: "nothing is downloaded, so what needs that cannot be deployed" }];
  }
  if (!lab) return [{ name, state: "note", found: "none", remedy: "needed only where nothing can be downloaded" }];
  if (lab.missing.length > 0) return [{ name, state: "note", found: `${lab.folder} lacks ${lab.missing.join(", ")}` }];
  return [
    {
      name,
      state: "note",
      found: `${lab.folder}, not in use`,
      remedy: `export OKD_STREAMS_OFFLINE=${shellWord(lab.folder)}`,
    },
  ];
}

/** Whether this machine could make an offline folder from package registries alone. */
function registriesFinding(facts: Facts): Finding {
  const lacks = lacksForRegistries(facts);
  const name = "from registries";
  if (lacks.length === 0) return { name, state: "note", found: "possible here (npm run lab -- build)" };
  return { name, state: "note", found: `not here: needs ${lacks.join(", ")}` };
}

/** What `npm run lab -- build` needs and cannot add by itself. */
export function lacksForRegistries({ debian, root, go }: Facts): string[] {
  return [
    debian ? undefined : "Debian",
    root ? undefined : "root",
    atLeast(go?.version, minimum.go) ? undefined : `Go ${minimum.go} or newer`,
  ].filter((it) => it !== undefined);
}
