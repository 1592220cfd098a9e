import { randomUUID } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { chmod, copyFile, rm } from "node:fs/promises";
import * as path from "node:path";
import { UserError } from "../../errors";
import { openStack, type OpenStack } from "../../openstack/client";
import { Glance } from "../../openstack/glance";
import type { Mark } from "../../openstack/marks";

/** Where nodes boot an ISO from. It holds secrets: it is there for as long as a cluster is being installed. */
export interface IsoPlace extends Mark {
  /** Name of the cloud in clouds.yaml. */
  cloud: string;
  /** A web server of the user's. @default a private image in Glance */
  server?: IsoServer;
  /** Id of Ironic's project, which the image is shared with. @default nobody's: Ironic before 2025 reads it with the user's rights */
  ironicProject?: string;
}

export interface IsoServer {
  /** Folder on this machine that it serves. */
  folder: string;
  /** URL of that folder, in reach of the nodes' management. */
  url: string;
}

const GLANCE = "glance://";
const UUID_LENGTH = 36;

/** Puts an ISO in its place; what an earlier run put there and did not live to record goes. @returns what Ironic boots */
export async function publishIso(
  { cloud, server, ironicProject, stack, name }: IsoPlace,
  file: string,
): Promise<string> {
  if (!server) {
    const glance = new Glance(openStack(cloud));
    const mark = { stack, name };
    for (const id of await glance.marked(mark)) await glance.remove(id);
    return `${GLANCE}${await glance.uploadIso(mark, file, ironicProject)}`;
  }
  const folder = folderOf(server);
  // Whoever knows the name can read it.
  const fileName = `okd-streams-${stack}-${randomUUID()}.iso`;
  await copyFile(file, path.join(folder, fileName));
  await chmod(path.join(folder, fileName), 0o644);
  return `${server.url.replace(/\/$/, "")}/${fileName}`;
}

/** Puts what a minimal ISO fetches beside it. It holds no secret, and is the same for all clusters of a release: it stays. */
export async function publishRootfs({ server }: IsoPlace, file: string): Promise<void> {
  // Whoever serves it from elsewhere has it of the release.
  if (!server) return;
  const there = path.join(folderOf(server), path.basename(file));
  await copyFile(file, there);
  await chmod(there, 0o644);
}

/** Whether there is an ISO of the stack's. */
export async function isIsoPublished({ server, stack, name }: IsoPlace, account: OpenStack): Promise<boolean> {
  if (!server) return (await new Glance(account).marked({ stack, name })).length > 0;
  const prefix = `okd-streams-${stack}-`;
  const names = existsSync(server.folder) ? readdirSync(server.folder) : [];
  return names.some((it) => it.startsWith(prefix) && it.length === prefix.length + UUID_LENGTH + ".iso".length);
}

export async function hasIso(place: IsoPlace, iso: string): Promise<boolean> {
  const image = imageIn(iso);
  return image ? new Glance(openStack(place.cloud)).has(image) : existsSync(fileOf(place, iso));
}

export async function removeIso(place: IsoPlace, iso: string): Promise<void> {
  const image = imageIn(iso);
  if (image) await new Glance(openStack(place.cloud)).remove(image);
  else if (place.server) await rm(fileOf(place, iso), { force: true });
}

function imageIn(iso: string): string | undefined {
  return iso.startsWith(GLANCE) ? iso.slice(GLANCE.length) : undefined;
}

function folderOf({ folder }: IsoServer): string {
  if (existsSync(folder)) return folder;
  throw new UserError(`cluster.okd.iso.folder: ${folder} is not there: make the folder that the web server serves.`);
}

function fileOf({ server }: IsoPlace, iso: string): string {
  return path.join(server?.folder ?? ".", path.basename(iso));
}
