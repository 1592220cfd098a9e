import { join } from "node:path";
import { Library } from "../../../components/pipelines/library";
import { manifestAddresses, readManifests } from "../../../components/platform/manifests";
import type { Configuration } from "../../configuration/schema";
import { type Environment, manifestPlaces } from "../../environment";
import type { Facts } from "../../tools/facts";
import { imageSources, manifestSources, runSources, toolSources } from "../../tools/hosts";
import { minimum } from "../../tools/pins";
import { reach, type Reachability, type Source } from "../../tools/reach";
import { atLeast } from "../../tools/versions";

/**
 * Asks whether what a stack takes from official hosts is there: the programs that this machine lacks and the manifests,
 * and once these are, the registries of the images that they name.
 */
export async function askOfficialHosts(
  configuration: Configuration,
  environment: Environment,
  facts: Facts,
): Promise<Reachability[]> {
  const { platform, images, imageMirror } = configuration;
  const places = manifestPlaces(environment);
  const files = await reach([...lackingTools(facts), ...manifestSources(manifestAddresses(platform, places))]);
  if (files.some(({ reachable }) => !reachable)) return files;
  const library = new Library({ folder: join(environment.projectFolder, "pipelines"), images, imageMirror });
  const manifests = await readManifests(platform, places);
  return [...files, ...(await reach(imageSources(configuration, library.images, manifests)))];
}

/** Asks what builds of a stack ask for: the nodes of a KinD cluster have this machine's network. */
export function askBuildHosts(
  configuration: Configuration,
  { projectFolder }: Pick<Environment, "projectFolder">,
): Promise<Reachability[]> {
  const { images, imageMirror } = configuration;
  return reach(
    runSources("builds", configuration, new Library({ folder: join(projectFolder, "pipelines"), images, imageMirror })),
  );
}

function lackingTools(facts: Facts): Source[] {
  const sources = toolSources();
  return [
    ...(atLeast(facts.kind?.version, minimum.kind) ? [] : sources.kind),
    ...(atLeast(facts.pulumi?.version, minimum.pulumi) ? [] : sources.pulumi),
    ...(facts.kubernetesPlugin ? [] : sources.kubernetesPlugin),
  ].filter(({ spare = false }) => !spare);
}
