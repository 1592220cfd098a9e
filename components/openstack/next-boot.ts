import { UserError } from "../errors";
import { OpenStackError } from "./failure";
import type { Ironic } from "./ironic";
import { eject } from "./media";

/** Answers that last: what was asked for is not allowed, or the node's driver cannot do it. */
const REFUSALS = [400, 403, 404, 406, 501];

/**
 * Makes a node boot its disk from now on, by its boot device. What runs on it is not disturbed.
 *
 * @returns why that is refused; undefined where it is done
 */
export async function bootDiskFirst(ironic: Ironic, id: string): Promise<string | undefined> {
  return refusalOf(() => ironic.setBootDevice(id, "disk"));
}

/**
 * Makes a node that boots an ISO boot its disk next: by its boot device where the site lets one set it, else by emptying its
 * drives. A live system that reads from a drive loses it then.
 *
 * @throws UserError where neither is possible
 */
export async function leaveIso(ironic: Ironic, id: string): Promise<void> {
  if (await bootDiskFirst(ironic, id)) await eject(ironic, id);
}

/** Takes what is in a node's drives out, where there are drives and the site lets one do so. */
export async function emptyDrives(ironic: Ironic, id: string): Promise<void> {
  await refusalOf(() => eject(ironic, id));
}

/**
 * Whether a node can be made to leave the ISO that it is to boot; asked by setting the boot device, which deploying sets
 * again, or else by emptying a drive in which nothing is.
 *
 * @throws UserError that quotes both refusals
 */
export async function requireDiskNext(ironic: Ironic, id: string): Promise<void> {
  const device = await bootDiskFirst(ironic, id);
  if (device === undefined) return;
  const drive = await refusalOf(() => ironic.ejectMedia(id, "floppy"));
  if (drive === undefined) return;
  throw new UserError(
    `Node ${id} was not deployed: after the installation it would boot the ISO again, as neither its boot device can be set ` +
      `(${device}) nor the ISO be taken out of its drive (${drive}). Ask the site to allow one of both to lessees, or deploy ` +
      `an image.`,
  );
}

async function refusalOf(act: () => Promise<void>): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (!(error instanceof OpenStackError) || !REFUSALS.includes(error.status)) throw error;
    return error.words.replace(/\.$/, "");
  }
}
