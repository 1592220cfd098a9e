/** A processor as images and Kubernetes name it: `amd64`. @param node as Node names it. @default this machine's */
export function imageArchitecture(node: string = process.arch): string {
  return node === "x64" ? "amd64" : node;
}
