import { UserError } from "../../components/errors";
import type { OpenStack } from "../../components/openstack/client";
import { type Leftover, markedBy, type Marked } from "../../components/openstack/leftovers";
import type { TrunkState } from "../../components/openstack/trunk";

/** A stack's state; only what is looked at here. */
export interface KnownState {
  resources?: {
    type: string;
    id?: string;
    inputs?: Record<string, unknown>;
    outputs?: { trunk?: TrunkState };
  }[];
}

/** What of all that bears a stack's mark its state does not know; a stack without a state knows nothing. */
export async function findLeftovers(stack: string, cloud: OpenStack, state: KnownState): Promise<Leftover[]> {
  const marked = await markedBy(stack, cloud);
  return marked.filter((thing) => !isKnown(thing, state));
}

/** By its id. That of an image is a secret in the state, as its content is one: the resource of its name speaks for it. */
export function isKnown(
  { sort, id, name }: Pick<Marked, "sort" | "id" | "name">,
  { resources = [] }: KnownState,
): boolean {
  if (sort !== "image") return resources.some((resource) => idsOf(resource).includes(id));
  return resources.some(({ type, inputs }) => type.startsWith("pulumi-nodejs:dynamic/") && inputs?.name === name);
}

/** A node's connection has what carries its other networks, too. */
function idsOf({ id, outputs: { trunk } = {} }: NonNullable<KnownState["resources"]>[number]): (string | undefined)[] {
  return [id, trunk?.id, ...(trunk?.networks ?? []).map(({ port }) => port)];
}

/**
 * Frees them, those that stand on others first, and tells of each.
 *
 * @throws UserError that says what could not be freed; everything else was
 */
export async function free(leftovers: Leftover[], tell: (line: string) => void): Promise<void> {
  const failures: string[] = [];
  for (const sort of new Set(leftovers.map((it) => it.sort))) {
    const things = leftovers.filter((it) => it.sort === sort);
    if (["deployment", "lease"].includes(sort)) tell(`freeing ${sort}s: nodes are cleaned, which takes a while`);
    const freeOne = async ({ name, id, free: act }: Leftover) => {
      try {
        await act();
        tell(`freed ${sort} ${name} (${id})`);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        failures.push(`${sort} ${name} (${id}): ${error.message}`);
      }
    };
    await Promise.all(things.map(freeOne));
  }
  if (failures.length === 0) return;
  throw new UserError(
    `${String(failures.length)} of ${String(leftovers.length)} could not be freed, run it again for these: ${failures.join(" ")}`,
  );
}
