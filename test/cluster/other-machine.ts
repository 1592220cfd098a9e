import * as fs from "node:fs";
import * as path from "node:path";
import { Image } from "./images";

/**
 * What an arm64 machine says of itself: the stand-in for one. Programs run as ever; what they build says that it is for
 * arm64. Together with a node's label that is all that an architecture is to a run.
 */
const WORDS = {
  "usr/local/bin/uname": '#!/bin/sh\n[ "$*" != -m ] || { echo aarch64; exit; }\nexec /usr/bin/uname "$@"\n',
  "usr/local/bin/buildah":
    '#!/bin/sh\n[ "$1" != build ] || { shift; exec /usr/bin/buildah build --arch arm64 "$@"; }\nexec /usr/bin/buildah "$@"\n',
  "usr/lib/python3/dist-packages/sitecustomize.py":
    'import os\nreal = os.uname()\nos.uname = lambda: os.uname_result((*real[:4], "aarch64"))\n',
};

/** Pushes an image of the lab as that of an arm64 machine. @returns its reference */
export function pushAsArm(reference: string, folder: string): string {
  const root = path.join(folder, "root");
  for (const [file, text] of Object.entries(WORDS)) {
    fs.mkdirSync(path.join(root, path.dirname(file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), text, { mode: 0o755 });
  }
  const image = Image.pull(path.join(folder, "layout"), reference);
  image.add(root);
  const target = `${reference}-as-arm64`;
  image.push(target);
  return target;
}
