import { UserError } from "../errors";

/**
 * How a node boots an ISO. To Ironic it is one deployment, what differs is the ISO: by iPXE the firmware has a drive that the
 * Linux it starts does not see, which therefore fetches the rest of itself from a web server.
 */
export type IsoBoot = "virtual media" | "iPXE";

/**
 * @param bootInterface as Ironic says it of the node; where it does not say, or has a driver of a laboratory, a drive is assumed
 * @throws UserError for one that boots no ISO
 */
export function isoBootOf(node: string, bootInterface: string | null | undefined): IsoBoot {
  if (bootInterface === "pxe") {
    throw new UserError(
      `Node ${node} boots by plain PXE (Ironic's boot interface pxe), which cannot boot an ISO: ask its owner for ipxe, or deploy an image.`,
    );
  }
  return /ipxe|^http/.test(bootInterface ?? "") ? "iPXE" : "virtual media";
}
