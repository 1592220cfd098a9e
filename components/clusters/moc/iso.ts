import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, copyFile, rm } from "node:fs/promises";
import * as path from "node:path";
import { UserError } from "../../errors";
import { openStack } from "../../openstack/client";
import { Glance } from "../../openstack/glance";
import type { Mark } from "../../openstack/marks";

/** Where nodes boot an ISO from. It holds secrets: it is there for as long as a cluster is being installed. */
export interface IsoPlace extends Mark {
  /** Name of the cloud in clouds.yaml. */
  cloud: string;
  /** A web server of the user's. @default a private image in Glance */
  server?: IsoServer;
}

export interface IsoServer {
  /** Folder on this machine that it serves. */
  folder: string;
  /** URL of that folder, in reach of the nodes' management. */
  url: string;
}

const GLANCE = "glance://";

/** Puts an ISO in its place; what an earlier run put there and did not live to record goes. @returns what Ironic boots */
export async function publishIso({ cloud, server, ...mark }: IsoPlace, file: string): Promise<string> {
  if (!server) {
    const glance = new Glance(openStack(cloud));
    for (const id of await glance.marked(mark)) await glance.remove(id);
    return `${GLANCE}${await glance.uploadIso(mark, file)}`;
  }
  if (!existsSync(server.folder)) {
    throw new UserError(
      `cluster.okd.iso.folder: ${server.folder} is not there: make the folder that the web server serves.`,
    );
  }
  // Whoever knows the name can read it.
  const name = `okd-streams-${mark.stack}-${randomUUID()}.iso`;
  await copyFile(file, path.join(server.folder, name));
  await chmod(path.join(server.folder, name), 0o644);
  return `${server.url.replace(/\/$/, "")}/${name}`;
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

function fileOf({ server }: IsoPlace, iso: string): string {
  return path.join(server?.folder ?? ".", path.basename(iso));
}
