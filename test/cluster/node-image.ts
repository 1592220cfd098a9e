import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { Image } from "./images";

/**
 * Pushes an image with this machine's Node and what it loads, in place of the published one that cannot be reached.
 *
 * @param registry `host:port` as seen from here, in plain HTTP
 * @returns its reference
 */
export function pushNodeImage(registry: string, folder: string): string {
  const root = path.join(folder, "root");
  const libraries = execFileSync("ldd", [process.execPath], { encoding: "utf8" }).match(/\/[^ )]+/g) ?? [];
  for (const [from, to] of [
    [process.execPath, "/usr/bin/node"],
    ...libraries.map((file) => [file.trim(), file.trim()]),
  ]) {
    fs.mkdirSync(path.join(root, path.dirname(to!)), { recursive: true });
    fs.copyFileSync(fs.realpathSync(from!), path.join(root, to!));
  }
  const image = Image.empty(path.join(folder, "layout"), process.arch === "x64" ? "amd64" : process.arch);
  image.config.config = { Env: ["PATH=/usr/bin"] };
  image.add(root);
  const reference = `${registry}/lab/node:${process.versions.node}`;
  image.push(reference);
  return reference;
}
