import { UserError } from "../errors";
import type { OpenStack } from "./client";

/**
 * Whose something is: kept in the state beside what was made, as the same name in clouds.yaml may be another account tomorrow, and
 * on another machine. No secret.
 */
export interface Owner {
  /** Keystone's address, without a version. */
  keystone: string;
  /** Id of the project. */
  project: string;
}

/** In the state of what is made; absent in those of earlier versions, which the next `up` or `refresh` completes. */
export interface Owned {
  account?: Owner;
}

export async function ownerOf(cloud: OpenStack): Promise<Owner> {
  const project = await cloud.projectId();
  if (project) return { keystone: cloud.keystone, project };
  throw new UserError(
    `The credentials of ${cloud.credentials.name} are for no project: leases belong to one, name it in clouds.yaml.`,
    3,
  );
}

/**
 * Refuses to touch what another account made. One Keystone may have several addresses, which its catalogue lists.
 *
 * @param what for people: `Stack moc`, `control-plane-0`
 * @returns the owner from now on
 * @throws UserError where it belongs to another project
 */
export async function requireOwner(cloud: OpenStack, what: string, owner: Owner | undefined): Promise<Owner> {
  const now = await ownerOf(cloud);
  if (!owner) return now;
  if (owner.project === now.project && (await cloud.keystones()).includes(owner.keystone)) return owner;
  throw new UserError(
    `${what} was made by project ${owner.project} at ${owner.keystone}, and the credentials of ${cloud.credentials.name} are ` +
      `for project ${now.project} at ${now.keystone}: nothing was asked for. Use those it was made with (cluster.cloud, ` +
      `OS_CLOUD, clouds.yaml).`,
    3,
  );
}
