import { UserError } from "../errors";
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
