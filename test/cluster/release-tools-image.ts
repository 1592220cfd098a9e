import * as fs from "node:fs";
import * as path from "node:path";
import { WATCHED_TOOLS, watchedTool } from "../unit/release/watched-tools";
import { Image } from "./images";

/**
 * Pushes an image that adds oc to the lab's tools, in place of the published images, which cannot be reached. Each tool posts its
 * arguments before it does its work.
 *
 * @param tools reference of an image with a shell and the tools that the scripts call, in a plain HTTP registry
 * @param oc folder of oc: the stand-in with its contract, or a real one
 * @param folder scratch space
 * @param watcher URL to which arguments are posted
 * @returns the image's reference
 */
export function pushReleaseToolsImage(tools: string, oc: string, folder: string, watcher: string): string {
  const root = path.join(folder, "tools-root");
  const bin = path.join(root, "usr/local/bin");
  fs.mkdirSync(bin, { recursive: true });
  fs.cpSync(oc, path.join(root, "usr/local/lib/oc"), { recursive: true });
  fs.chmodSync(path.join(root, "usr/local/lib/oc/oc"), 0o755);
  for (const [tool, program] of [
    ...WATCHED_TOOLS.map((name) => [name, `/usr/bin/${name}`] as const),
    ["oc", "/usr/local/lib/oc/oc"] as const,
  ]) {
    fs.writeFileSync(
      path.join(bin, tool),
      watchedTool(tool, program, `/usr/bin/curl --silent --output /dev/null --data-binary @- ${watcher}`),
      { mode: 0o755 },
    );
  }
  const image = Image.pull(path.join(folder, "tools-layout"), tools);
  image.add(root);
  const repository = `${tools.split("/")[0]}/lab/release-tools`;
  return `${repository}@${image.push(`${repository}:tools`)}`;
}
