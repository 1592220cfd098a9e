import { UserError } from "../errors";
import { OpenStackError } from "./failure";
import type { Ironic } from "./ironic";
import { waitFor } from "./wait";

/** Minutes that a machine's controller may take to empty its drives. */
const EJECT = 5;

/**
 * Takes what is in a node's drives for virtual media out, and waits until they are empty. A lessee may not set what a node
 * boots first: with the drive empty, the disk comes next.
 *
 * @throws UserError where it stays in
 */
export async function eject(ironic: Ironic, id: string): Promise<void> {
  await ironic.ejectMedia(id);
  const empty = await waitFor(async () => {
    const inserted = await ironic.hasMedia(id);
    // Ironic takes the second request when it is done with the first. A lessee may not see whether it is.
    if (inserted === undefined) await ironic.ejectMedia(id);
    return inserted ? undefined : true;
  }, EJECT);
  if (empty) return;
  throw new UserError(
    `Node ${id} still has its ISO in the drive after ${String(EJECT)} min, and would boot it again: run it again, or ask its owner.`,
  );
}

/**
 * Whether the ISO that a node is to boot can be taken out again; asked by emptying a drive in which nothing is.
 *
 * @throws UserError where the site's rules or the node's driver do not allow it
 */
export async function requireEjectable(ironic: Ironic, id: string): Promise<void> {
  try {
    await ironic.ejectMedia(id, "floppy");
  } catch (error) {
    if (!(error instanceof OpenStackError) || ![400, 403, 404, 406].includes(error.status)) throw error;
    const why =
      error.status === 403
        ? "the site's rules do not let a lessee do so (baremetal:node:vmedia:detach)"
        : `Ironic cannot do so (${error.words.replace(/\.$/, "")})`;
    throw new UserError(
      `Node ${id} was not deployed: after the installation it would boot the ISO again, as it could not be taken out of ` +
        `its drive: ${why}. Ask the site to allow it, or deploy an image.`,
    );
  }
}
