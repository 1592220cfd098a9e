import { dnsRules } from "../../kubernetes/network";
import type { Manifest } from "../../kubernetes/object";
import type { Settings } from "../../programs/updates/settings";
import { portsOf } from "../../workplace/network";
import type { Place } from "../../workplace/place";
import { renderProgramServer } from "../../workplace/program-server";

/** Name of the service's account, Deployment and Service, and of all that belongs to it. */
export const UPDATES = "updates";

export interface UpdatesObjectsArgs {
  place: Place;
  /** The bundled program. */
  program: string;
  /** Reference of a plain Node image. */
  image: string;
  settings: Settings;
  /** Users and groups are given by OpenShift, not by us. @default false */
  openshift?: boolean;
}

/** The update service. It asks registries, as a stranger, and has neither Secret nor token. */
export function renderUpdates({ place, program, image, settings, openshift = false }: UpdatesObjectsArgs): Manifest[] {
  const told = JSON.stringify(settings, undefined, 2);
  const ports = [...new Set([80, 443, ...portsOf([told])])].sort((one, other) => one - other);
  return renderProgramServer(
    {
      name: UPDATES,
      files: { "updates.js": program, "updates.json": told },
      ...{ image, openshift },
      environment: {},
      egress: [...dnsRules(openshift), { ports: ports.map((port) => ({ port })) }],
      asksApiServer: false,
    },
    place,
  );
}
