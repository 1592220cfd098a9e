import { join } from "node:path";
import { Library } from "../../../components/pipelines/library";
import { keptManifests } from "../../../components/platform/manifests";
import { kindOf } from "../../clusters/kinds";
import type { Configuration } from "../../configuration/schema";
import { type Environment, manifestPlaces } from "../../environment";
import type { RecordedResource } from "../../preview/recorded";
import type { BundleWanted } from "./bundle";
import { published, wantedImages } from "./wanted";

interface Stack {
  configuration: Configuration;
  environment: Environment;
  /** As its preview has them, whole. */
  resources: RecordedResource[];
  platform: string;
  architectures: string[];
}

/** What a bundle of a stack holds. */
export function planBundle({ configuration, environment, resources, platform, architectures }: Stack): BundleWanted {
  const { images, imageMirror, cluster } = configuration;
  const library = new Library({ folder: join(environment.projectFolder, "pipelines"), images, imageMirror });
  const single = new Map([...library.single].map(([of, its]) => [published(of, imageMirror), its]));
  const onOpenStack = kindOf(cluster).cloud !== undefined;
  return {
    stack: environment.stack,
    manifests: keptManifests(configuration.platform, manifestPlaces(environment)),
    images: { references: wantedImages(resources, library, configuration), architectures, single },
    programs: {
      platform,
      kind: cluster?.type === "kind",
      plugins: ["kubernetes", ...(onOpenStack ? (["openstack"] as const) : [])],
    },
  };
}
