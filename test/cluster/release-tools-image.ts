import * as fs from "node:fs";
import * as path from "node:path";
import { WATCHED_TOOLS, watchedTool } from "../unit/release/watched-tools";
import { Image } from "./images";

/**
 * Pushes an image that adds oc to the lab's tools, in place of the published images, which cannot be reached.
 *
 * @param tools reference of an image with a shell and the tools that the scripts call, in a plain HTTP registry
 * @param oc folder of oc: the stand-in with its contract, or a real one
 * @param folder scratch space
 * @param watcher URL to which each tool posts its arguments before it does its work. @default none
 * @returns the image's reference
 */
export function pushReleaseToolsImage(tools: string, oc: string, folder: string, watcher?: string): string {
  const root = path.join(folder, "tools-root");
  const bin = path.join(root, "usr/local/bin");
  fs.mkdirSync(bin, { recursive: true });
  fs.cpSync(oc, path.join(root, "usr/local/lib/oc"), { recursive: true });
  fs.chmodSync(path.join(root, "usr/local/lib/oc/oc"), 0o755);
  if (watcher === undefined) fs.symlinkSync("/usr/local/lib/oc/oc", path.join(bin, "oc"));
  else watch(bin, `/usr/bin/curl --silent --output /dev/null --data-binary @- ${watcher}`);
  const image = Image.pull(path.join(folder, "tools-layout"), tools);
  image.add(root);
  const repository = `${tools.split("/")[0]}/lab/release-tools`;
  return `${repository}@${image.push(`${repository}:tools`)}`;
}

function watch(bin: string, note: string): void {
  const tools = WATCHED_TOOLS.map((name) => [name, `/usr/bin/${name}`] as const);
  for (const [tool, program] of [...tools, ["oc", "/usr/local/lib/oc/oc"] as const]) {
    fs.writeFileSync(path.join(bin, tool), watchedTool(tool, program, note), { mode: 0o755 });
  }
}
