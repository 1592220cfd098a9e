import * as fs from "node:fs";
import * as path from "node:path";
import { Image } from "./images";

/**
 * Pushes an image of the lab's tools with oc over it, in place of the published one that cannot be reached.
 *
 * @param tools reference of the image with a shell and what scripts call, in a registry in plain HTTP
 * @param oc folder of oc: the stand-in's with its contract, or that of a real one
 * @param folder for what it works on
 * @returns its reference
 */
export function pushOcImage(tools: string, oc: string, folder: string): string {
  const root = path.join(folder, "oc-root");
  fs.cpSync(oc, path.join(root, "usr/local/bin"), { recursive: true });
  fs.chmodSync(path.join(root, "usr/local/bin/oc"), 0o755);
  const image = Image.pull(path.join(folder, "oc-layout"), tools);
  image.add(root);
  const repository = `${tools.split("/")[0]}/lab/openshift-cli`;
  return `${repository}@${image.push(`${repository}:oc`)}`;
}
