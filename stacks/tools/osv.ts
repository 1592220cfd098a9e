import { UserError } from "../../components/errors";
import { proxiedFetch } from "../../components/fetch";
import type { Images } from "../../components/pipelines/images";
import { PARTS } from "../../components/platform/parts";
import type { PartName } from "../../components/platform/part";
import { kind } from "./pins";

/** A Go module at the version that is pinned. */
export interface PinnedModule {
  name: string;
  version: string;
}

/** Modules that the platform's parts are built of. */
const PART_MODULES: Record<PartName, string> = {
  tektonPipelines: "github.com/tektoncd/pipeline",
  tektonTriggers: "github.com/tektoncd/triggers",
  argoCd: "github.com/argoproj/argo-cd/v3",
  tektonDashboard: "github.com/tektoncd/dashboard",
  storage: "github.com/rancher/local-path-provisioner",
};

/** The same of images, by their names in `images.yaml`: their tags are the modules' versions. */
const IMAGE_MODULES: Record<string, string> = {
  registry: "github.com/distribution/distribution/v3",
  "kind-node": "k8s.io/kubernetes",
};

/** What is pinned and OSV knows by name; npm's packages are `npm audit`'s. */
export function pinnedModules(images: Images): { modules: PinnedModule[]; unknown: string[] } {
  const parts = Object.entries(PART_MODULES).map(([part, name]) => ({
    name,
    version: PARTS[part as PartName].version,
  }));
  const ofImages = Object.entries(IMAGE_MODULES).map(([image, name]) => {
    const [, version = ""] = /:v?([\w.-]+)(?:@|$)/.exec(images[image]!) ?? [];
    return { name, version };
  });
  const modules = [{ name: "sigs.k8s.io/kind", version: kind.version.slice(1) }, ...parts, ...ofImages];
  return { modules, unknown: Object.keys(images).filter((image) => !(image in IMAGE_MODULES)) };
}

const OSV = "https://api.osv.dev";
/** Milliseconds that the answer may take. */
const DEADLINE = 60_000;

interface Answer {
  results?: { vulns?: { id: string }[] }[];
}

/**
 * Looks modules up among the known vulnerabilities.
 * @returns lines `module version: identifiers`, for those that have some
 * @throws UserError no answer, or one that does not speak of every module
 */
export async function knownHoles(modules: PinnedModule[], address = OSV): Promise<string[]> {
  const queries = modules.map(({ name, version }) => ({ package: { name, ecosystem: "Go" }, version }));
  const url = `${address}/v1/querybatch`;
  let results: Answer["results"];
  try {
    const response = await proxiedFetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ queries }),
      signal: AbortSignal.timeout(DEADLINE),
    });
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    ({ results } = (await response.json()) as Answer);
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Error };
    throw new UserError(`${url} says nothing of the pins: ${cause?.message ?? message}.`);
  }
  if (!Array.isArray(results) || results.length !== modules.length) {
    throw new UserError(`${url} says nothing of the pins: it answers something else.`);
  }
  return results.flatMap(({ vulns = [] }, index) => {
    const { name, version } = modules[index]!;
    return vulns.length > 0 ? [`${name} ${version}: ${vulns.map(({ id }) => id).join(", ")}`] : [];
  });
}
